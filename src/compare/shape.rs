//! The shape of a body: its type, and the paths and types of its JSON.

use serde_json::Value;
use std::collections::BTreeMap;

/// Paths kept of one body, those that come first in it. A body of more kinds of fields is a map of data, whose keys say nothing.
const MOST_PATHS: usize = 300;
/// Depth to which JSON is looked at.
const DEEPEST: usize = 16;
/// Bytes of a path.
const LONGEST_PATH: usize = 200;

/// The types that JSON has, by bit.
const TYPES: [&str; 6] = ["null", "boolean", "number", "string", "array", "object"];

/// The paths of a body and the types found there. Elements of lists are laid over each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    content_type: String,
    paths: BTreeMap<String, u8>,
}

/// A path whose types differ: where, and what is there in one and the other.
pub(super) struct Change {
    pub(super) at: String,
    pub(super) types: [String; 2],
}

impl Shape {
    /// Of a body of this content type.
    pub(super) fn of_type(content_type: &str, has_body: bool) -> Self {
        let content_type = if has_body { content_type } else { "no body" };
        Self { content_type: content_type.to_owned(), paths: BTreeMap::new() }
    }

    /// Adds what is found in `value`, whose own path is `path`.
    pub(super) fn add(&mut self, path: &str, value: &Value) {
        self.add_at(path, value, DEEPEST);
    }

    fn add_at(&mut self, path: &str, value: &Value, depth: usize) {
        let bit = 1 << type_of(value);
        if let Some(types) = self.paths.get_mut(path) {
            *types |= bit;
        } else if self.paths.len() < MOST_PATHS && path.len() <= LONGEST_PATH {
            self.paths.insert(path.to_owned(), bit);
        } else {
            return;
        }
        if depth == 0 {
            return;
        }
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.add_at(&format!("{path}.{name}"), value, depth - 1);
                }
            }
            Value::Array(items) => {
                let path = format!("{path}[]");
                items.iter().for_each(|item| self.add_at(&path, item, depth - 1));
            }
            _ => {}
        }
    }

    /// What differs, without the paths below one that differs already.
    pub(super) fn changes(&self, other: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.content_type != other.content_type {
            let types = [self, other].map(|shape| match shape.content_type.as_str() {
                "" => "none".to_owned(),
                name => name.to_owned(),
            });
            // What lies below two types of bodies is no news.
            return vec![Change { at: "content-type".to_owned(), types }];
        }
        let all = self.paths.keys().chain(other.paths.keys().filter(|path| !self.paths.contains_key(*path)));
        let mut all: Vec<&String> = all.collect();
        all.sort();
        let mut above: Option<&String> = None;
        for path in all {
            let types = [self, other].map(|shape| shape.paths.get(path).copied());
            if types[0] == types[1] || above.is_some_and(|above| is_below(path, above)) {
                continue;
            }
            above = types.contains(&None).then_some(path);
            changes.push(Change { at: path.clone(), types: types.map(named) });
        }
        changes
    }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with(['.', '[']))
}

fn type_of(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

fn named(types: Option<u8>) -> String {
    let Some(types) = types else { return "absent".to_owned() };
    let found = TYPES.iter().enumerate().filter(|(bit, _)| types & (1 << bit) != 0);
    found.map(|(_, name)| *name).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shape(value: &Value) -> Shape {
        let mut shape = Shape::of_type("application/json", true);
        shape.add("$", value);
        shape
    }

    fn changes(one: Value, other: Value) -> Vec<String> {
        let changes = shape(&one).changes(&shape(&other));
        changes
            .into_iter()
            .map(|Change { at, types: [one, other] }| format!("{at}: {one} -> {other}"))
            .collect()
    }

    #[test]
    fn elements_of_lists_are_laid_over_each_other() {
        let one = json!({"data": [{"a": 1}, {"a": 2.5, "b": "x"}]});
        assert_eq!(changes(one.clone(), json!({"data": [{"a": 9, "b": "y"}]})), Vec::<String>::new());
        assert_eq!(
            changes(one, json!({"data": [{"a": null}]})),
            ["$.data[].a: number -> null", "$.data[].b: string -> absent"]
        );
    }

    #[test]
    fn what_lies_below_an_absent_field_is_not_told() {
        let found = changes(json!({"u": {"x": 1, "y": [{"z": 1}]}, "ua": 1}), json!({}));
        assert_eq!(found, ["$.u: object -> absent", "$.ua: number -> absent"]);
    }

    #[test]
    fn a_map_of_data_does_not_fill_the_memory() {
        let large: Value =
            (0..100_000).map(|n| (format!("key{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(shape(&large).paths.len(), MOST_PATHS);
        let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
        assert!(shape(&deep).paths.len() <= DEEPEST + 1);
    }
}
