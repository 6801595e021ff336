//! A page for the summary of a CI job (GitHub's `$GITHUB_STEP_SUMMARY`), or for a comment on a merge request.
//!
//! GitHub drops the whole summary if it is larger than 1 MiB; failures beyond [`ROOM`] are therefore counted, not shown.

use super::comparison::Comparison;
use super::ledger::Ledger;
use super::{Counts, ReportError, Reporter, ReporterSettings, ReporterSpec, Verdict, drawing};
use crate::events::Event;
use crate::model::{Status, Traffic};
use crate::text::{one_line, plural, seconds};
use std::io::Write;

const NAME: &str = "markdown";
/// Bytes of drawn failures; the rest of the page is small beside it.
const ROOM: usize = 800 * 1024;
/// Differences between stacks that are listed.
const MOST_DIFFERENCES: usize = 50;
/// Bytes of suites and cases listed in tables.
const TABLE_ROOM: usize = 100 * 1024;

/// A page of Markdown.
pub(super) const SPEC: ReporterSpec = ReporterSpec {
    name: NAME,
    summary: "a page for the summary of a CI job: table, failures, slowest cases",
    example: "markdown=summary.md",
    default_path: Some("summary.md"),
    make: |settings, out| {
        Box::new(Markdown {
            out,
            settings,
            ledger: Ledger::default(),
            failures: Vec::new(),
            excused: Vec::new(),
        })
    },
};

struct Markdown {
    out: Box<dyn Write + Send>,
    settings: ReporterSettings,
    ledger: Ledger,
    /// Place in the plan, title, drawing.
    failures: Vec<(usize, String, String)>,
    /// Place in the plan, id and reason of what was skipped after a provider call of its own had failed.
    excused: Vec<(usize, String, String)>,
}

impl Reporter for Markdown {
    fn on_event(&mut self, event: &Event) {
        self.ledger.on_event(event);
        if let Event::CaseFinished(case) = event
            && case.outcome.is_failure()
        {
            let drawn = drawing::draw(&drawing::complaints(case), false);
            let on = self.ledger.on_stack(case.suite);
            self.failures.push((case.index, format!("{}{on}", case.id), drawn));
        }
        if let Event::CaseFinished(case) = event
            && case.traffic.notes.iter().any(|note| note == Traffic::SKIPPED_AFTER_FAILURE)
        {
            let reason = case.outcome.reason().unwrap_or_default().to_owned();
            self.excused.push((case.index, case.id.to_string(), reason));
        }
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        self.failures.sort_by_key(|(index, ..)| *index);
        self.excused.sort_by_key(|(index, ..)| *index);
        let differences = differences(&mut self.ledger.comparison);
        let page =
            [self.head(), self.table(), differences, self.details(), self.excused(), self.slowest()].concat();
        let written = self.out.write_all(page.as_bytes()).and_then(|()| self.out.flush());
        written.map_err(ReportError::of(NAME))
    }
}

impl Markdown {
    fn head(&self) -> String {
        let verdict = self.ledger.tally.verdict();
        let sign = if verdict == Verdict::Passed { "✅" } else { "❌" };
        let mut text = format!("## {sign} stack-test: {}\n\n", verdict.name());
        let Some(start) = &self.ledger.start else { return text };
        let taken = self.ledger.taken().unwrap_or_default();
        let total = self.ledger.tally.total().all();
        text.push_str(&format!(
            "{} in {}: {}, {}\n\n",
            plural(total, "case"),
            seconds(self.ledger.duration),
            escape(taken),
            start.mode
        ));
        if let Some(reason) = self.ledger.cut_short() {
            text.push_str(&format!("{}\n\n", escape(&reason)));
        }
        text
    }

