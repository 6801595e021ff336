//! Why an installed stack does not take a run config any more: what its log says, at the place in the file that it is about.

use crate::app::installed::python_packages::PythonPackages;
use crate::source::{Diagnostic, Kind, Node, Origin, nearest};
use crate::stack::{self, PythonStack, Runtime};
use crate::stack_config::APIS;
use std::collections::BTreeSet;

/// What is told of one file.
const MOST: usize = 10;

/// What keeps the stack from serving the run config `root`.
pub(super) fn explain(error: &stack::Error, root: Option<&Node>, runtime: &Runtime) -> Vec<Diagnostic> {
    let told = error.diagnostics();
    let (Some(root), Some(end)) = (root, error.log_end()) else { return told };
    let tail = end.lines();
    let Some(headline) = tail.iter().rposition(|line| is_headline(line)) else { return told };
    let known = match runtime {
        Runtime::Python(stack) => provider_types(stack),
        Runtime::Embedded | Runtime::Command(_) => BTreeSet::new(),
    };
    let lines = outdented(&tail[headline..]);
    let mut found = invalid_fields(&lines, root);
    if found.is_empty() {
        found.push(about(lines[0], root, &known));
    }
    // The log and what to do are said once.
    if let (Some(first), Some(base)) = (found.first_mut(), told.into_iter().next()) {
        first.notes.push(base.what);
        first.notes.extend(base.notes);
        first.hint = match (first.hint.take(), base.hint) {
            (Some(near), Some(usual)) => Some(format!("{near} If not: {usual}")),
            (near, usual) => near.or(usual),
        };
    }
    found
}

/// The lines without what stands before the first and after each: loggers indent a traceback as a whole, and fill lines up.
fn outdented(lines: &[String]) -> Vec<&str> {
    let indent = lines.first().map_or(0, |first| first.len() - first.trim_start().len());
    let outdented =
        |line: &'_ str| -> usize { line.len().min(indent).min(line.len() - line.trim_start().len()) };
    lines.iter().map(|line| line[outdented(line)..].trim_end()).collect()
}

