//! A JSON value with `{{ name }}` in its strings.

use super::hole::Reference;
use super::text::TextTemplate;
use crate::check::Scope;
use crate::source::{Diagnostic, Entry, Kind, Node};
use serde_json::Value;
use std::borrow::Cow;

/// A JSON value with `{{ name }}` in its strings; a string that is one `{{ name }}` and nothing else becomes the value
/// itself, whatever its type.
#[derive(Debug, Clone)]
pub struct ValueTemplate {
    tree: Tree,
}

/// What is known at once is folded into [`Tree::Constant`], so that a template without names costs nothing to render.
#[derive(Debug, Clone)]
enum Tree {
    Constant(Value),
    Text(TextTemplate),
    List(Vec<Tree>),
    Map(Vec<(TextTemplate, Tree)>),
}

/// Whether keys of mappings are templates too.
#[derive(Clone, Copy, PartialEq)]
enum Keys {
    Plain,
    Templates,
}

impl ValueTemplate {
    /// Compiles any YAML value. Keys of mappings are no templates: a request with computed keys is more likely a mistake.
    ///
    /// # Errors
    /// Everything wrong with it, with its place.
    pub fn compile(node: &Node) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self { tree: tree(node, Keys::Plain)? })
    }

    /// Compiles a value that an answer is compared with, where keys of mappings may be templates.
    pub(in crate::check) fn compile_expected(node: &Node) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self { tree: tree(node, Keys::Templates)? })
    }

    /// The names it uses.
    pub fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        self.tree.collect(&mut references);
        references
    }

    /// The value with the values of `scope` in place of the names.
    ///
    /// # Errors
    /// A name that `scope` does not hold, at its place in the suite.
    pub fn render(&self, scope: &Scope) -> Result<Value, Diagnostic> {
        self.tree.render(scope)
    }

    /// As [`Self::render`], without a copy where nothing is filled in.
    pub(in crate::check) fn get(&self, scope: &Scope) -> Result<Cow<'_, Value>, Diagnostic> {
        match &self.tree {
            Tree::Constant(value) => Ok(Cow::Borrowed(value)),
            tree => tree.render(scope).map(Cow::Owned),
        }
    }

    /// The value, if nothing is filled in.
    pub(in crate::check) fn constant(&self) -> Option<&Value> {
        match &self.tree {
            Tree::Constant(value) => Some(value),
            _ => None,
        }
    }
}

fn tree(node: &Node, keys: Keys) -> Result<Tree, Vec<Diagnostic>> {
    match &node.kind {
        Kind::String(text) if text.contains("{{") => TextTemplate::compile(node).map(Tree::from),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => Ok(Tree::Constant(node.to_json())),
        Kind::List(items) => {
            let items = collect(items.iter().map(|item| tree(item, keys)))?;
            Ok(match items.iter().map(Tree::constant).collect::<Option<Vec<_>>>() {
                Some(values) => Tree::Constant(values.into_iter().cloned().collect()),
                None => Tree::List(items),
            })
        }
        Kind::Map(entries) => map(entries, keys),
    }
}

fn map(entries: &[Entry], keys: Keys) -> Result<Tree, Vec<Diagnostic>> {
    let members = collect(entries.iter().map(|entry| {
        let name = key(entry, keys);
        let value = tree(&entry.value, keys);
        match (name, value) {
            (Ok(name), Ok(value)) => Ok((name, value)),
            (name, value) => Err([name.err(), value.err()].into_iter().flatten().flatten().collect()),
        }
    }))?;
    let constant =
        |(name, value): &(TextTemplate, Tree)| Some((name.constant()?.to_owned(), value.constant()?.clone()));
    Ok(match members.iter().map(constant).collect::<Option<_>>() {
        Some(object) => Tree::Constant(Value::Object(object)),
        None => Tree::Map(members),
    })
}

fn key(entry: &Entry, keys: Keys) -> Result<TextTemplate, Vec<Diagnostic>> {
    let node = Node { kind: Kind::String(entry.key.clone()), origin: entry.key_origin.clone() };
    let name = TextTemplate::compile(&node)?;
    if keys == Keys::Plain && name.constant().is_none() {
        return Err(vec![node.diagnostic("a template cannot stand in a key")]);
    }
    Ok(name)
}

/// The values, or every mistake in any of them.
fn collect<T>(results: impl Iterator<Item = Result<T, Vec<Diagnostic>>>) -> Result<Vec<T>, Vec<Diagnostic>> {
    let mut values = Vec::new();
    let mut errors = Vec::new();
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}

impl From<TextTemplate> for Tree {
    fn from(text: TextTemplate) -> Self {
        match text.constant() {
            Some(constant) => Self::Constant(Value::String(constant.to_owned())),
            None => Self::Text(text),
        }
    }
}

impl Tree {
    fn constant(&self) -> Option<&Value> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }

    fn render(&self, scope: &Scope) -> Result<Value, Diagnostic> {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Text(text) => text.value(scope),
            Self::List(items) => items.iter().map(|item| item.render(scope)).collect(),
            Self::Map(members) => {
                let member =
                    |(name, value): &(TextTemplate, Tree)| Ok((name.render(scope)?, value.render(scope)?));
                members.iter().map(member).collect::<Result<_, _>>().map(Value::Object)
            }
        }
    }

    fn collect(&self, references: &mut Vec<Reference>) {
        match self {
            Self::Constant(_) => {}
            Self::Text(text) => references.extend(text.references()),
            Self::List(items) => items.iter().for_each(|item| item.collect(references)),
            Self::Map(members) => members.iter().for_each(|(name, value)| {
                references.extend(name.references());
                value.collect(references);
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, yaml};
    use serde_json::json;

    fn node(text: &str) -> Node {
        yaml::parse(&SourceFile::new("a.yaml", text)).unwrap()
    }

    #[test]
    fn a_template_alone_keeps_the_type_of_its_value() {
        let names = json!({"n": 3, "list": [1, 2], "none": null, "text": "x"});
        let scope = Scope::new(names.as_object().unwrap().clone());
        let text =
            "{ a: '{{ n }}', b: ['{{ list }}', 'v{{ n }}'], c: '{{ none }}', d: 1, e: \"{{ '{{' }}\" }";
        let template = ValueTemplate::compile(&node(text)).unwrap();
        let expected = json!({"a": 3, "b": [[1, 2], "v3"], "c": null, "d": 1, "e": "{{"});
        assert_eq!(template.render(&scope).unwrap(), expected);
        let used: Vec<String> = template.references().into_iter().map(|used| used.path).collect();
        assert_eq!(used, ["n", "list", "n", "none"]);
    }

    #[test]
    fn keys_are_templates_only_where_answers_are_compared() {
        let map = node("{ '{{ n }}': 1, b: '{{ }}' }");
        assert_eq!(ValueTemplate::compile(&map).unwrap_err().len(), 2);
        let map = node("{ '{{ n }}': 1 }");
        let template = ValueTemplate::compile_expected(&map).unwrap();
        let scope = Scope::new(json!({"n": "k"}).as_object().unwrap().clone());
        assert_eq!(template.render(&scope).unwrap(), json!({"k": 1}));
    }
}
