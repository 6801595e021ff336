//! `{ regex: …, from: … }`

use super::{Capture, Kind, compile as compile_capture};
use crate::check::answer::{Answer, Trouble};
use crate::check::compile::Mistakes;
use crate::check::found::Found;
use crate::check::predicate::regex;
use crate::check::show;
use crate::check::subject::{Body, Find};
use crate::source::{Diagnostic, Node};
use ::regex::Regex;
use serde_json::Value;
use std::borrow::Cow;

pub(super) static KIND: Kind = Kind {
    name: "regex",
    summary: "the first group of a regular expression (or all that it matches, if it has none) in another place; the body, if none is named",
    example: "number: { regex: 'order ([0-9]+)', from: stream.text }",
    compile: |node| node.get("regex").map(|regex| compile(regex, node)),
};

fn compile(expression: &Node, node: &Node) -> Result<Capture, Mistakes> {
    let mut mistakes: Mistakes = node
        .entries()
        .iter()
        .filter(|entry| !matches!(entry.key.as_str(), "regex" | "from"))
        .map(|entry| {
            let what = format!("`{}` is nothing that this capture has", entry.key);
            Diagnostic::at(entry.key_origin.clone(), what).hint("it has a `regex` and `from`")
        })
        .collect();
    let compiled = match expression.as_str() {
        Some(text) => regex(text),
        None => Err(format!("a regular expression belongs here, not {}", expression.kind_name())),
    };
    let compiled = compiled.map_err(|why| mistakes.push(expression.diagnostic(why))).ok();
    let from = match node.get("from").map(compile_capture) {
        None => Some(Box::new(Body) as Box<dyn Find>),
        Some(capture) => capture.map_err(|more| mistakes.extend(more)).ok().map(Capture::into_find),
    };
    match (compiled, from) {
        (Some(regex), Some(from)) if mistakes.is_empty() => Ok(Capture::new(Matched { regex, from })),
        _ => Err(mistakes),
    }
}

#[derive(Debug)]
struct Matched {
    regex: Regex,
    from: Box<dyn Find>,
}

impl Find for Matched {
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble> {
        let text = match self.from.find(answer)? {
            Found::One(value) => match &*value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
            Found::Nodes(nodes) => crate::check::found::list_of(&nodes).to_string(),
            nothing => return Ok(nothing),
        };
        let groups = self.regex.captures(&text);
        let group = groups.as_ref().and_then(|groups| groups.get(1).or_else(|| groups.get(0)));
        Ok(match group {
            Some(group) => Found::One(Cow::Owned(group.as_str().into())),
            None => Found::Nothing(Some(format!(
                "/{}/ matches nothing in: {}",
                self.regex,
                show::shorten(&text, 120)
            ))),
        })
    }
}