/// `ValueError: …`, where Python ends with an exception.
fn is_headline(line: &str) -> bool {
    let name = line.trim_start().split(':').next().unwrap_or_default();
    let name = name.rsplit('.').next().unwrap_or_default();
    let is_word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_word && (name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Exit"))
}

/// What pydantic says: a place on a line of its own, and under it what is wrong there.
fn invalid_fields(lines: &[&str], root: &Node) -> Vec<Diagnostic> {
    if !lines[0].contains("validation error") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for pair in lines[1..].windows(2) {
        let [field, message] = pair else { continue };
        let is_field = !field.is_empty() && !field.starts_with(char::is_whitespace);
        let Some(message) = message.strip_prefix("  ").filter(|text| is_field && !text.starts_with(' '))
        else {
            continue;
        };
        // In brackets are the values that it was given, which may be keys.
        let message = message.split(" [type=").next().unwrap_or(message);
        let what = format!("`{field}`: {message}");
        found.push(match at_path(root, field).or_else(|| at_word(root, field)) {
            Some(origin) => Diagnostic::at(origin, what),
            None => Diagnostic::new(what),
        });
    }
    found.truncate(MOST);
    found
}

/// The first of the words in quotes that stands in the file.
fn about(headline: &str, root: &Node, known: &BTreeSet<String>) -> Diagnostic {
    let words: Vec<&str> = quoted(headline);
    let place = words.iter().find_map(|word| Some((*word, at_word(root, word)?)));
    let Some((word, origin)) = place else { return Diagnostic::new(headline) };
    let diagnostic = Diagnostic::at(origin, headline);
    let near = if word.contains("::") {
        nearest(word, known.iter().map(String::as_str).filter(|known| *known != word))
    } else {
        nearest(word, APIS.iter().copied().filter(|known| *known != word))
    };
    match near {
        Some(name) => diagnostic.hint(format!("did you mean `{name}`?")),
        None => diagnostic,
    }
}

/// The texts between backticks or quotes.
fn quoted(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for mark in ['`', '\'', '"'] {
        words.extend(text.split(mark).skip(1).step_by(2).filter(|word| !word.is_empty()));
    }
    words
}

/// Where `a.0.b` leads, as far as it does.
fn at_path(root: &Node, path: &str) -> Option<Origin> {
    let mut node = root;
    let mut origin = None;
    for part in path.split('.') {
        match &node.kind {
            Kind::List(items) => {
                let Some(item) = part.parse::<usize>().ok().and_then(|index| items.get(index)) else { break };
                (node, origin) = (item, Some(item.origin.clone()));
            }
            _ => {
                let Some(entry) = node.entries().iter().find(|entry| entry.key == part) else { break };
                (node, origin) = (&entry.value, Some(entry.key_origin.clone()));
            }
        }
    }
    origin
}

/// Where `word` stands as a value or a key, or else within a value.
fn at_word(root: &Node, word: &str) -> Option<Origin> {
    first(root, &|text| text == word).or_else(|| first(root, &|text| word.len() > 2 && text.contains(word)))
}

fn first(node: &Node, is_it: &dyn Fn(&str) -> bool) -> Option<Origin> {
    match &node.kind {
        Kind::String(text) => is_it(text).then(|| node.origin.clone()),
        Kind::List(items) => items.iter().find_map(|item| first(item, is_it)),
        Kind::Map(entries) => entries.iter().find_map(|entry| {
            if is_it(&entry.key) { Some(entry.key_origin.clone()) } else { first(&entry.value, is_it) }
        }),
        _ => None,
    }
}

/// The types of providers that an installed stack has, from the source of its registry: nothing is run for it.
#[expect(clippy::disallowed_methods, reason = "reads the registry of an installed stack")]
fn provider_types(stack: &PythonStack) -> BTreeSet<String> {
    let packages = PythonPackages::of(&stack.python, &stack.command);
    let folder = packages.folder(&format!("{}/providers/registry", stack.product.distribution()));
    let files =
        folder.into_iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
    let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
    let types = |text: String| {
        let is_type = |word: &&str| word.starts_with("remote::") || word.starts_with("inline::");
        text.split('"').filter(is_type).map(str::to_owned).collect::<Vec<_>>()
    };
    texts.flat_map(types).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, yaml};
    use std::path::PathBuf;

    const CONFIG: &str = "apis: [inference]\nproviders:\n  inference:\n  - provider_id: a\n    provider_type: remote::vlm\n    config: {url: x, colour: red}\n";

    fn explained(tail: &[&str]) -> Vec<Diagnostic> {
        let root = yaml::parse(&SourceFile::new("run.yaml", CONFIG)).unwrap();
        let tail = tail.iter().map(|line| (*line).to_owned()).collect();
        let error = stack::Error::DiedEarly {
            status: "exit status 1".into(),
            end: stack::LogEnd::new(tail, PathBuf::from("server.log")),
        };
        explain(&error, Some(&root), &Runtime::Embedded)
    }

    #[test]
    fn the_place_in_the_file_is_named() {
        let [one] = &explained(&[
            "Traceback",
            "ValueError: Provider `remote::vlm` is not available for API `inference`",
            "end",
        ])[..] else {
            panic!("one")
        };
        assert!(
            one.one_line().starts_with("run.yaml:5:20: ValueError: Provider `remote::vlm`"),
            "{}",
            one.one_line()
        );
        assert!(one.notes.iter().any(|note| note.contains("Traceback")), "{:?}", one.notes);
    }

    #[test]
    fn each_field_that_is_wrong_has_its_place_and_no_value() {
        let two = explained(&[
            "pydantic_core._pydantic_core.ValidationError: 2 validation errors for StackConfig",
            "providers.inference.0.config.colour",
            "  Extra inputs are not permitted [type=extra_forbidden, input_value='red', input_type=str]",
            "    For further information visit https://errors.pydantic.dev/2.12/v/extra_forbidden",
            "storage",
            "  Field required [type=missing, input_value={'apis': 1}, input_type=dict]",
        ]);
        let lines: Vec<String> = two.iter().map(Diagnostic::one_line).collect();
        let wanted = [
            "run.yaml:6:22: `providers.inference.0.config.colour`: Extra inputs are not permitted",
            "`storage`: Field required",
        ];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn a_logger_may_indent_what_it_is_told() {
        let told = explained(&[
            "ERROR    Traceback",
            "         ValueError: Provider `remote::vlm` is not available   ",
            "           category=server",
        ]);
        assert_eq!(told[0].one_line(), "run.yaml:5:20: ValueError: Provider `remote::vlm` is not available");
    }

    #[test]
    fn what_says_nothing_is_shown_as_it_is() {
        let one = explained(&["killed"]);
        assert!(one[0].what.contains("ended before it was ready"), "{one:?}");
    }
}
