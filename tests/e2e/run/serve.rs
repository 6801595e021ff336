//! `stack-test serve`.

use crate::support::{Project, listens};

fn port(line: &str) -> u16 {
    line.rsplit(':')
        .next()
        .and_then(|port| port.trim().parse().ok())
        .unwrap_or_else(|| panic!("no port in {line}"))
}

#[test]
fn it_says_where_it_serves_and_ends_when_asked() {
    let project = Project::new();
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let server = project.start(["serve", "--port", "0"]);
        let port = port(&server.line("http://127.0.0.1:"));
        assert!(listens(port));
        server.signal(signal);
        server.end().expect(0, &[]);
        assert!(!listens(port));
    }
}

#[test]
fn it_ends_with_its_parent_where_it_is_told_to() {
    let project = Project::new();
    let mut server = project.start(["serve", "starter", "--port", "0", "--until-stdin-closes"]);
    let port = port(&server.line("http://127.0.0.1:"));
    assert!(listens(port));
    server.close_stdin();
    server.end().expect(0, &[]);
    assert!(!listens(port));
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let ended = Project::new().run(["serve", "--port", &port.to_string()]);
    ended.expect(3, &[&format!("port {port} on 127.0.0.1 cannot be had"), "--port"]);
}

#[test]
fn what_cannot_be_served_is_told() {
    let project = Project::new();
    project.run(["serve", "server:starter:1234"]).expect(4, &["is not something to serve"]);
    project.run(["serve", "startre"]).expect(4, &["did you mean `starter`?"]);
    project.run(["serve", "./nowhere.yaml"]).expect(4, &["./nowhere.yaml"]);
}
