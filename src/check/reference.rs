//! The reference page, from the tables.

use super::capture::CAPTURES;
use super::predicate::CHECKS;
use super::subject::{FIELDS, SUBJECTS};
use super::template::FILTERS;
use std::fmt::Write as _;

/// A table of things a suite may use.
#[derive(Debug, Clone)]
pub struct Table {
    /// What its entries are: `Predicates`.
    pub title: &'static str,
    /// Where they stand and what is true of all of them.
    pub about: &'static str,
    /// The entries.
    pub entries: Vec<Described>,
}

/// An entry of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// Its name in a suite.
    pub name: &'static str,
    /// What it means, in one line.
    pub summary: &'static str,
    /// A piece of a suite that uses it.
    pub example: &'static str,
}

const SUBJECTS_ABOUT: &str = "\
A key below `expect:`, `until:` and `abort_if:`. What stands after it is a bare value, which means equality, or a
mapping of predicates, which must all hold. Below any value, a key that begins with `$` is a path from there:
`$.choices[0]: { $.index: 0, $.message.role: assistant }`.

A path of names and indices selects one value or none; where it selects none, every predicate but `exists: false`
fails and the message says how far the path leads. A path with `*`, `..`, a slice or a filter selects a list: `len`,
`empty`, `each`, `any`, `contains` and equality with a list are about that list, every other predicate needs it to
have exactly one element.

A body that is no JSON is one failure, however many paths there are. An answer that breaks off or does not end in time
is one failure, and what came of it is judged all the same.";

const STREAM_ABOUT: &str = "\
A key below `stream:`. `each:` (every event is like this) and `any:` (some event is) are about the data of the events,
and so are paths: `$[0]` is the first event. Text, tool calls, usage and reason are put together from the deltas of
OpenAI's chat completions (first choice), completions and responses, and of Ollama.";

const PREDICATES_ABOUT: &str = "\
What a value must be like. Values may have templates.";

const CAPTURES_ABOUT: &str = "\
What stands after a name below `capture:`. The steps that follow use it as `{{ name }}`. A capture that finds nothing
fails the step.";

const FILTERS_ABOUT: &str = "\
A template is `{{ name }}`, with a dotted path for members and elements: `{{ param_id.question }}`, `{{ ids.0 }}`. A
string that is one template and nothing else becomes the value itself, whatever its type. Inside a longer text,
strings stand as they are, numbers and booleans as JSON, lists and mappings as compact JSON; null is an error. Two
braces that are meant as such are written `{{ '{{' }}`. Filters follow a bar, one after the other.";

/// All tables of this room, for reference pages and `help`.
pub fn tables() -> Vec<Table> {
    macro_rules! entries {
        ($table:expr) => {
            $table
                .iter()
                .map(|it| Described { name: it.name, summary: it.summary, example: it.example })
                .collect()
        };
    }
    vec![
        Table { title: "Subjects", about: SUBJECTS_ABOUT, entries: entries!(SUBJECTS) },
        Table { title: "Fields of a stream", about: STREAM_ABOUT, entries: entries!(FIELDS) },
        Table { title: "Predicates", about: PREDICATES_ABOUT, entries: entries!(CHECKS) },
        Table { title: "Captures", about: CAPTURES_ABOUT, entries: entries!(CAPTURES) },
        Table { title: "Templates and their filters", about: FILTERS_ABOUT, entries: entries!(FILTERS) },
    ]
}

/// The page `docs/checks.md`.
pub fn reference() -> String {
    let mut page = String::from(
        "# Checks, captures and templates\n\n<!-- Written from the tables in src/check; tests/docs_checks.rs says how. -->\n",
    );
    for table in tables() {
        let _ = write!(
            page,
            "\n## {}\n\n{}\n\n| | what it is | for example |\n|---|---|---|\n",
            table.title, table.about
        );
        for Described { name, summary, example } in table.entries {
            let cell = |text: &str| text.replace('|', "\\|");
            let _ = writeln!(page, "| `{}` | {} | `{}` |", cell(name), cell(summary), cell(example));
        }
    }
    page
}