    fn table(&self) -> String {
        let Some(start) = &self.ledger.start else { return String::new() };
        let columns = Status::ALL;
        let names = columns.map(Status::name).join(" | ");
        let mut text = format!("| suite | {names} | time |\n|:--|{}--:|\n", "--:|".repeat(columns.len()));
        let row = |name: &str, counts: &Counts| {
            let numbers = columns.map(|status| counts.of(status).to_string()).join(" | ");
            format!("| {} | {numbers} | {} |\n", name, seconds(counts.time))
        };
        for (n, (suite, counts)) in start.suites.iter().zip(self.ledger.tally.suites()).enumerate() {
            if text.len() < TABLE_ROOM {
                let name = format!("{}{}", suite.path, self.ledger.on_stack(n));
                text.push_str(&row(&escape(&name), counts));
            }
        }
        text.push_str(&row("**total**", self.ledger.tally.total()));
        text.push('\n');
        text
    }

    fn details(&self) -> String {
        let errors = self.ledger.errors.iter();
        let errors =
            errors.map(|error| (error.what.as_str(), drawing::draw(std::slice::from_ref(error), false)));
        let cases = self.failures.iter().map(|(_, id, drawn)| (id.as_str(), drawn.clone()));
        let (mut text, mut left_out) = (String::new(), 0);
        for (title, drawn) in errors.chain(cases) {
            let fence = fence(&drawn);
            let summary = format!("<details><summary><code>{}</code></summary>", escape(title));
            let detail = format!("{summary}\n\n{fence}\n{drawn}\n{fence}\n\n</details>\n\n");
            match text.len() + detail.len() <= ROOM {
                true => text.push_str(&detail),
                false => left_out += 1,
            }
        }
        if left_out > 0 {
            text.push_str(&format!(
                "{} not shown here; the log has them all.\n\n",
                plural(left_out, "failure")
            ));
        }
        text
    }

    fn excused(&self) -> String {
        if self.excused.is_empty() {
            return String::new();
        }
        let mut text = format!("{} {}:\n\n", self.excused.len(), Traffic::SKIPPED_AFTER_FAILURE);
        for (_, id, reason) in &self.excused {
            if text.len() < TABLE_ROOM {
                text.push_str(&format!("- <code>{}</code>: {}\n", escape(id), escape(reason)));
            }
        }
        text.push('\n');
        text
    }

    fn slowest(&self) -> String {
        let slowest = self.ledger.tally.slowest(self.settings.durations);
        if slowest.is_empty() {
            return String::new();
        }
        let title = format!("<details><summary>slowest {}</summary>", plural(slowest.len(), "case"));
        let mut text = format!("{title}\n\n| time | case |\n|--:|:--|\n");
        for (duration, id, suite) in slowest {
            if text.len() < TABLE_ROOM {
                text.push_str(&format!(
                    "| {} | <code>{}</code> |\n",
                    seconds(duration),
                    escape(&format!("{id}{}", self.ledger.on_stack(suite)))
                ));
            }
        }
        text.push_str("\n</details>\n");
        text
    }
}

/// In what the stacks differ; empty where there is one.
fn differences(comparison: &mut Comparison) -> String {
    if !comparison.is_wanted() {
        return String::new();
    }
    let mut text = format!(
        "### Differences from {}\n\n{}\n\n",
        escape(comparison.baseline()),
        escape(&comparison.summary())
    );
    let (rows, left_out) = comparison.rows(MOST_DIFFERENCES);
    if rows.is_empty() {
        return text;
    }
    text.push_str(&format!("| case | step | what | {} | stack | there |\n", escape(comparison.baseline())));
    text.push_str("|:--|:--|:--|:--|:--|:--|\n");
    for row in rows {
        let cells =
            [row.case, row.step, row.what, row.baseline, row.stack, row.other].map(|cell| escape(&cell));
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    if left_out > 0 {
        text.push_str(&format!("\nand {left_out} more; the JSON document has them all.\n"));
    }
    text.push('\n');
    text
}

/// A fence that nothing in `text` closes.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(3.max(longest + 1))
}

/// `text` on one line, with what Markdown, its tables or HTML would act upon as character references.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' | '<' | '>' | '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '@' | '#' | '!' => {
                escaped.push_str(&format!("&#{};", u32::from(c)));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_cannot_leave_its_fence_nor_an_id_its_cell() {
        assert_eq!(fence("a ```` b"), "`````");
        assert_eq!(fence("plain"), "```");
        assert_eq!(escape("x|<b>`"), "x&#124;&#60;b&#62;&#96;");
    }
}
