//! JSONPath (RFC 9535), compiled once.
//!
//! Nearly every path in a suite names members and indices only. Those are walked directly; a measured evaluation is then
//! mostly the parsing of the body. Anything else goes to the general engine.

use super::found::Found;
use super::show;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// Longest path accepted, and deepest nesting in it: the engine's parser is recursive.
const MAX_LENGTH: usize = 1000;
const MAX_NESTING: usize = 32;

/// A compiled path.
#[derive(Debug, Clone)]
pub(super) struct JsonPath {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// Selects at most one value.
    Steps(Vec<Step>),
    /// Selects a list of values, which may have one element.
    General(Arc<serde_json_path::JsonPath>),
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Name(String),
    Index(i64),
}

/// Why a text is no path.
#[derive(Debug)]
pub(super) struct PathError {
    pub(super) what: String,
    /// Byte offset in the path.
    pub(super) at: usize,
}

impl JsonPath {
    /// Compiles a path, which begins with `$`.
    pub(super) fn parse(text: &str) -> Result<Self, PathError> {
        if text.len() > MAX_LENGTH {
            let what = format!("it is {} bytes long; at most {MAX_LENGTH} are allowed", text.len());
            return Err(PathError { what, at: 0 });
        }
        let kind = match steps(text) {
            Some(steps) => Kind::Steps(steps),
            None => Kind::General(Arc::new(general(text)?)),
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// The path as it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The path without its `$`, to be appended to what it starts from.
    pub(super) fn below(&self) -> &str {
        self.text.strip_prefix('$').unwrap_or(&self.text)
    }

    /// Whether it asks for a list in so many words.
    pub(super) fn asks_for_list(&self) -> bool {
        matches!(self.kind, Kind::General(_)) && self.text.contains("[*]")
    }

    /// What it selects in `root`.
    pub(super) fn find<'a>(&'a self, root: &'a Value) -> Found<'a> {
        match &self.kind {
            Kind::Steps(steps) => match steps.iter().try_fold(root, |value, step| step.take(value)) {
                Some(value) => Found::One(Cow::Borrowed(value)),
                None => Found::Missing { path: self, root },
            },
            Kind::General(path) => Found::Nodes(path.query(root).all()),
        }
    }

    /// How far the path leads in `root`, and what there is instead of the next step.
    pub(super) fn explain_missing(&self, root: &Value) -> Option<String> {
        let Kind::Steps(steps) = &self.kind else { return None };
        let mut value = root;
        let mut walked = String::from("$");
        for step in steps {
            let Some(next) = step.take(value) else { return Some(step.missing_in(value, &walked)) };
            value = next;
            walked.push_str(&step.to_string());
        }
        None
    }
}

impl Step {
    fn take<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match (self, value) {
            (Self::Name(name), Value::Object(members)) => members.get(name),
            (Self::Index(index), Value::Array(items)) => match usize::try_from(*index) {
                Ok(index) => items.get(index),
                Err(_) => {
                    items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?).map(|at| &items[at])
                }
            },
            _ => None,
        }
    }

    fn missing_in(&self, value: &Value, walked: &str) -> String {
        match (self, value) {
            (Self::Name(name), Value::Object(members)) => {
                let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
                names.sort_by_cached_key(|known| strsim::damerau_levenshtein(name, known));
                names.truncate(12);
                format!("`{walked}` has no `{name}`; it has: {}", or_nothing(&names.join(", ")))
            }
            (Self::Index(index), Value::Array(items)) => {
                format!("`{walked}` has {}, so there is no [{index}]", show::count(items.len(), "element"))
            }
            (Self::Name(name), Value::Array(_)) => {
                format!(
                    "`{walked}` is a list: `{walked}[0].{name}` is its first `{name}`, `{walked}[*].{name}` all of them"
                )
            }
            _ => format!("`{walked}` is {}", show::kind_of(value)),
        }
    }
}

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) if name.chars().all(|c| c.is_alphanumeric() || c == '_') => write!(f, ".{name}"),
            Self::Name(name) => write!(f, "[{}]", Value::from(name.as_str())),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

fn general(text: &str) -> Result<serde_json_path::JsonPath, PathError> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '!' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err(PathError { what: format!("it is nested deeper than {MAX_NESTING}"), at });
        }
    }
    serde_json_path::JsonPath::parse(text).map_err(|error| {
        // The engine's own words ("parser error") say nothing; the place does.
        let at = text.char_indices().nth(error.position().saturating_sub(1)).map_or(text.len(), |(at, _)| at);
        // Where the engine gives up early, what has been understood of the path is a better place.
        let understood = leading_steps(text).map_or(0, |(_, rest)| text.len() - rest.len());
        let at = at.max(understood);
        let rest = &text[at..];
        let what = if rest.is_empty() {
            "it ends too early".into()
        } else {
            format!("`{rest}` does not continue it")
        };
        PathError { what, at }
    })
}

