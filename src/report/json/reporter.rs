//! Writing the document.

use super::document::{Calls, Case, Compared, Problem, Stack, Suite, Summary, seconds};
use crate::events::Event;
use crate::report::ledger::Ledger;
use crate::report::{ReportError, Reporter, ReporterSpec, timestamp};
use serde::Serialize;
use std::io::{self, Write};

const NAME: &str = "json";
/// The version of the document.
const VERSION: u32 = 1;

/// JSON for scripts.
pub(in crate::report) const SPEC: ReporterSpec = ReporterSpec {
    name: NAME,
    summary: "one JSON document with everything that is known of the run, for scripts",
    example: "json=stack-test.json",
    default_path: Some("stack-test.json"),
    make: |_, out| Box::new(Json { out, ledger: Ledger::default(), cases: Vec::new(), error: None }),
};

struct Json {
    out: Box<dyn Write + Send>,
    ledger: Ledger,
    /// Place in the plan, and the case as it will be written.
    cases: Vec<(usize, String)>,
    error: Option<io::Error>,
}

impl Reporter for Json {
    fn on_event(&mut self, event: &Event) {
        self.ledger.on_event(event);
        if let Event::CaseFinished(case) = event {
            match serde_json::to_string(&Case::new(case, self.ledger.stack_of(case.suite))) {
                Ok(text) => self.cases.push((case.index, text)),
                Err(error) => self.error = Some(error.into()),
            }
        }
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        let written = match self.error.take() {
            Some(error) => Err(error),
            None => self.write(),
        };
        written.map_err(ReportError::of(NAME))
    }
}

impl Json {
    fn write(&mut self) -> io::Result<()> {
        let Self { out, ledger, cases, .. } = self;
        let start = ledger.start.as_ref();
        let tally = &ledger.tally;
        write!(out, "{{\n\"version\": {VERSION}")?;
        field(out, "tool", &concat!("stack-test ", env!("CARGO_PKG_VERSION")))?;
        field(out, "verdict", &tally.verdict().name())?;
        field(out, "started", &start.and_then(|start| timestamp::rfc3339(start.started)))?;
        field(out, "seconds", &seconds(ledger.duration))?;
        field(out, "stack_config", &start.map(|start| &start.stack_config))?;
        field(out, "stack", &ledger.stack.as_ref().map(Stack::new))?;
        if let Some(start) = start.filter(|start| !start.stacks.is_empty()) {
            let stacks =
                start.stacks.iter().enumerate().map(|(n, one)| Compared::new(one, ledger.ready.get(&n)));
            field(out, "stacks", &stacks.collect::<Vec<_>>())?;
            field(out, "on_difference", &start.on_difference.name())?;
        }
        field(out, "mode", &start.map(|start| start.mode.name()))?;
        field(out, "setup", &start.and_then(|start| start.setup.as_ref()))?;
        field(out, "counts", &Summary::new(tally.total()))?;
        field(out, "not_run", &tally.not_run())?;
        field(out, "deselected", &start.map_or(0, |start| start.deselected))?;
        field(out, "stopped_early", &ledger.stopped_early)?;
        field(out, "calls_outside_cases", &Calls::new(&ledger.session))?;
        field(out, "notices", &ledger.notices)?;
        lines(out, "errors", ledger.errors.iter().map(|error| serde_json::to_string(&Problem::new(error))))?;
        let suites = start.into_iter().flat_map(|start| &start.suites).zip(tally.suites());
        let suites = suites.enumerate().map(|(n, (suite, counts))| {
            serde_json::to_string(&Suite::new(suite, ledger.stack_of(n), counts))
        });
        lines(out, "suites", suites)?;
        cases.sort_by_key(|(index, _)| *index);
        lines(out, "cases", cases.drain(..).map(|(_, text)| Ok(text)))?;
        out.write_all(b"\n}\n")?;
        out.flush()
    }
}

fn field(out: &mut dyn Write, name: &str, value: &impl Serialize) -> io::Result<()> {
    write!(out, ",\n\"{name}\": {}", serde_json::to_string(value)?)
}

fn lines(
    out: &mut dyn Write,
    name: &str,
    items: impl Iterator<Item = serde_json::Result<String>>,
) -> io::Result<()> {
    write!(out, ",\n\"{name}\": [")?;
    for (n, item) in items.enumerate() {
        write!(out, "{}\n{}", if n > 0 { "," } else { "" }, item?)?;
    }
    write!(out, "\n]")
}
