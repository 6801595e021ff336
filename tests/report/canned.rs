//! A run in which everything happens that can happen to a case, and what is expected of it.

use stack_test::events::{
    Attempt, CaseReport, CaseStart, Event, RunEnd, RunStart, StackInfo, StackStart, SuiteInfo,
};
use stack_test::model::{
    Aspect, CaseId, Change, Decided, Difference, InferenceMode, Mend, Miss, MissClass, NearestRecording,
    OnDifference, Outcome, StackDifference, Traffic,
};
use stack_test::source::{Diagnostic, Origin, SourceFile, Span};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Id, word on the console, element in JUnit, status in JSON.
type Expected = (&'static str, &'static str, &'static str, &'static str);

/// The one model that all reports are checked against.
pub(crate) const EXPECTED: [Expected; 10] = [
    ("inference/chat::non_streaming[txt=tiny/chat-saturn]", "PASS", "", "passed"),
    ("inference/chat::streaming[txt=tiny/chat]", "FAIL", "failure", "failed"),
    ("inference/chat::tools", "XFAIL", "skipped", "xfailed"),
    ("inference/chat::mended", "XPASS", "failure", "xpassed"),
    ("inference/chat::moody", "XPASS", "", "xpassed"),
    ("batches/batches::e2e", "FLAKY", "flakyFailure", "passed"),
    ("batches/batches::cancel", "FAIL", "failure", "failed"),
    ("batches/batches::lost", "ERROR", "error", "error"),
    ("batches/batches::expired", "SKIP", "skipped", "skipped"),
    ("batches/batches::unrecorded", "FAIL", "failure", "failed"),
];

const CHAT: &str = "about: Chat completions
cases:
  - name: non_streaming
    steps:
      - post: /v1/chat/completions
        expect: { status: 200, $.object: chat.completion }
  - name: streaming
    steps:
      - post: /v1/chat/completions
        expect:
          status: 200
          $.usage.total_tokens: { gt: 0 }
  - name: tools
  - name: mended
  - name: moody
";

const BATCHES: &str = "about: Batch processing
cases:
  - name: e2e
  - name: cancel
  - name: lost
  - name: expired
  - name: unrecorded
    steps:
      - post: /v1/batches
        expect: { status: 200 }
";

pub(crate) fn place(file: &Arc<SourceFile>, text: &str) -> Origin {
    let start = file.text().find(text).unwrap();
    Origin { file: Arc::clone(file), span: Span { start, end: start + text.len() } }
}

/// The `name` of a case.
fn named(file: &Arc<SourceFile>, name: &str) -> Origin {
    after(file, "- name: ", &format!("{name}\n"))
}

/// `text` where it stands after `before`.
fn after(file: &Arc<SourceFile>, before: &str, text: &str) -> Origin {
    let start = file.text().find(&format!("{before}{text}")).unwrap() + before.len();
    Origin { file: Arc::clone(file), span: Span { start, end: start + text.trim_end().len() } }
}

pub(crate) fn start(stack_config: &str, suites: &[(&str, &str)], cases: usize) -> Event {
    let info = |(path, about): &(&str, &str)| SuiteInfo {
        stack: 0,
        path: (*path).to_owned(),
        file: PathBuf::from(format!("suites/{path}.yaml")),
        about: Some((*about).to_owned()),
    };
    Event::RunStarted(RunStart {
        stack_config: stack_config.to_owned(),
        mode: InferenceMode::Replay,
        stacks: Vec::new(),
        on_difference: OnDifference::Report,
        setup: Some("tiny".to_owned()),
        suites: suites.iter().map(info).collect(),
        cases,
        deselected: 3,
        started: SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_225_600_123),
    })
}

pub(crate) fn case(index: usize, suite: usize, id: &str, origin: Origin, outcome: Outcome) -> CaseReport {
    CaseReport {
        index,
        id: CaseId::parse(id).unwrap(),
        suite,
        origin,
        steps: Vec::new(),
        outcome,
        duration: Duration::from_millis(12 + 100 * index as u64),
        failures: Vec::new(),
        earlier: Vec::new(),
        traffic: Traffic::default(),
        differences: None,
    }
}

fn replayed(decided: Decided) -> Traffic {
    Traffic { replayed: 1, decided: Some(decided), ..Traffic::default() }
}

