//! The models that cases are run with.

use crate::source::{Diagnostic, Origin, SourceFile, Span};
use crate::suite::ModelKind;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The ids chosen for each kind of model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelChoices {
    ids: BTreeMap<ModelKind, Vec<String>>,
}

impl ModelChoices {
    /// Chooses the ids of a comma list; a case that asks for the kind is run once with each. An empty list takes a
    /// choice back: the cases are skipped.
    ///
    /// # Errors
    /// Ids that are empty or given twice, and dimensions that are no number.
    pub fn set(&mut self, kind: ModelKind, list: &str) -> Result<(), Vec<Diagnostic>> {
        if list.trim().is_empty() {
            self.ids.remove(&kind);
            return Ok(());
        }
        let file = SourceFile::new(kind.option(), list);
        let mut ids: Vec<String> = Vec::new();
        let mut errors = Vec::new();
        let mut start = 0;
        for part in list.split(',') {
            let lead = part.len() - part.trim_start().len();
            let id = part.trim();
            let span = Span { start: start + lead, end: start + lead + id.len() };
            start += part.len() + 1;
            match complaint(kind, id, &ids) {
                Some(what) => errors.push(Diagnostic::at(Origin { file: Arc::clone(&file), span }, what)),
                None => ids.push(id.to_owned()),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        self.ids.insert(kind, ids);
        Ok(())
    }

    /// Chooses as [`ModelChoices::set`] does, unless something is chosen already.
    ///
    /// # Errors
    /// As [`ModelChoices::set`].
    pub fn set_default(&mut self, kind: ModelKind, list: &str) -> Result<(), Vec<Diagnostic>> {
        if self.ids.contains_key(&kind) { Ok(()) } else { self.set(kind, list) }
    }

    /// The ids chosen for a kind.
    pub fn get(&self, kind: ModelKind) -> &[String] {
        self.ids.get(&kind).map(Vec::as_slice).unwrap_or_default()
    }
}

fn complaint(kind: ModelKind, id: &str, before: &[String]) -> Option<String> {
    if id.is_empty() {
        return Some("a model id is missing here".to_owned());
    }
    if id.chars().any(char::is_control) {
        return Some("a model id must not hold control characters".to_owned());
    }
    if kind == ModelKind::EmbeddingDimension && !id.parse::<u32>().is_ok_and(|dimension| dimension > 0) {
        return Some(format!("expected a number of dimensions, found `{id}`"));
    }
    before.iter().any(|known| known == id).then(|| format!("`{id}` is given twice"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_list_is_several_ids() {
        let mut choices = ModelChoices::default();
        choices.set(ModelKind::Text, "ollama/a:1b, ollama/b").unwrap();
        choices.set_default(ModelKind::Text, "other").unwrap();
        choices.set_default(ModelKind::Judge, "judge").unwrap();
        assert_eq!(choices.get(ModelKind::Text), ["ollama/a:1b", "ollama/b"]);
        assert_eq!(choices.get(ModelKind::Judge), ["judge"]);
    }

    #[test]
    fn each_wrong_id_is_pointed_at() {
        let mut choices = ModelChoices::default();
        let errors = choices.set(ModelKind::EmbeddingDimension, "768,,x,768").unwrap_err();
        let lines: Vec<String> = errors.iter().map(Diagnostic::one_line).collect();
        assert_eq!(
            lines,
            [
                "--embedding-dimension:1:5: a model id is missing here",
                "--embedding-dimension:1:6: expected a number of dimensions, found `x`",
                "--embedding-dimension:1:8: `768` is given twice",
            ]
        );
    }
}