/// The path as a row of steps, if it is that simple. `None` leaves everything else, mistakes too, to the engine.
fn steps(text: &str) -> Option<Vec<Step>> {
    let (steps, rest) = leading_steps(text)?;
    rest.is_empty().then_some(steps)
}

/// The simple steps a path begins with, and what follows them.
fn leading_steps(text: &str) -> Option<(Vec<Step>, &str)> {
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    while let Some((step, after)) = step(rest) {
        steps.push(step);
        rest = after;
    }
    Some((steps, rest))
}

fn step(text: &str) -> Option<(Step, &str)> {
    match text.strip_prefix('.') {
        Some(after) => member(after),
        None => bracket(text.strip_prefix('[')?),
    }
}

fn member(text: &str) -> Option<(Step, &str)> {
    let end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii())).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let starts_well = name.chars().next().is_some_and(|c| !c.is_ascii_digit());
    starts_well.then(|| (Step::Name(name.to_owned()), rest))
}

fn bracket(text: &str) -> Option<(Step, &str)> {
    let quote = text.chars().next()?;
    if matches!(quote, '\'' | '"') {
        let (name, rest) = text[1..].split_once(quote)?;
        let rest = rest.strip_prefix(']')?;
        return (!name.contains('\\')).then(|| (Step::Name(name.to_owned()), rest));
    }
    let (number, rest) = text.split_once(']')?;
    let digits = number.strip_prefix('-').unwrap_or(number);
    let plain =
        digits.bytes().all(|byte| byte.is_ascii_digit()) && (!digits.starts_with('0') || number == "0");
    // RFC 9535 bounds indices by what JSON numbers hold exactly; twelve digits stay well below.
    (plain && !digits.is_empty() && digits.len() <= 12).then_some(())?;
    Some((Step::Index(number.parse().ok()?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn select(path: &str, root: &Value) -> Vec<Value> {
        match JsonPath::parse(path).unwrap().find(root) {
            Found::One(value) => vec![value.into_owned()],
            Found::Nodes(nodes) => nodes.into_iter().cloned().collect(),
            Found::Missing { .. } | Found::Nothing(_) => Vec::new(),
        }
    }

    #[test]
    fn both_ways_of_walking_agree() {
        let root = json!({"a": [{"b-c": 1, "ü": 2}, [3, 4]], "x": {"y": null, "": 5, "it's": 6}});
        for path in [
            "$",
            "$.a",
            "$.a[0]['b-c']",
            "$.a[0].ü",
            "$.a[1][-1]",
            "$.a[-3]",
            "$.a[1][9]",
            "$.x.y",
            "$.x['']",
            "$.x.z",
            "$.a.b",
            "$[0]",
            "$.x[\"it's\"]",
            "$['a'][1][0]",
        ] {
            assert!(steps(path).is_some(), "{path} is simple");
            let engine: Vec<Value> = serde_json_path::JsonPath::parse(path)
                .unwrap()
                .query(&root)
                .all()
                .into_iter()
                .cloned()
                .collect();
            assert_eq!(select(path, &root), engine, "{path}");
        }
    }

    #[test]
    fn what_is_not_simple_goes_to_the_engine() {
        let root = json!({"a": [{"b": 1}, {"b": 2}], "it's": 3});
        for (path, expected) in [
            ("$.a[*].b", json!([1, 2])),
            ("$..b", json!([1, 2])),
            ("$.a[?@.b > 1].b", json!([2])),
            ("$.a[0:1]", json!([{"b": 1}])),
            ("$['it\\'s']", json!([3])),
        ] {
            assert_eq!(Value::Array(select(path, &root)), expected, "{path}");
        }
    }

    #[test]
    fn a_wrong_path_is_refused_at_its_place() {
        for (path, at) in [("$.a[", 3), ("$.a.", 3), ("$a", 1), ("$.a[01]", 4), ("$['a", 3)] {
            let error = JsonPath::parse(path).unwrap_err();
            assert_eq!(error.at, at, "{path}: {}", error.what);
        }
        assert!(JsonPath::parse(&format!("$[?{}1==1{}]", "(".repeat(200), ")".repeat(200))).is_err());
        assert!(JsonPath::parse(&format!("$[?{}@.a]", "!".repeat(900))).is_err());
        assert!(JsonPath::parse(&format!("${}", ".a".repeat(900))).is_err());
    }

    #[test]
    fn what_is_missing_is_said_with_what_is_there() {
        let root = json!({"choices": [{"index": 0, "mesage": {}}], "n": 1});
        for (path, expected) in [
            ("$.choices[0].message", "`$.choices[0]` has no `message`; it has: mesage, index"),
            ("$.choices[2]", "`$.choices` has 1 element, so there is no [2]"),
            (
                "$.choices.index",
                "`$.choices` is a list: `$.choices[0].index` is its first `index`, `$.choices[*].index` all of them",
            ),
            ("$.n.x", "`$.n` is an integer"),
        ] {
            assert_eq!(JsonPath::parse(path).unwrap().explain_missing(&root).as_deref(), Some(expected));
        }
    }
}