fn cases() -> Vec<CaseReport> {
    let chat = SourceFile::new("suites/inference/chat.yaml", CHAT);
    let batches = SourceFile::new("suites/batches/batches.yaml", BATCHES);
    let outcomes = [
        Outcome::Passed,
        Outcome::Failed,
        Outcome::XFailed { reason: "the model has no tools".to_owned() },
        Outcome::XPassed { reason: "upstream bug 12".to_owned(), strict: true },
        Outcome::XPassed { reason: "depends on the model".to_owned(), strict: false },
        Outcome::Passed,
        Outcome::Failed,
        Outcome::Error,
        Outcome::Skipped { reason: "the batch expired".to_owned() },
        Outcome::Failed,
    ];
    let build = |(index, (outcome, (id, ..))): (usize, (Outcome, &Expected))| {
        let name = id.split_once("::").unwrap().1.split('[').next().unwrap();
        let file = if index < 5 { &chat } else { &batches };
        case(index, usize::from(index >= 5), id, named(file, name), outcome)
    };
    let mut cases: Vec<_> = outcomes.into_iter().zip(&EXPECTED).enumerate().map(build).collect();
    cases[0].traffic = replayed(Decided::Baggage);
    cases[1].failures = vec![
        Diagnostic::at(after(&chat, "expect:\n          ", "status: 200"), "the status differs")
            .compared("200", "503")
            .note("the answer was\n{\"error\": {\"message\": \"overloaded\"}}"),
        Diagnostic::at(place(&chat, "$.usage.total_tokens"), "the path finds nothing").hint("ask for usage"),
    ];
    cases[2].failures = vec![Diagnostic::new("the answer calls no tool")];
    let attempt = |what: &str| Attempt {
        duration: Duration::from_millis(7),
        failures: vec![Diagnostic::new(what).compared("completed", "failed")],
    };
    cases[5].earlier = vec![attempt("the batch failed")];
    cases[6].earlier = vec![attempt("the batch could not be cancelled")];
    cases[6].failures = vec![Diagnostic::new("the batch was cancelled too late")];
    cases[7].failures = vec![Diagnostic::new("the connection broke").note("connection reset by peer")];
    cases[8].duration = Duration::ZERO;
    cases[9].failures =
        vec![Diagnostic::at(place(&batches, "status: 200"), "the status differs").compared("200", "502")];
    cases[9].steps = vec![place(&batches, "post: /v1/batches")];
    cases[9].traffic = Traffic { misses: vec![explained()], unused: 1, ..replayed(Decided::Content) };
    cases
}

fn miss() -> Miss {
    Miss {
        provider: "openai".to_owned(),
        method: "POST".to_owned(),
        path: "/v1/chat/completions".to_owned(),
        summary: "gpt-4o: Say hello".to_owned(),
        explanation: "the call belongs to no case, and there is no recording of calls outside cases"
            .to_owned(),
        mends: vec![Mend::Command("stack-test record --setup tiny".to_owned())],
        ..Miss::default()
    }
}

fn explained() -> Miss {
    let case = CaseId::new("batches/batches", "unrecorded");
    let text = |text: &str| text.to_owned();
    let differences = vec![
        Difference {
            at: text("/messages/1/content"),
            change: Change::Changed {
                recorded: text("…\"Today is 2025-06-01. Say hello\""),
                now: text("…\"Today is 2026-01-01. Say hello, and mind your manners\"…"),
                from: Some(210),
            },
            volatile: None,
        },
        Difference {
            at: text("/messages/2"),
            change: Change::Removed(text("{\"role\":\"user\"}")),
            volatile: None,
        },
        Difference {
            at: text("/metadata/request_id"),
            change: Change::Changed { recorded: text("\"r-1\""), now: text("\"r-2\""), from: None },
            volatile: Some("id"),
        },
        Difference { at: text("/seed"), change: Change::Added(text("7")), volatile: None },
    ];
    Miss {
        case: Some(case.clone()),
        step: Some(text("1")),
        place: Some(text("suites/batches/batches.yaml:9:9")),
        class: MissClass::PromptChanged,
        explanation: MissClass::PromptChanged.about().to_owned(),
        nearest: Some(NearestRecording {
            case: Some(case),
            own: true,
            call: 2,
            calls: 3,
            differences,
            left_out: 1,
        }),
        mends: vec![
            Mend::Rule(text("match:\n  - ignore: /metadata/request_id")),
            Mend::Command(text("stack-test record --setup tiny 'batches/batches::unrecorded'")),
        ],
        ..miss()
    }
}

