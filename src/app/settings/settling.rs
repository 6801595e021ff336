//! Values that somebody wrote, and what is wrong with them.

use crate::plan::Filter;
use crate::source::{Diagnostic, Kind, Node, Origin, SourceFile, Span, parse_duration};
use std::str::FromStr;
use std::time::Duration;

/// A value somebody wrote, and where.
pub(in crate::app) struct Said(pub(in crate::app) Origin, pub(in crate::app) String);

impl Said {
    pub(in crate::app) fn flag(flag: &str, value: &str) -> Self {
        let file = SourceFile::new(flag, value);
        Self(Origin { file, span: Span { start: 0, end: value.len() } }, value.to_owned())
    }

    pub(in crate::app) fn project(node: &Node) -> Option<Self> {
        let text = match &node.kind {
            Kind::String(text) => text.clone(),
            Kind::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(Self(node.origin.clone(), text))
    }

    pub(in crate::app) fn text(&self) -> &str {
        &self.1
    }
}

/// Collects what is wrong.
pub(in crate::app) struct Settling {
    pub(in crate::app) errors: Vec<Diagnostic>,
}

impl Settling {
    pub(in crate::app) fn end<T>(self, value: T) -> Result<T, Vec<Diagnostic>> {
        if self.errors.is_empty() { Ok(value) } else { Err(self.errors) }
    }

    pub(in crate::app) fn word<T: FromStr<Err: std::fmt::Display> + Default>(
        &mut self,
        said: Option<Said>,
    ) -> T {
        let Some(Said(origin, text)) = said else { return T::default() };
        T::from_str(&text).unwrap_or_else(|error| {
            self.errors.push(Diagnostic::at(origin, error.to_string()));
            T::default()
        })
    }

    pub(in crate::app) fn duration(&mut self, said: Option<Said>) -> Option<Duration> {
        let Said(origin, text) = said?;
        match parse_duration(&text) {
            Ok(duration) if !duration.is_zero() => Some(duration),
            Ok(_) => {
                self.errors.push(Diagnostic::at(origin, "nothing gets done in no time"));
                None
            }
            Err(error) => {
                self.errors.push(Diagnostic::at(origin, error.to_string()));
                None
            }
        }
    }

    pub(in crate::app) fn parsed<T: FromStr>(&mut self, said: Option<Said>, what: &str) -> Option<T> {
        let Said(origin, text) = said?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.errors.push(Diagnostic::at(origin, format!("{what} is wanted here")));
        }
        parsed
    }

    pub(in crate::app) fn filter(&mut self, pattern: Option<&str>) -> Option<Filter> {
        Filter::parse(pattern?).map_err(|error| self.errors.push(error)).ok()
    }

    pub(in crate::app) fn env(&mut self, pairs: &[String]) -> Vec<(String, String)> {
        let mut env = Vec::new();
        for pair in pairs {
            match pair.split_once('=') {
                Some((name, value)) if !name.trim().is_empty() => {
                    env.push((name.trim().to_owned(), value.to_owned()))
                }
                // The value may be a key: what is wrong is told without it.
                Some(_) => self.errors.push(Diagnostic::new("`--env` needs a name before the `=`")),
                None => {
                    let what = format!("`--env {pair}` sets nothing");
                    self.errors.push(Diagnostic::new(what).hint("write `--env NAME=VALUE`"));
                }
            }
        }
        env
    }
}
