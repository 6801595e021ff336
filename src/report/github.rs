//! Annotations of a GitHub workflow: what failed, shown at the line of the suite in a pull request.
//!
//! GitHub shows ten annotations of a kind for a step and drops the others without a word, so the last of ours says how
//! many there are.

use super::ledger::Ledger;
use super::{ReportError, Reporter, ReporterSpec, drawing};
use crate::events::{CaseReport, Event};
use crate::model::Outcome;
use crate::source::Origin;
use crate::text::{one_line, plural};
use std::io::{self, Write};

const NAME: &str = "github";
/// As many annotations of a kind as GitHub shows for a step.
const SHOWN: usize = 10;

/// Workflow commands.
pub(super) const SPEC: ReporterSpec = ReporterSpec {
    name: NAME,
    summary: "the first failures as annotations of a GitHub workflow, on standard output",
    example: NAME,
    default_path: None,
    make: |_, out| Box::new(GitHub { out, ledger: Ledger::default(), cases: Vec::new() }),
};

struct GitHub {
    out: Box<dyn Write + Send>,
    ledger: Ledger,
    /// Place in the plan, and the annotation. Kept whole although ten are shown: which ten is known at the end.
    cases: Vec<(usize, Annotation)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Error,
    Warning,
}

#[derive(Debug)]
struct Annotation {
    kind: Kind,
    title: String,
    place: Option<(String, usize, usize)>,
    message: String,
}

impl Reporter for GitHub {
    fn on_event(&mut self, event: &Event) {
        self.ledger.on_event(event);
        if let Event::CaseFinished(case) = event {
            self.cases.extend(of_case(case).map(|annotation| (case.index, annotation)));
        }
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        self.cases.sort_by_key(|(index, _)| *index);
        let mut all = self.of_run();
        all.extend(self.cases.drain(..).map(|(_, annotation)| annotation));
        let (errors, warnings) = all.into_iter().partition(|annotation| annotation.kind == Kind::Error);
        let written = write_all(&mut self.out, errors).and_then(|()| write_all(&mut self.out, warnings));
        written.and_then(|()| self.out.flush()).map_err(ReportError::of(NAME))
    }
}

impl GitHub {
    fn of_run(&self) -> Vec<Annotation> {
        let of_error = |error: &crate::source::Diagnostic| Annotation {
            kind: Kind::Error,
            title: one_line(&error.what).into_owned(),
            place: error.origin.as_ref().map(place),
            message: drawing::draw(std::slice::from_ref(error), false),
        };
        let mut all: Vec<_> = self.ledger.errors.iter().map(of_error).collect();
        all.extend(self.ledger.cut_short().map(|reason| Annotation {
            kind: Kind::Warning,
            title: "not all cases were run".to_owned(),
            place: None,
            message: one_line(&reason).into_owned(),
        }));
        all
    }
}

fn of_case(case: &CaseReport) -> Option<Annotation> {
    let complaints = drawing::complaints(case);
    // The expectation that failed says more than the case it belongs to.
    let origin = complaints.iter().find_map(|complaint| complaint.origin.as_ref()).unwrap_or(&case.origin);
    let (kind, message) = match &case.outcome {
        outcome if outcome.is_failure() => (Kind::Error, drawing::draw(&complaints, false)),
        Outcome::XPassed { reason, .. } => {
            (Kind::Warning, format!("passed, though it was expected to fail: {}", one_line(reason)))
        }
        Outcome::Passed if case.is_flaky() => {
            (Kind::Warning, format!("flaky: passed on attempt {}", case.earlier.len() + 1))
        }
        _ => return None,
    };
    let title = one_line(&case.id.to_string()).into_owned();
    Some(Annotation { kind, title, place: Some(place(origin)), message })
}

fn place(origin: &Origin) -> (String, usize, usize) {
    let position = origin.position();
    (one_line(origin.file.name()).into_owned(), position.line, position.column)
}

fn write_all(out: &mut dyn Write, mut annotations: Vec<Annotation>) -> io::Result<()> {
    if annotations.len() > SHOWN {
        let hidden = annotations.split_off(SHOWN - 1);
        let kind = hidden.first().map_or(Kind::Error, |annotation| annotation.kind);
        let title = format!("{} more", hidden.len());
        let message = format!("{} not shown here; the log has them all", plural(hidden.len(), "annotation"));
        annotations.push(Annotation { kind, title, place: None, message });
    }
    for Annotation { kind, title, place, message } in annotations {
        let command = if kind == Kind::Error { "error" } else { "warning" };
        let place =
            place.map(|(file, line, column)| format!("file={},line={line},col={column},", property(&file)));
        writeln!(
            out,
            "::{command} {}title={}::{}",
            place.unwrap_or_default(),
            property(&title),
            data(&message)
        )?;
    }
    Ok(())
}

/// The escapes of GitHub's toolkit for a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escapes of GitHub's toolkit for a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_end_its_property() {
        assert_eq!(property("a::b,c=100%\nd"), "a%3A%3Ab%2Cc=100%25%0Ad");
    }

    #[test]
    fn the_tenth_annotation_counts_the_others() {
        let one = |n: usize| Annotation {
            kind: Kind::Error,
            title: n.to_string(),
            place: None,
            message: String::new(),
        };
        for (count, last) in
            [(10, "::error title=9::"), (25, "::error title=16 more::16 annotations not shown")]
        {
            let mut out = Vec::new();
            write_all(&mut out, (0..count).map(one).collect()).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.lines().count(), SHOWN);
            assert!(text.lines().last().unwrap().starts_with(last), "{text}");
        }
    }
}
