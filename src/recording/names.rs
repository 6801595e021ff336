//! From names to file names.
//!
//! Any name gives one file name that stays in its folder on every file system, and no two names share one, even where
//! upper and lower case are the same. What is usual in names stays readable; the rest is percent-encoded. As a folding
//! file system would merge `a` and `A`, a name with capitals ends in `~` and a digest of itself.

use std::fmt::Write;

/// The setup of recordings that were made without one.
pub const NO_SETUP: &str = "default";

/// The stem of the file for calls outside any case; no case has this name, since a leading `_` is encoded.
pub const SESSION: &str = "_session";
/// The folder of bodies that are kept apart.
pub const BODIES: &str = "_bodies";

/// Bytes that a name may have, extension not counted.
const LONGEST: usize = 150;
/// What Windows keeps for itself, with any extension.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The file name (without extension) for `name`.
pub fn component(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let last = name.len().saturating_sub(1);
    let reserved = is_reserved(name);
    for (at, byte) in name.bytes().enumerate() {
        let edge = at == 0 || at == last;
        let plain = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => !(reserved && at == 0),
            b'-' | b'=' | b',' | b'[' | b']' | b'(' | b')' | b'+' | b'@' => true,
            b'.' | b'_' | b' ' => !edge,
            _ => false,
        };
        if plain {
            out.push(char::from(byte));
        } else {
            let _infallible = write!(out, "%{byte:02x}");
        }
    }
    if out.is_empty() {
        return "%".to_owned();
    }
    let digest = blake3::hash(name.as_bytes()).to_hex();
    if out.len() > LONGEST - 33 {
        out.truncate(LONGEST - 33);
        format!("{out}~{}", &digest[..32])
    } else if out.bytes().any(|byte| byte.is_ascii_uppercase()) {
        format!("{out}~{}", &digest[..12])
    } else {
        out
    }
}

/// The folder name for one step of a suite's path: as [`component`], and never the name of a recording file.
pub fn suite_component(name: &str) -> String {
    let out = component(name);
    match out.strip_suffix(".json") {
        Some(stem) => format!("{stem}%2ejson"),
        None => out,
    }
}

/// The name that [`suite_component`] made `component` of; `None` if it is none, or was cut.
pub fn name_of(component: &str) -> Option<String> {
    let encoded = component.split('~').next().unwrap_or_default();
    let name = percent_encoding::percent_decode_str(encoded).decode_utf8().ok()?;
    (suite_component(&name) == component).then(|| name.into_owned())
}

fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let numbered =
        port.is_some_and(|number| number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()));
    numbered || RESERVED.contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn usual_names_stay_readable() {
        assert_eq!(component("streaming[txt=tiny-chat]"), "streaming[txt=tiny-chat]");
        assert_eq!(component("../a/b"), "%2e.%2fa%2fb");
        assert_eq!(component("größe"), "gr%c3%b6%c3%9fe");
        assert_eq!(component("_session"), "%5fsession");
        assert_eq!(component("nul.txt"), "%6eul.txt");
        assert_eq!(component(""), "%");
        assert_eq!(suite_component("a.json"), "a%2ejson");
        assert!(component("Qwen").starts_with("Qwen~"));
        for name in ["gpt", "a/b", "Qwen", "größe", "nul", "a.json", "_x"] {
            assert_eq!(name_of(&suite_component(name)).as_deref(), Some(name));
        }
        assert_eq!(name_of("_bodies"), None);
    }

    fn near() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            proptest::sample::select(vec![
                "a", "A", ".", "/", "\\", "_", "%", "~", "%2f", "é", "json", "con", " ",
            ]),
            0..6,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn names_stay_in_their_folder(name in ".*") {
            let file = component(&name);
            prop_assert!(file.len() <= LONGEST && !file.is_empty());
            prop_assert!(file.bytes().all(|b| b.is_ascii_graphic() || b == b' '));
            prop_assert!(!file.contains(['/', '\\', ':', '<', '>', '"', '|', '?', '*']));
            prop_assert!(!file.starts_with(['.', '_', ' ']) && !file.ends_with(['.', ' ']));
        }

        #[test]
        fn no_two_names_share_a_file(one in near(), other in near(), long in "[aA]{120,130}") {
            if one != other {
                prop_assert_ne!(component(&one).to_lowercase(), component(&other).to_lowercase());
                prop_assert_ne!(suite_component(&one).to_lowercase(), suite_component(&other).to_lowercase());
                let (one, other) = (format!("{long}{one}"), format!("{long}{other}"));
                prop_assert_ne!(component(&one).to_lowercase(), component(&other).to_lowercase());
            }
        }
    }
}
