//! The document around the cases.

use super::cases;
use crate::events::{Event, RunStart};
use crate::report::ledger::Ledger;
use crate::report::{ReportError, Reporter, ReporterSettings, ReporterSpec, drawing, timestamp};
use crate::text::one_line;
use quick_junit::{Property, Report, TestCase, TestSuite};
use std::collections::HashSet;
use std::io::{self, Write};

/// The suite that holds what belongs to no case.
pub(super) const OWN_SUITE: &str = "stack-test";

/// JUnit with what the usual readers make use of.
pub(in crate::report) const SPEC: ReporterSpec = ReporterSpec {
    name: "junit",
    summary: "JUnit XML for GitHub, GitLab, Buildkite and most others",
    example: "junit=junit.xml",
    default_path: Some("junit.xml"),
    make: |_, out| JUnit::boxed("junit", Dialect::Usual, out),
};

/// JUnit that keeps to a schema.
pub(in crate::report) const STRICT_SPEC: ReporterSpec = ReporterSpec {
    name: "junit-strict",
    summary: "JUnit XML that keeps to the schema of Jenkins' xUnit plugin (junit-10.xsd)",
    example: "junit-strict=junit.xml",
    default_path: Some("junit.xml"),
    make: |_: ReporterSettings, out| JUnit::boxed("junit-strict", Dialect::Strict, out),
};

/// Which attributes and elements are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Also those that only some readers know and the others ignore.
    Usual,
    /// Those of the schema.
    Strict,
}

struct JUnit {
    name: &'static str,
    dialect: Dialect,
    out: Box<dyn Write + Send>,
    ledger: Ledger,
    /// Suite, place in the plan, element.
    cases: Vec<(usize, usize, TestCase)>,
}

impl JUnit {
    fn boxed(name: &'static str, dialect: Dialect, out: Box<dyn Write + Send>) -> Box<dyn Reporter> {
        Box::new(Self { name, dialect, out, ledger: Ledger::default(), cases: Vec::new() })
    }
}

impl Reporter for JUnit {
    fn on_event(&mut self, event: &Event) {
        self.ledger.on_event(event);
        if let Event::CaseFinished(case) = event {
            let element = cases::test_case(case, self.ledger.stack_of(case.suite), self.dialect);
            self.cases.push((case.suite, case.index, element));
        }
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        let report = self.document();
        let text = report.to_string().map_err(io::Error::other).map_err(ReportError::of(self.name))?;
        let text = match self.dialect {
            Dialect::Usual => text,
            Dialect::Strict => without_skipped_of_all(&text),
        };
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        written.map_err(ReportError::of(self.name))
    }
}

impl JUnit {
    fn document(&mut self) -> Report {
        let mut report = Report::new("stack-test");
        report.set_time(self.ledger.duration);
        let mut suites = self.suites();
        self.cases.sort_by_key(|(suite, index, _)| (*suite, *index));
        let mut names = HashSet::new();
        for (suite, _, mut case) in self.cases.drain(..) {
            // Two suites may share a class name (`a/b` and `a.b`), and a reader would drop one of the two cases.
            let class = case.classname.as_deref().unwrap_or_default().to_owned();
            let name = unique(case.name.as_str(), |name| names.insert((class.clone(), name.to_owned())));
            case.name = name.into();
            if let Some(suite) = suites.get_mut(suite) {
                suite.add_test_case(case);
            }
        }
        // A suite all of whose cases were cut off would look like an empty file.
        suites.retain(|suite| suite.tests > 0);
        report.add_test_suites(suites);
        if let Some(own) = self.own_suite() {
            report.add_test_suite(own);
        }
        report
    }

    fn suites(&self) -> Vec<TestSuite> {
        let Some(start) = &self.ledger.start else { return Vec::new() };
        let counts = self.ledger.tally.suites();
        let element = |(info, counts): (&crate::events::SuiteInfo, &crate::report::Counts)| {
            let stack = start.stacks.get(info.stack);
            let name = cases::on_stack(&info.path, stack.map(|stack| stack.name.as_str()));
            let mut suite = TestSuite::new(&*one_line(&name));
            suite.set_time(counts.time);
            suite.extra.insert("file".into(), one_line(&info.file.to_string_lossy()).into());
            suite.extra.extend(timestamp::rfc3339(start.started).map(|at| ("timestamp".into(), at.into())));
            suite.add_properties(self.properties(start, info.stack));
            suite
        };
        start.suites.iter().zip(counts).map(element).collect()
    }

    fn properties(&self, start: &RunStart, number: usize) -> Vec<Property> {
        let stack = self.ledger.ready.get(&number);
        let one = start.stacks.get(number);
        [
            ("stack.name", one.map(|one| one.name.as_str())),
            ("stack-config", Some(one.map_or(&*start.stack_config, |one| &one.stack_config))),
            ("stack", stack.map(|stack| stack.taken.as_str())),
            ("stack.url", stack.map(|stack| stack.url.as_str())),
            ("stack.version", stack.and_then(|stack| stack.version.as_deref())),
            ("mode", Some(one.map_or(start.mode, |one| one.mode).name())),
            ("setup", start.setup.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(Property::new(name, &*one_line(value?))))
        .collect()
    }

    /// The errors of the run, and that it was cut short. Cases that did not run are not listed: nothing is known of them.
    fn own_suite(&self) -> Option<TestSuite> {
        let mut suite = TestSuite::new(OWN_SUITE);
        let mut names = HashSet::new();
        for error in &self.ledger.errors {
            let name = unique(&one_line(&error.one_line()), |name| names.insert(name.to_owned()));
            suite.add_test_case(cases::error(error, name));
        }
        if let (Some(reason), 1..) = (self.ledger.cut_short(), self.ledger.tally.not_run()) {
            suite.add_test_case(cases::remark("all selected cases were run", &reason));
        }
        let misses = drawing::misses(self.ledger.session_misses());
        if !misses.is_empty() {
            suite.set_system_out(drawing::draw(&misses, false));
        }
        (suite.tests > 0 || suite.system_out.is_some()).then_some(suite)
    }
}

/// `name`, numbered if it is not new.
fn unique(name: &str, mut is_new: impl FnMut(&str) -> bool) -> String {
    let mut candidate = name.to_owned();
    for n in 2.. {
        if is_new(&candidate) {
            break;
        }
        candidate = format!("{name} ({n})");
    }
    candidate
}

/// The schema has no `skipped` on the root element, which the serializer always writes.
fn without_skipped_of_all(xml: &str) -> String {
    let Some((head, rest)) = xml.split_once("<testsuites ") else { return xml.to_owned() };
    let Some((attributes, rest)) = rest.split_once('>') else { return xml.to_owned() };
    let kept: String = match attributes.split_once(" skipped=\"") {
        Some((before, after)) => {
            let after = after.split_once('"').map_or("", |(_, after)| after);
            format!("{before}{after}")
        }
        None => attributes.to_owned(),
    };
    format!("{head}<testsuites {kept}>{rest}")
}
