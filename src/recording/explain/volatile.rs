//! What differs from run to run, and how to say so in a rule.

use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Longer texts are not looked at, in bytes.
const LONGEST: usize = 64 * 1024;

/// A kind of value that differs from run to run.
pub(super) struct Kind {
    /// The word in reports, and the name in the rule.
    pub(super) name: &'static str,
    /// What such a value looks like.
    find: &'static str,
    /// The regular expression for a rule; where it is not `find`, made from a value.
    rule: Option<fn(&str) -> String>,
}

impl Kind {
    /// The regular expression that a rule would mask `value` with.
    pub(super) fn rule(&self, value: &str) -> String {
        self.rule.map_or_else(|| self.find.to_owned(), |rule| rule(value))
    }
}

/// A macro, since only literals can be put together to patterns.
macro_rules! date {
    (weekday) => {
        r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?"
    };
    (month) => {
        "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
    };
    (time) => {
        r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?( ?(Z|UTC|GMT|[A-Z]{1,4}T|[+-]\d{2}:?\d{2})\b)?"
    };
}

/// `Sunday, 22 November 2026`.
const DAY_MONTH: &str = concat!(date!(weekday), r"\d{1,2}\.? ", date!(month), r",? \d{4}");
/// `Sunday, November 22, 2026`.
const MONTH_DAY: &str = concat!(date!(weekday), date!(month), r" \d{1,2},? \d{4}");
/// `Sun, 22 Nov 2026 16:08:27 +0000`, of mails and headers.
const DAY_MONTH_TIME: &str =
    concat!(date!(weekday), r"\d{1,2}\.? ", date!(month), r",? \d{4},?( at)? ", date!(time));
/// `Nov 22, 2026, 4:08 PM`.
const MONTH_DAY_TIME: &str = concat!(date!(weekday), date!(month), r" \d{1,2},? \d{4},?( at)? ", date!(time));
/// `Sun Nov 22 16:08:27 UTC 2026`, of C and `date`.
const CTIME: &str =
    concat!(date!(weekday), date!(month), r" {1,2}\d{1,2} \d{2}:\d{2}:\d{2}( [A-Z]{1,5})? \d{4}");

/// The kinds, the more special ones first: what one has taken the next ones do not see.
static KINDS: &[Kind] = &[
    Kind { name: "port", find: r"(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0):\d{2,5}", rule: None },
    Kind {
        name: "timestamp",
        find: r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?",
        rule: None,
    },
    Kind { name: "timestamp", find: DAY_MONTH_TIME, rule: None },
    Kind { name: "timestamp", find: MONTH_DAY_TIME, rule: None },
    Kind { name: "timestamp", find: CTIME, rule: None },
    Kind { name: "date", find: r"\d{4}-\d{2}-\d{2}", rule: None },
    Kind { name: "date", find: MONTH_DAY, rule: None },
    Kind { name: "date", find: DAY_MONTH, rule: None },
    Kind { name: "time", find: r"\b\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?\b", rule: None },
    Kind { name: "uuid", find: r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", rule: None },
    Kind {
        name: "temp-path",
        find: r#"(/private)?(/var/folders|/var/tmp|/tmp)/[^\s"'<>)]+|[A-Za-z]:\\[^\s"']*\\[Tt]e?mp\\[^\s"'<>)]+"#,
        rule: Some(temp_path),
    },
    Kind {
        name: "id",
        find: r"\b[A-Za-z]{2,12}[-_][0-9A-Za-z]*\d[0-9A-Za-z]{7,}(-[0-9a-f]+)*",
        rule: Some(prefixed),
    },
    Kind { name: "run-id", find: r"\b[0-9a-f]{8,}(-[0-9a-f]+){1,3}\b", rule: None },
    Kind { name: "unix-time", find: r"\b1\d{9}(\d{3}){0,3}(\.\d+)?\b", rule: None },
    Kind {
        name: "hex",
        find: r"\b(0x)?([0-9a-f]*\d[0-9a-f]*[0-9a-f]{6,}|[0-9A-F]*\d[0-9A-F]{7,})\b",
        rule: Some(hex),
    },
    Kind { name: "counter", find: r"\b[A-Za-z]+[-_#]\d+\b|#\d+\b", rule: Some(counted) },
];

static COMPILED: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let compile = |kind: &Kind| Regex::new(kind.find).expect("the table's patterns are tested");
    KINDS.iter().map(compile).collect()
});

/// The kinds of values, and one of each, that alone make `now` differ from `recorded`; empty if there is more to it.
pub(super) fn kinds(recorded: &str, now: &str) -> Vec<(&'static Kind, String)> {
    if recorded.len().max(now.len()) > LONGEST {
        return Vec::new();
    }
    let mut found: Vec<(&'static Kind, String)> = Vec::new();
    let (mut one, mut other) = (Cow::Borrowed(recorded), Cow::Borrowed(now));
    for (kind, pattern) in KINDS.iter().zip(&*COMPILED) {
        if one == other {
            break;
        }
        let values = |text: &str| pattern.find_iter(text).map(|hit| hit.as_str().to_owned()).collect();
        let (ones, others): (Vec<String>, Vec<String>) = (values(&one), values(&other));
        let differing = ones.iter().zip(&others).filter(|(one, other)| one != other);
        for (_, value) in differing {
            if !found.iter().any(|(known, seen)| known.rule(seen) == kind.rule(value)) {
                found.push((kind, value.clone()));
            }
        }
        // Nothing of what is left may be met again, so the stand-in is no word.
        let masked = |text: Cow<'_, str>| Cow::Owned(pattern.replace_all(&text, "\u{1}").into_owned());
        (one, other) = (masked(one), masked(other));
    }
    if one == other { found } else { Vec::new() }
}

/// Whether a value under `key` of a JSON object is by its name one that differs from run to run.
pub(super) fn by_name(key: &str) -> Option<&'static str> {
    const NAMES: &[(&str, &str)] = &[
        ("id", "id"),
        ("nonce", "nonce"),
        ("timestamp", "timestamp"),
        ("ts", "timestamp"),
        ("created", "timestamp"),
        ("now", "timestamp"),
        ("counter", "counter"),
        ("pid", "counter"),
        ("port", "port"),
    ];
    let key = key.to_ascii_lowercase();
    let named = NAMES.iter().find(|(name, _)| key == *name).map(|(_, kind)| *kind);
    let ends = [
        ("_id", "id"),
        ("-id", "id"),
        ("_at", "timestamp"),
        ("_ts", "timestamp"),
        ("_time", "timestamp"),
        ("nonce", "nonce"),
    ];
    named.or_else(|| ends.iter().find(|(end, _)| key.ends_with(end)).map(|(_, kind)| *kind))
}

