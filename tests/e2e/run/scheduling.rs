//! Cases side by side.

use crate::support::{Gate, Project, Server};
use std::fmt::Write as _;
use std::sync::Arc;

fn suite(count: usize) -> String {
    let mut text = "cases:\n".to_owned();
    for n in 0..count {
        let _ = write!(
            text,
            "  - name: case_{n:02}\n    steps: [{{ get: /{n:02}, expect: {{ status: 200 }} }}]\n"
        );
    }
    text
}

#[test]
fn results_come_in_the_order_of_the_files_whatever_ended_first() {
    let last = Arc::new(Gate::default());
    let first = Arc::clone(&last);
    // The first request is answered only when the last one has come.
    let server = Server::stack(move |ask, reply| {
        match ask.path.as_str() {
            "/00" => drop(first.pass()),
            "/07" => first.open(),
            _ => {}
        }
        reply.json(200, "{}");
    });
    let project = Project::with(&suite(8));
    let ended = project.run(["run", "a", "--stack-config", &server.url(), "--report", "junit=j.xml"]);
    ended.expect(0, &[]);
    let ids: Vec<String> = ended.cases().into_iter().map(|(_, id)| id).collect();
    let expected: Vec<String> = (0..8).map(|n| format!("a::case_{n:02}")).collect();
    assert_eq!(ids, expected);
    let report = project.junit("j.xml");
    let names: Vec<String> =
        report.test_suites[0].test_cases.iter().map(|case| case.name.as_str().to_owned()).collect();
    assert_eq!(names, (0..8).map(|n| format!("case_{n:02}")).collect::<Vec<_>>());
}

#[test]
fn sixty_four_are_in_flight_and_no_more() {
    let all = Arc::new(Gate::default());
    let gate = Arc::clone(&all);
    let server = Server::stack(move |_, reply| {
        let passed = gate.pass();
        reply.json(if passed { 200 } else { 500 }, "{}");
    });
    let project = Project::with(&suite(70));
    let running = project.start(["run", "a", "--stack-config", &server.url()]);
    all.arrived(64);
    all.open();
    running.end().expect(0, &["70 cases: 70 passed"]);
    assert_eq!(server.most_at_once(), 64);
}

#[test]
fn one_job_is_one_at_a_time() {
    let server = Server::stack(|_, reply| reply.json(200, "{}"));
    let project = Project::with(&suite(12));
    project.run(["run", "a", "--stack-config", &server.url(), "-j", "1"]).expect(0, &[]);
    assert_eq!(server.most_at_once(), 1);
    let expected: Vec<String> = (0..12).map(|n| format!("GET /{n:02}")).collect();
    assert_eq!(server.lines(), expected);
}

#[test]
fn cases_with_the_same_lock_never_overlap() {
    let mut text = "cases:\n".to_owned();
    for n in 0..6 {
        let _ = write!(
            text,
            "  - name: locked_{n}\n    locks: [gpu]\n    steps: [{{ get: /a, expect: {{ status: 200 }} }}, {{ get: /b }}]\n"
        );
    }
    text.push_str("  - name: free\n    steps: [{ get: /free, expect: { status: 200 } }]\n");
    // The first locked case is held until the free one, behind all of them, has come: locks do not hold up others.
    let gate = Arc::new(Gate::default());
    let inside = std::sync::Mutex::new(Vec::new());
    let free = Arc::clone(&gate);
    let server = Server::stack(move |ask, reply| {
        if ask.path == "/free" {
            free.open();
            return reply.json(200, "{}");
        }
        // The case, without the step.
        let baggage = ask.header("baggage").unwrap_or_default();
        let case = baggage.split(',').next().unwrap_or_default().to_owned();
        let mut inside = inside.lock().unwrap();
        let alone = match ask.path.as_str() {
            "/a" => {
                inside.push(case);
                inside.len() == 1
            }
            _ => inside.pop() == Some(case),
        };
        drop(inside);
        let ok = free.pass() && alone;
        reply.json(if ok { 200 } else { 500 }, "{}");
    });
    let project = Project::with(&text.replace("{ get: /b }", "{ get: /b, expect: { status: 200 } }"));
    project.run(["run", "a", "--stack-config", &server.url()]).expect(0, &["7 cases: 7 passed"]);
}