pub(crate) fn ready() -> Event {
    Event::StackReady(StackInfo {
        stack: 0,
        copies: 1,
        taken: "embedded stack, in process".to_owned(),
        reused: false,
        url: "http://127.0.0.1:8321".to_owned(),
        version: Some("0.1.0".to_owned()),
        log: Some(PathBuf::from("target/stack-test/1/server.log")),
        ready_after: Duration::from_millis(41),
    })
}

pub(crate) fn end(stopped_early: Option<&str>, errors: Vec<Diagnostic>) -> Event {
    Event::RunEnded(RunEnd {
        unproven: Vec::new(),
        duration: Duration::from_millis(65_432),
        session: Traffic { replayed: 1, misses: vec![miss()], ..Traffic::default() },
        stopped_early: stopped_early.map(str::to_owned),
        errors,
    })
}

/// The whole run. The cases end in another order than that of the plan.
pub(crate) fn events() -> Vec<Event> {
    let suites = [("inference/chat", "Chat completions"), ("batches/batches", "Batch processing")];
    let mut events = vec![start("starter", &suites, EXPECTED.len()), ready()];
    let cases = cases();
    events.extend(
        cases.iter().map(|case| Event::CaseStarted(CaseStart { index: case.index, id: case.id.clone() })),
    );
    let order = [3, 1, 0, 2, 9, 8, 7, 5, 6, 4];
    events.extend(order.into_iter().map(|n: usize| Event::CaseFinished(Box::new(cases[n].clone()))));
    events.push(Event::Notice("the stack was reused".to_owned()));
    events.push(end(
        None,
        vec![Diagnostic::new("the recordings of one case could not be written").hint("make room")],
    ));
    events
}

/// The first cases against two stacks, the second of which is another's and differs.
pub(crate) fn of_two_stacks() -> Vec<Event> {
    let chat = SourceFile::new("suites/inference/chat.yaml", CHAT);
    let mode = |stack: usize| if stack == 0 { InferenceMode::Replay } else { InferenceMode::Live };
    let one = |stack: usize, name: &str, config: &str| StackStart {
        name: name.to_owned(),
        stack_config: config.to_owned(),
        mode: mode(stack),
        cases: 2,
    };
    let Event::RunStarted(begun) = start("starter, localhost:8000", &[("inference/chat", "Chat")], 4) else {
        unreachable!("a start is a start")
    };
    let suite = |stack| SuiteInfo { stack, ..begun.suites[0].clone() };
    let begun = RunStart {
        stacks: vec![one(0, "starter", "starter"), one(1, "localhost:8000", "http://localhost:8000")],
        suites: vec![suite(0), suite(1)],
        ..begun.clone()
    };
    let difference = |aspect, at: Option<&str>, baseline: &str, other: &str| StackDifference {
        aspect,
        step: Some("1 POST /v1/chat/completions".to_owned()),
        at: at.map(str::to_owned),
        baseline: baseline.to_owned(),
        other: other.to_owned(),
    };
    let ready = |stack| match ready() {
        Event::StackReady(info) => Event::StackReady(StackInfo { stack, copies: 1, ..info }),
        other => other,
    };
    let ended = |index: usize, differences| {
        let names = ["non_streaming", "streaming"];
        let name = names[index % 2];
        let mut case =
            case(index, index / 2, &format!("inference/chat::{name}"), named(&chat, name), Outcome::Passed);
        case.differences = differences;
        Event::CaseFinished(Box::new(case))
    };
    vec![
        Event::RunStarted(begun),
        ready(0),
        ended(1, None),
        ended(0, None),
        ready(1),
        ended(2, Some(Vec::new())),
        ended(
            3,
            Some(vec![
                difference(Aspect::Status, None, "200", "201"),
                difference(Aspect::Shape, Some("$.usage"), "object", "absent"),
                difference(Aspect::Text, None, "Saturn has\nrings", "Saturn | has moons"),
            ]),
        ),
        end(None, Vec::new()),
    ]
}
