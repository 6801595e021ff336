//! Annotations of a GitHub workflow: what failed, shown at the line of the suite in a pull request.
//!
//! GitHub shows ten annotations of a kind for a step and drops the others without a word, so the last of ours says how
//! many there are.

use super::ledger::Ledger;
use super::{ReportError, Reporter, ReporterSpec, drawing};
use crate::events::{CaseReport, Event};
use crate::model::{Outcome, Traffic};
use crate::source::{Diagnostic, Origin};
use crate::text::{one_line, plural};
use std::collections::BTreeMap;
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
    make: |_, out| {
        let (errors, warnings, notices) = (First::default(), First::default(), First::default());
        Box::new(GitHub { out, ledger: Ledger::default(), errors, warnings, notices })
    },
};

struct GitHub {
    out: Box<dyn Write + Send>,
    ledger: Ledger,
    errors: First,
    warnings: First,
    notices: First,
}

/// The annotations of one kind that GitHub will show: the first ten in the order of the plan. The others are not even
/// drawn, only counted.
#[derive(Debug, Default)]
struct First {
    by_place: BTreeMap<usize, Annotation>,
    count: usize,
}

impl First {
    fn add(&mut self, index: usize, make: impl FnOnce() -> Annotation) {
        self.count += 1;
        let is_full = self.by_place.len() == SHOWN;
        if is_full && self.by_place.last_key_value().is_some_and(|(last, _)| *last < index) {
            return;
        }
        self.by_place.insert(index, make());
        if is_full {
            self.by_place.pop_last();
        }
    }
}

#[derive(Debug)]
struct Annotation {
    title: String,
    place: Option<(String, usize, usize)>,
    message: String,
}

impl Reporter for GitHub {
    fn on_event(&mut self, event: &Event) {
        self.ledger.on_event(event);
        let Event::CaseFinished(case) = event else { return };
        let on = self.ledger.on_stack(case.suite);
        match &case.outcome {
            outcome if outcome.is_failure() => self.errors.add(case.index, || failure(case, &on)),
            Outcome::XPassed { reason, .. } => {
                let message = format!("passed, though it was expected to fail: {}", one_line(reason));
                self.warnings.add(case.index, || of_case(case, &on, &case.origin, message));
            }
            Outcome::Passed if case.is_flaky() => {
                let message = format!("flaky: passed on attempt {}", case.earlier.len() + 1);
                self.warnings.add(case.index, || of_case(case, &on, &case.origin, message));
            }
            Outcome::Skipped { reason }
                if case.traffic.notes.iter().any(|note| note == Traffic::SKIPPED_AFTER_FAILURE) =>
            {
                let message = format!("{}: {}", Traffic::SKIPPED_AFTER_FAILURE, one_line(reason));
                self.notices.add(case.index, || of_case(case, &on, &case.origin, message));
            }
            _ => {}
        }
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        let of_run = self.ledger.errors.iter().map(of_error).collect();
        let cut_short = self.ledger.cut_short().into_iter().map(cut_short).collect();
        let [errors, warnings, notices] =
            [&mut self.errors, &mut self.warnings, &mut self.notices].map(std::mem::take);
        let written = write_all(&mut self.out, "error", of_run, errors)
            .and_then(|()| write_all(&mut self.out, "warning", cut_short, warnings))
            .and_then(|()| write_all(&mut self.out, "notice", Vec::new(), notices))
            .and_then(|()| self.out.flush());
        written.map_err(ReportError::of(NAME))
    }
}

fn of_error(error: &Diagnostic) -> Annotation {
    Annotation {
        title: one_line(&error.what).into_owned(),
        place: error.origin.as_ref().map(place),
        message: drawing::draw(std::slice::from_ref(error), false),
    }
}

fn cut_short(reason: String) -> Annotation {
    let message = one_line(&reason).into_owned();
    Annotation { title: "not all cases were run".to_owned(), place: None, message }
}

fn failure(case: &CaseReport, on: &str) -> Annotation {
    let complaints = drawing::complaints(case);
    // The expectation that failed says more than the case it belongs to.
    let origin = complaints.iter().find_map(|complaint| complaint.origin.as_ref()).unwrap_or(&case.origin);
    of_case(case, on, origin, drawing::draw(&complaints, false))
}

fn of_case(case: &CaseReport, on: &str, origin: &Origin, message: String) -> Annotation {
    let title = one_line(&format!("{}{on}", case.id)).into_owned();
    Annotation { title, place: Some(place(origin)), message }
}

fn place(origin: &Origin) -> (String, usize, usize) {
    let position = origin.position();
    (one_line(origin.file.name()).into_owned(), position.line, position.column)
}

fn write_all(out: &mut dyn Write, command: &str, of_run: Vec<Annotation>, cases: First) -> io::Result<()> {
    let count = of_run.len() + cases.count;
    let mut shown: Vec<_> = of_run.into_iter().chain(cases.by_place.into_values()).collect();
    if count > SHOWN {
        shown.truncate(SHOWN - 1);
        let hidden = count - shown.len();
        let message = format!("{} not shown here; the log has them all", plural(hidden, "annotation"));
        shown.push(Annotation { title: format!("{hidden} more"), place: None, message });
    }
    for Annotation { title, place, message } in shown {
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
    fn the_first_of_the_plan_are_shown_and_the_tenth_counts_the_others() {
        for (count, last) in
            [(10, "::error title=9::"), (25, "::error title=16 more::16 annotations not shown")]
        {
            let mut first = First::default();
            for n in (0..count).rev() {
                first.add(n, || Annotation { title: n.to_string(), place: None, message: String::new() });
            }
            let mut out = Vec::new();
            write_all(&mut out, "error", Vec::new(), first).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.lines().count(), SHOWN);
            assert!(text.starts_with("::error title=0::"), "{text}");
            assert!(text.lines().last().unwrap().starts_with(last), "{text}");
        }
    }
}
