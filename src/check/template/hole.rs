//! One `{{ … }}`: a name, filters, and the place it stands at.

use super::filter::Filter;
use crate::check::Scope;
use crate::source::{Diagnostic, Origin};
use serde_json::Value;
use std::borrow::Cow;

/// A name used in a template, and where.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The dotted path: `param_id.question`.
    pub path: String,
    /// Where it is written.
    pub origin: Origin,
}

/// A place that a value goes to.
#[derive(Debug, Clone)]
pub(super) struct Hole {
    pub(super) reference: Reference,
    pub(super) filters: Vec<&'static Filter>,
}

impl Hole {
    /// The value that goes there.
    pub(super) fn value<'a>(&self, scope: &'a Scope) -> Result<Cow<'a, Value>, Diagnostic> {
        let Reference { path, origin } = &self.reference;
        let mut value = Cow::Borrowed(scope.get(path).ok_or_else(|| unknown(path, origin, scope))?);
        for filter in &self.filters {
            let changed = (filter.apply)(&value).map_err(|why| {
                Diagnostic::at(origin.clone(), format!("`{path} | {}`: {} {why}", filter.name, filter.name))
            })?;
            value = Cow::Owned(changed);
        }
        Ok(value)
    }

    /// Writes the value as text.
    pub(super) fn write(&self, scope: &Scope, out: &mut String) -> Result<(), Diagnostic> {
        match &*self.value(scope)? {
            Value::String(text) => out.push_str(text),
            Value::Null => {
                let what = format!("`{}` is null, which has no text", self.reference.path);
                return Err(Diagnostic::at(self.reference.origin.clone(), what)
                    .hint("a string that is nothing but the template would become null itself"));
            }
            other => out.push_str(&other.to_string()),
        }
        Ok(())
    }
}

/// A complaint that names what could have been meant, the nearest name first.
fn unknown(path: &str, origin: &Origin, scope: &Scope) -> Diagnostic {
    let mut names = scope.paths();
    names.sort_by_cached_key(|name| strsim::damerau_levenshtein(&path.to_lowercase(), &name.to_lowercase()));
    let hint = match names.len() {
        0 => "there are no names yet: a step before this one may `capture` some".to_owned(),
        n if n > 12 => format!("there are: {}, and {} more", names[..12].join(", "), n - 12),
        _ => format!("there are: {}", names.join(", ")),
    };
    Diagnostic::at(origin.clone(), format!("`{path}` names nothing")).hint(hint)
}
