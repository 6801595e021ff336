//! A command that runs one test, or all of them, and is not spoken with.

use super::junit::{self, Report, Unwell};
use super::message::{Ended, Finished};
use super::{Error, Tool, Workshop};
use crate::process::Child;
use crate::text::plural;
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long such a command may take to end once it is asked to.
const GRACE: Duration = Duration::from_secs(2);
/// Failed tests that are named in one line.
const NAMED: usize = 3;

/// A command that runs. It is killed with its group when it is dropped.
pub struct Single {
    child: Child,
    junit: Option<PathBuf>,
}

impl Single {
    /// Starts the command of `tool`. What it asks of the stack must carry the header `baggage`; its report is read from
    /// `junit`, if it was told to write one.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(
        tool: &Tool,
        workshop: &Workshop,
        baggage: &str,
        junit: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let mut launch = tool.launch(workshop)?;
        launch.env.push(("STACK_TEST_BAGGAGE".to_owned(), baggage.to_owned()));
        let child = Child::spawn(&launch, workshop.log(&tool.suite, None), GRACE)?;
        Ok(Self { child, junit })
    }

    /// Waits for its end, and says how the test went. May be dropped and called again.
    pub async fn finished(&self) -> Finished {
        let how = self.child.wait().await;
        let judged = match &self.junit {
            None if how == Child::WELL => Finished { outcome: Ended::Passed, ..Finished::default() },
            None => failed(how),
            Some(path) => match report(path) {
                Ok(report) => judge(&report, &how),
                Err(problem) => Finished {
                    detail: Some(format!("the command ended: {how}")),
                    ..failed(format!("its JUnit report cannot be read: {problem}"))
                },
            },
        };
        let passed = judged.outcome == Ended::Passed;
        let said = (!passed).then(|| self.tail().join("\n")).filter(|said| !said.is_empty());
        let mut finished = Finished { stdout: said, ..judged };
        finished.cut();
        finished
    }

    /// The last lines of its log.
    pub fn tail(&self) -> Vec<String> {
        self.child.log().tail()
    }
}

fn failed(message: String) -> Finished {
    Finished { outcome: Ended::Failed, message: Some(message), ..Finished::default() }
}

#[expect(clippy::disallowed_methods, reason = "reads the report that a process of ours has written")]
fn report(path: &Path) -> Result<Report, String> {
    let mut xml = String::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(junit::LARGEST).read_to_string(&mut xml).map_err(|error| error.to_string())?;
    junit::read(&xml)
}

/// What report and end say together: it went well only if both say so.
fn judge(report: &Report, how: &str) -> Finished {
    let well = how == Child::WELL;
    if report.failed.is_empty() {
        if !well {
            let tests = plural(report.tests, "test");
            return failed(format!("{how}, though none of the {tests} in its JUnit report failed"));
        }
        if report.tests == 0 {
            return failed("its JUnit report has no test".to_owned());
        }
        if report.skipped.len() >= report.tests {
            let reason = report.skipped.first().map(|skipped| skipped.message.clone());
            return Finished { outcome: Ended::Skipped, reason, ..Finished::default() };
        }
        return Finished { outcome: Ended::Passed, ..Finished::default() };
    }
    let names: Vec<&str> = report.failed.iter().take(NAMED).map(|failed| failed.name.as_str()).collect();
    let more = if report.failed.len() > NAMED { ", …" } else { "" };
    let count = format!("{} of {}", report.failed.len(), plural(report.tests, "test"));
    let mut detail = String::new();
    for Unwell { name, message, text } in &report.failed {
        let text = if text.contains(message.as_str()) { text.clone() } else { format!("{message}\n{text}") };
        let _infallible = writeln!(detail, "{name}:\n{}\n", text.trim_end());
    }
    if well {
        detail.push_str("the command itself ended as if all had passed\n");
    }
    let message = match report.failed.as_slice() {
        [one] if report.tests == 1 => one.message.clone(),
        _ => format!("{count} failed: {}{more}", names.join(", ")),
    };
    Finished { detail: Some(detail), ..failed(message) }
}