fn temp_path(value: &str) -> String {
    let roots = ["/private/var/folders/", "/var/folders/", "/var/tmp/", "/tmp/"];
    match roots.iter().find(|root| value.starts_with(*root)) {
        Some(root) => format!(r#"{}[^\s"']+"#, regex::escape(root)),
        None => r#"[A-Za-z]:\\[^\s"']+"#.to_owned(),
    }
}

fn prefixed(value: &str) -> String {
    let prefix = value.find(['-', '_']).map_or("", |at| &value[..=at]);
    let tail = if value[prefix.len()..].contains('-') { "(-[0-9a-f]+)*" } else { "" };
    format!("{prefix}[0-9A-Za-z]+{tail}")
}

fn hex(value: &str) -> String {
    let digits = value.trim_start_matches("0x");
    let class = if digits.contains(|c: char| c.is_ascii_uppercase()) { "[0-9A-F]" } else { "[0-9a-f]" };
    format!(r"{}\b{class}{{{}}}\b", &value[..value.len() - digits.len()], digits.len())
}

fn counted(value: &str) -> String {
    let prefix = value.trim_end_matches(|c: char| c.is_ascii_digit());
    format!(r"{}\d+", regex::escape(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_told_and_its_rule_fits_both() {
        let pairs = [
            ("timestamp", "now 2025-01-02T03:04:05Z", "now 2026-11-12T13:14:15Z"),
            ("date", "on 2025-01-02.", "on 2026-11-12."),
            ("date", "on January 2, 2025", "on Nov 12, 2026"),
            ("date", "on 2 January 2025", "on 12 November 2026"),
            ("date", "on Thursday, 2 January 2025", "on Sunday, 22 November 2026"),
            ("timestamp", "Friday, 2 January 2025 09:08:07.", "Sunday, 22 November 2026 16:08:27."),
            ("timestamp", "Thu, 02 Jan 2025 09:08:07 +0100", "Sun, 22 Nov 2026 16:08:27 +0000"),
            ("timestamp", "Thu, 02 Jan 2025 09:08:07 GMT", "Sun, 22 Nov 2026 16:08:27 GMT"),
            ("timestamp", "January 2, 2025 at 9:08 AM", "Sunday, November 22, 2026 at 4:08 PM"),
            ("timestamp", "Thu Jan  2 09:08:07 2025", "Sun Nov 22 16:08:27 2026"),
            ("timestamp", "Thu Jan  2 09:08:07 CET 2025", "Sun Nov 22 16:08:27 UTC 2026"),
            ("time", "at 9:05 PM", "at 10:15 AM"),
            ("uuid", "x 0d8f3a2e-58c1-4b6e-9f27-3a1b5c7d9e10", "x 7c9e6679-7425-40de-944b-e07fc1f90ae7"),
            ("temp-path", "in /tmp/pytest-1/x.txt", "in /tmp/tmpq3f/x.txt"),
            ("temp-path", r"in C:\Users\a\Temp\x1", r"in C:\Users\a\Temp\y2"),
            ("port", "http://127.0.0.1:4117/v1", "http://127.0.0.1:51234/v1"),
            ("id", "file-5f3a9c0d7e21 is cited", "file-0a1b2c3d4e5f is cited"),
            ("id", "call_5f3a9c0d7e21-1f-0 is meant", "call_0a1b2c3d4e5f-203b-1 is meant"),
            ("run-id", "It is 19aa3f5c2e1-1f3b-0", "It is 19aa4d09b7c-203b7-1"),
            ("unix-time", "since 1735786245", "since 1767322245"),
            ("unix-time", "since 1735786245405558696", "since 1795363707405558696"),
            ("hex", "key 9f86d081884c7d65", "key 60303ae22b998861"),
            ("counter", "this is run-17", "this is run-203"),
        ];
        for (name, recorded, now) in pairs {
            let found = kinds(recorded, now);
            assert_eq!(found.iter().map(|(kind, _)| kind.name).collect::<Vec<_>>(), [name], "{recorded}");
            let rule = Regex::new(&found[0].0.rule(&found[0].1)).unwrap();
            assert_eq!(rule.replace_all(recorded, "#"), rule.replace_all(now, "#"), "{}", rule.as_str());
        }
    }

    #[test]
    fn a_changed_word_or_number_is_not_volatile() {
        for (recorded, now) in [
            ("what is 2+2?", "what is 2+3?"),
            ("on 2025-01-02 it rained", "on 2026-01-02 it snowed"),
            ("2025-01-02", "2025-01-02 and 2025-01-03"),
            ("a fast-growing company", "a slow-growing company"),
        ] {
            assert!(kinds(recorded, now).is_empty(), "{recorded}");
        }
    }
}
