//! A text with `{{ name }}` in it.

use super::hole::{Hole, Reference};
use super::parse::{Piece, parse};
use crate::check::Scope;
use crate::source::{Diagnostic, Kind, Node};
use serde_json::Value;
use std::borrow::Cow;

/// A text with `{{ name }}` in it; renders to a string.
#[derive(Debug, Clone)]
pub struct TextTemplate {
    pieces: Vec<Piece>,
}

impl TextTemplate {
    /// Compiles the text of a scalar; a number or boolean is the text it is written as in JSON.
    ///
    /// # Errors
    /// Everything wrong with it, with its place.
    pub fn compile(node: &Node) -> Result<Self, Vec<Diagnostic>> {
        let pieces = match &node.kind {
            Kind::String(text) => parse(text, &node.origin)?,
            Kind::Number(number) => vec![Piece::Literal(number.to_string())],
            Kind::Bool(value) => vec![Piece::Literal(value.to_string())],
            Kind::Null | Kind::List(_) | Kind::Map(_) => {
                return Err(vec![node.diagnostic(format!("a text belongs here, not {}", node.kind_name()))]);
            }
        };
        Ok(Self { pieces })
    }

    /// The names it uses.
    pub fn references(&self) -> Vec<Reference> {
        self.holes().map(|hole| hole.reference.clone()).collect()
    }

    /// The text with the values of `scope` in place of the names.
    ///
    /// # Errors
    /// A name that `scope` does not hold, at its place in the suite.
    pub fn render(&self, scope: &Scope) -> Result<String, Diagnostic> {
        self.render_with(scope, |text| Cow::Borrowed(text))
    }

