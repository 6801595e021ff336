//! What a subject has found in an answer.

use super::path::JsonPath;
use super::show;
use super::unmet::Unmet;
use serde_json::Value;
use std::borrow::Cow;

/// What a subject has found in an answer.
#[derive(Debug, Clone)]
pub(super) enum Found<'a> {
    /// Nothing; with what there is instead, if there is something to say.
    Nothing(Option<String>),
    /// Nothing at this path.
    Missing {
        /// The path that leads nowhere.
        path: &'a JsonPath,
        /// What it starts from.
        root: &'a Value,
    },
    /// One value.
    One(Cow<'a, Value>),
    /// The values that a path with wildcards, slices or filters selects: none, one or several.
    Nodes(Vec<&'a Value>),
}

impl Found<'_> {
    /// Whether there is a value at all.
    pub(super) fn exists(&self) -> bool {
        match self {
            Self::Nothing(_) | Self::Missing { .. } => false,
            Self::One(_) => true,
            Self::Nodes(nodes) => !nodes.is_empty(),
        }
    }

    /// The one value; anything else is a failure that says so. Nothing can be judged then, not even negated.
    pub(super) fn one(&self) -> Result<&Value, Vec<Unmet>> {
        match self {
            Self::One(value) => Ok(value),
            Self::Nodes(nodes) if nodes.len() == 1 => Ok(nodes[0]),
            Self::Nodes(nodes) if !nodes.is_empty() => {
                Err(Unmet::firm("selects several values where one is needed")
                    .actual(format!("{} values: {}", nodes.len(), show::json(&list_of(nodes))))
                    .hint("`each`, `any`, `len` and `contains` take several; so does equality with a list")
                    .alone())
            }
            Self::Nodes(_) | Self::Nothing(_) | Self::Missing { .. } => Err(self.absent()),
        }
    }

    /// As one value, several nodes being a list.
    pub(super) fn whole(&self) -> Result<Cow<'_, Value>, Vec<Unmet>> {
        match self {
            Self::Nodes(nodes) => Ok(Cow::Owned(list_of(nodes))),
            other => other.one().map(Cow::Borrowed),
        }
    }

    /// The elements of a list, or the nodes of a path that selects several.
    pub(super) fn elements(&self) -> Result<Vec<&Value>, Vec<Unmet>> {
        match self {
            Self::Nodes(nodes) => Ok(nodes.clone()),
            other => match other.one()? {
                Value::Array(items) => Ok(items.iter().collect()),
                value => Err(Unmet::wrong_kind("a list", value)),
            },
        }
    }

    fn absent(&self) -> Vec<Unmet> {
        let unmet = Unmet::firm("is not there");
        match self {
            Self::Nothing(Some(hint)) => unmet.hint(hint).alone(),
            Self::Missing { path, root } => match path.explain_missing(root) {
                Some(hint) => unmet.hint(hint).alone(),
                None => unmet.alone(),
            },
            _ => unmet.alone(),
        }
    }
}

pub(super) fn list_of(nodes: &[&Value]) -> Value {
    nodes.iter().map(|node| (*node).clone()).collect()
}
