//! `stack-test gateway`: whose answers are given, by which rules, by which way, and what is kept of what was recorded.

use crate::standalone::{Gateway, Got, NOWHERE, ask, echo, question};
use crate::support::{Project, Server, completion};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

fn content(got: &Got) -> String {
    got.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
}

/// Asks without saying on whose behalf.
fn unnamed(gateway: &Gateway, words: &str) -> Got {
    ask("POST", &format!("{}/chat/completions", gateway.mine), "", &question(words))
}

#[test]
fn a_client_that_names_no_case_gets_what_is_recorded_of_any() {
    let (project, provider) = (Project::new(), echo());
    let recorded = Gateway::start(&project, &provider.url(), &["--mode", "record"]);
    recorded.chat("one", "hello");
    recorded.chat("one", "bye");
    recorded.chat("a/b::two", "thanks");
    recorded.terminate().expect(0, &["3 recorded"]);

    let replayed = Gateway::start(&project, NOWHERE, &[]);
    assert_eq!(replayed.get("status")["cases"], 0, "what is only read has not begun");
    assert_eq!(content(&unnamed(&replayed, "hello")), "hello 0");
    let cases = replayed.get("cases");
    assert_eq!(
        (&cases["cases"][1]["case"], &cases["cases"][1]["decided"]),
        (&json!("gateway::one"), &json!("content"))
    );
    assert_eq!(replayed.get("unused")["cases"][0]["calls"][0]["call"], 2);
    assert_eq!(unnamed(&replayed, "hello").status, 418, "it is recorded once");
    assert_eq!(replayed.post("reset", &json!({})).status, 200);
    assert_eq!(content(&unnamed(&replayed, "hello")), "hello 0");
    // Whoever names the case begins it anew; what was counted stays counted.
    assert_eq!(content(&replayed.chat("one", "hello")), "hello 0");
    assert_eq!(content(&replayed.chat("one", "bye")), "bye 1");
    assert_eq!(replayed.get("status")["replayed"], 4);
    let told = replayed.terminate();
    told.expect(1, &["4 replayed, 1 miss", "1 case"]).expect_not("unused");
}

#[test]
fn a_set_that_cannot_be_read_is_told_at_once() {
    let project = Project::new();
    project.file("recordings/default/gateway/one.json", "{");
    let provider = format!("mine={NOWHERE}/v1");
    project.run(["gateway", "--port", "0", "--provider", &provider]).expect(3, &["one.json"]);
}

#[test]
fn the_project_s_rules_are_in_force() {
    let (project, provider) = (Project::new(), echo());
    let rule = "match: [{ mask: 'at [0-9]+', name: time, provider: mine }]\n";
    project.file("stack-test.yaml", rule);
    let recorded = Gateway::start(&project, &provider.url(), &["--mode", "record"]);
    recorded.chat("one", "at 10");
    recorded.terminate().expect(0, &[]);
    let replayed = Gateway::start(&project, NOWHERE, &[]);
    assert_eq!(content(&replayed.chat("one", "at 11")), "at 10 0");
    replayed.terminate().expect(0, &["1 replayed"]).expect_not("there is no provider");
    project.file("stack-test.yaml", rule.replace("mine", "mien"));
    let replayed = Gateway::start(&project, NOWHERE, &[]);
    assert_eq!(replayed.chat("one", "at 11").status, 418);
    replayed.terminate().expect(1, &["no provider `mien`", "did you mean `mine`?"]);
}

#[test]
fn it_is_the_proxy_where_a_provider_has_hosts() {
    let project = Project::new();
    project.file(
        "stack-test.yaml",
        "providers:\n  fixed:\n    upstream: https://api.fake.invalid/v1\n    hosts: [api.fake.invalid]\n",
    );
    let script = "test -s \"$SSL_CERT_FILE\" && echo \"proxy $HTTPS_PROXY\"; read x";
    let mut run =
        project.start(["gateway", "--provider", "fixed", "--egress", "deny", "--", "sh", "-c", script]);
    let line = run.line("proxy ");
    let address = line.trim_start_matches("proxy http://").trim_end_matches('/');
    let connect = |host: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "CONNECT {host} HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        String::from_utf8_lossy(&head).into_owned()
    };
    assert_eq!(connect("api.fake.invalid:443"), "HTTP/1.1 200");
    assert_ne!(connect("other.invalid:443"), "HTTP/1.1 200");
    run.close_stdin();
    run.end().expect(1, &["other.invalid:443"]);
    assert_eq!(project.files("target"), Vec::<String>::new(), "its certificates are of no use any more");
}

/// A command that asks `$MINE_BASE_URL` for what it is given, on behalf of the case `one`; it needs nothing but bash.
const CLIENT: &str = r#"
    url=${MINE_BASE_URL#http://}; host=${url%%/*}
    body="{\"model\": \"fake\", \"messages\": [{\"role\": \"user\", \"content\": \"$1\"}]}"
    exec 3<>/dev/tcp/${host%:*}/${host#*:}
    printf 'POST /%s/chat/completions HTTP/1.1\r\nhost: x\r\nx-test-id: one\r\ncontent-length: %s\r\nconnection: close\r\n\r\n%s' \
        "${url#*/}" "${#body}" "$body" >&3
    answer=$(cat <&3); case $answer in *' 200 OK'*) echo answered ;; *) echo refused; exit 7 ;; esac
"#;

#[test]
fn what_is_recorded_of_a_command_is_kept_if_the_command_passes_on_it() {
    let project = Project::new();
    let provider = Server::new(|_, reply| reply.json(200, &completion("hi")));
    let typed = format!("mine={}/v1", provider.url());
    let record = |words: &str, more: &[&str]| {
        let script = CLIENT.replace("$1", words);
        let usual = ["gateway", "--mode", "record", "--case-header", "x-test-id", "--provider", &typed];
        let command = ["--", "bash", "-c", &script];
        project.run(usual.into_iter().chain(more.iter().copied()).chain(command))
    };
    let file = "recordings/default/gateway/one.json";
    let told = record("hello", &[]);
    told.expect(0, &["proving 1 new set", "proven: 1 set written, 0 unchanged, 0 left aside"]);
    assert_eq!(told.stdout.matches("answered").count(), 3);
    assert_eq!(provider.asks().len(), 1, "a proof asks nobody");
    let before = project.read(file);
    assert!(before.contains("hello"), "{before}");
    assert_eq!(project.files("target"), Vec::<String>::new());

    let told = record("it is $$ now", &[]);
    told.expect(
        1,
        &[
            "the new recording of `gateway::one` does not replay",
            "the first time",
            "/messages/0/content differs",
        ],
    );
    assert_eq!(project.read(file), before);
    let aside = project.files("target/stack-test");
    assert!(aside.iter().any(|file| file.ends_with("recorded/default/gateway/one.json")), "{aside:?}");
    told.expect(1, &[&aside[0]]);

    let told = record("it is $$ now", &["--no-proof"]);
    told.expect(0, &["1 recorded"]).expect_not("proving");
    assert_ne!(project.read(file), before);
}
