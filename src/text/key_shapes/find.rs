//! Finding them.

use super::table::{KEY_SHAPES, KeyShape};
use regex::bytes::Regex;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// Everything that a key begins with.
static BEGINNINGS: LazyLock<Regex> = LazyLock::new(|| {
    let all: BTreeSet<String> =
        KEY_SHAPES.iter().flat_map(|shape| shape.begins).map(|text| regex::escape(text)).collect();
    let all: Vec<String> = all.into_iter().collect();
    Regex::new(&all.join("|")).expect("escaped texts are a pattern")
});

/// The patterns of [`KEY_SHAPES`], each made when it is needed first.
static PATTERNS: [OnceLock<Regex>; KEY_SHAPES.len()] = [const { OnceLock::new() }; KEY_SHAPES.len()];

fn pattern(at: usize) -> &'static Regex {
    PATTERNS[at].get_or_init(|| {
        let text = format!("(?-u)^(?:{})", KEY_SHAPES[at].pattern);
        Regex::new(&text).expect("the patterns of the table are tried by a test")
    })
}

/// The keys in `bytes`, in rising order and apart from each other; those that `allowed` says are none are left out. A word
/// begins also where one of `ends` is: what stands before it is masked.
pub(in crate::text) fn find(
    bytes: &[u8],
    ends: &[usize],
    allowed: &dyn Fn(&[u8]) -> bool,
) -> Vec<(Range<usize>, &'static KeyShape)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(hit) = BEGINNINGS.find_at(bytes, from) {
        from = hit.start() + 1;
        if let Some((range, shape)) =
            at(bytes, hit.start(), ends).filter(|(range, _)| !allowed(&bytes[range.clone()]))
        {
            from = range.end;
            found.push((range, shape));
        }
    }
    found
}

/// The key that begins, with what belongs around it, at `start`.
fn at(bytes: &[u8], start: usize, ends: &[usize]) -> Option<(Range<usize>, &'static KeyShape)> {
    let rest = &bytes[start..];
    if rest.starts_with(b"://") && !has_user(&rest[3..]) {
        return None;
    }
    let begins = |shape: &KeyShape| shape.begins.iter().any(|text| rest.starts_with(text.as_bytes()));
    KEY_SHAPES.iter().enumerate().filter(|(_, shape)| begins(shape)).find_map(|(index, shape)| {
        // What is named may follow any prefix (`OPENAI_API_KEY=`); a key in the middle of a word is none.
        if shape.random && ends.binary_search(&start).is_err() && !begins_a_word(&bytes[..start]) {
            return None;
        }
        // Where it ends is found in one go; finding its group costs memory by the length of what is searched.
        let whole = pattern(index).find(rest)?;
        let groups = pattern(index).captures(&rest[..whole.end()])?;
        let key = groups.iter().skip(1).flatten().next().or_else(|| groups.get(0))?;
        let fits = !shape.random || looks_random(key.as_bytes());
        fits.then(|| (start + key.start()..start + key.end(), shape))
    })
}

/// Whether the URL goes on with a user: texts are full of URLs, and hardly one has any.
fn has_user(authority: &[u8]) -> bool {
    let end = authority.iter().find(|byte| b"@/ \"'\\\n<>".contains(byte));
    end == Some(&b'@')
}

/// Whether a word can begin behind `before`: also behind an escape such as `\n`, `\u003c` or `%3D`, which end in letters.
fn begins_a_word(before: &[u8]) -> bool {
    let part_of_word = |last: &u8| last.is_ascii_alphanumeric() || b"_-+".contains(last);
    let escape = |sign: &[u8], digits: usize| {
        let at = before.len().checked_sub(sign.len() + digits);
        at.is_some_and(|at| {
            before[at..].starts_with(sign) && before[at + sign.len()..].iter().all(u8::is_ascii_hexdigit)
        })
    };
    let letter = matches!(before, [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f']);
    !before.last().is_some_and(part_of_word) || letter || escape(b"%", 2) || escape(b"\\u", 4)
}

/// Whether no person would write it: a digit, or capitals among small letters.
fn looks_random(key: &[u8]) -> bool {
    let small = key.iter().any(u8::is_ascii_lowercase);
    key.iter().any(u8::is_ascii_digit) || (small && key.iter().any(u8::is_ascii_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        find(text.as_bytes(), &[], &|_| false).into_iter().map(|(_, shape)| shape.name).collect()
    }

    #[test]
    fn every_shape_knows_its_example_wherever_it_stands() {
        for shape in KEY_SHAPES {
            let example = shape.example;
            let json = serde_json::json!({"x": format!("so:\n{example} is it")}).to_string();
            let nested = serde_json::Value::from(json.clone()).to_string();
            let xml = json.replace('"', "&quot;");
            let both = nested.replace('"', "&quot;");
            for text in [example.to_owned(), format!("it is {example}, as I said"), json, nested, xml, both] {
                assert_eq!(names(&text), [shape.name], "{text}");
            }
            for (at, other) in KEY_SHAPES.iter().enumerate() {
                assert!(!other.begins.is_empty() && pattern(at).captures_len() <= 3, "{}", other.name);
            }
        }
    }

    #[test]
    fn an_escape_before_a_key_is_no_part_of_a_word() {
        let key = "sk-madeup0madeup0madeup0";
        for before in ["", "\\n", "\\u003c", "%3D", "=", "key:", "/", "'"] {
            assert_eq!(names(&format!("a {before}{key}")), ["openai-key"], "{before}");
        }
        for before in ["ta", "x_", "0", "a+"] {
            assert!(names(&format!("a {before}{key}")).is_empty(), "{before}");
        }
    }

    #[test]
    fn words_that_look_a_little_like_keys_are_none() {
        for text in [
            "task-management-0123456789abcdef",
            "sk-learn-pipelines-are-fine",
            "the Bearer authentication-of-this-kind",
            r#"{"access_token": {"type": "string"}, "id_token": null}"#,
            "access_token = get_token()",
            "http://localhost:8080/a@b",
            "https://user:${PASSWORD}@host and https://user:***NAME***@host",
            "\"access_token\":\"***access-token***\"",
            "-----BEGIN CERTIFICATE-----",
            "eyJhbGciOiJIUzI1NiJ9",
        ] {
            assert!(names(text).is_empty(), "{text}: {:?}", names(text));
        }
    }

    #[test]
    fn what_is_allowed_is_left_alone() {
        let text = b"sk-madeup0madeup0madeup0 sk-madeup1madeup1madeup1";
        let found = find(text, &[], &|key| key == b"sk-madeup0madeup0madeup0");
        let places: Vec<(usize, usize)> =
            found.into_iter().map(|(range, _)| (range.start, range.end)).collect();
        assert_eq!(places, [(25, 49)]);
    }
}