    /// The text as far as it is known before it is used: what `scope` does not hold is `unknown`.
    pub fn outline(&self, scope: &Scope, unknown: char) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Hole(hole) => {
                    let mut filled = String::new();
                    match hole.write(scope, &mut filled) {
                        Ok(()) => out.push_str(&filled),
                        Err(_) => out.push(unknown),
                    }
                }
            }
        }
        out
    }

    /// As [`Self::render`], with `escape` applied to what is filled in.
    pub(in crate::check) fn render_with(
        &self,
        scope: &Scope,
        escape: impl Fn(&str) -> Cow<'_, str>,
    ) -> Result<String, Diagnostic> {
        let mut out = String::new();
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Hole(hole) => {
                    filled.clear();
                    hole.write(scope, &mut filled)?;
                    out.push_str(&escape(&filled));
                }
            }
        }
        Ok(out)
    }

    /// The text, if nothing is filled in.
    pub(in crate::check) fn constant(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The value that a text which is nothing but one template becomes.
    pub(super) fn whole(&self) -> Option<&Hole> {
        match self.pieces.as_slice() {
            [Piece::Hole(hole)] => Some(hole),
            _ => None,
        }
    }

    /// As [`Self::render`], but a text which is nothing but one template keeps the type of the value.
    pub(super) fn value(&self, scope: &Scope) -> Result<Value, Diagnostic> {
        match self.whole() {
            Some(hole) => Ok(hole.value(scope)?.into_owned()),
            None => Ok(Value::String(self.render(scope)?)),
        }
    }

    fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(hole),
            Piece::Literal(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, yaml};
    use proptest::prelude::*;
    use serde_json::json;

    fn scope() -> Scope {
        let names = json!({
            "text": "a b", "n": 3, "yes": true, "none": null, "list": [1, "x"], "map": {"k-1": {"deep": "D"}}
        });
        Scope::new(names.as_object().unwrap().clone())
    }

    fn compile(yaml_text: &str) -> Result<TextTemplate, Vec<Diagnostic>> {
        TextTemplate::compile(&yaml::parse(&SourceFile::new("a.yaml", yaml_text)).unwrap())
    }

    #[test]
    fn values_take_the_place_of_names() {
        for (text, expected) in [
            ("plain", "plain"),
            ("/v1/{{ text }}/{{n}}", "/v1/a b/3"),
            ("x {{ yes }} {{ list }} {{ map }}", "x true [1,\"x\"] {\"k-1\":{\"deep\":\"D\"}}"),
            ("'{{ map.k-1.deep }}{{ list.1 }}'", "Dx"),
            ("'{{ text | upper | json }}{{ list | length }}'", "\"A B\"2"),
            ("x {{ text | base64 }}", "x YSBi"),
            ("a {{ '{{' }} b }}", "a {{ b }}"),
            ("'a {{ \"{{ x }}\" }}'", "a {{ x }}"),
            ("12", "12"),
        ] {
            assert_eq!(compile(text).unwrap().render(&scope()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_are_shown_where_they_stand() {
        for (yaml_text, what, place, snippet) in [
            ("a {{ text", "never closed", "a.yaml:1:3", "{{"),
            ("'a {{ }} {{ b c }}'", "needs a name", "a.yaml:1:4", "{{ }}"),
            ("a {{ b$ }}", "`$` cannot stand", "a.yaml:1:3", "{{ b$ }}"),
            ("a {{ b..c }}", "a dot too many", "a.yaml:1:3", "{{ b..c }}"),
            ("a {{ b | lowr }}", "no filter `lowr`", "a.yaml:1:3", "{{ b | lowr }}"),
            ("\"\\u007b{ }}\"", "needs a name", "a.yaml:1:1", "\"\\u007b{ }}\""),
        ] {
            let errors = compile(yaml_text).unwrap_err();
            let origin = errors[0].origin.as_ref().unwrap();
            assert!(errors[0].what.contains(what), "{yaml_text}: {}", errors[0].what);
            assert_eq!((origin.to_string().as_str(), origin.snippet()), (place, snippet), "{yaml_text}");
        }
        assert_eq!(compile("'a {{ }} {{ b c }}'").unwrap_err().len(), 2, "all mistakes at once");
    }

    #[test]
    fn a_name_that_is_not_there_is_a_failure_naming_what_is() {
        let error = compile("x {{ map.k-2.deep }}").unwrap().render(&scope()).unwrap_err();
        assert_eq!(error.one_line(), "a.yaml:1:3: `map.k-2.deep` names nothing");
        assert!(error.hint.as_deref().unwrap().starts_with("there are: map.k-1"), "{error:?}");
        let error = compile("x {{ none }}").unwrap().render(&scope()).unwrap_err();
        assert!(error.what.contains("`none` is null"), "{error:?}");
        let error = compile("x {{ n | upper }}").unwrap().render(&scope()).unwrap_err();
        assert!(error.what.contains("takes a string, not an integer"), "{error:?}");
    }

    fn node(text: &str) -> Node {
        let file = SourceFile::new("a.yaml", text);
        let span = crate::source::Span { start: 0, end: text.len() };
        Node { kind: Kind::String(text.to_owned()), origin: crate::source::Origin { file, span } }
    }

    proptest! {
        #[test]
        fn any_text_compiles_or_says_why(text in "[{}a. |'\"ß\n]{0,24}") {
            match TextTemplate::compile(&node(&text)) {
                Ok(template) => { let _ = template.render(&scope()); }
                Err(errors) => prop_assert!(!errors.is_empty()),
            }
        }

        #[test]
        fn text_without_two_braces_stands_as_it_is(text in "([^{]|\\{[^{])*[^{]?") {
            let rendered = TextTemplate::compile(&node(&text)).unwrap().render(&scope()).unwrap();
            prop_assert_eq!(rendered, text);
        }

        #[test]
        fn what_is_filled_in_stands_between_its_neighbours(before in "[a-zß ]{0,8}", value in ".{0,12}", after in "[a-zß }]{0,8}") {
            let mut scope = Scope::default();
            scope.set("name", Value::String(value.clone()));
            let text = format!("{before}{{{{ name }}}}{after}");
            let rendered = TextTemplate::compile(&node(&text)).unwrap().render(&scope).unwrap();
            prop_assert_eq!(rendered, format!("{before}{value}{after}"));
        }
    }
}
