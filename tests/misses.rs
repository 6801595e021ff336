//! A call that no recording answers, and what is said about it.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a test may")]

use stack_test::model::{CaseId, Mend, Miss, MissClass};
use stack_test::recording::{MissedCall, Owner, Set, explain};
use stack_test::wire::message::{Body, End, Exchange, Request, Response};

const CHAT: &str = r#"{"model":"tiny","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"On 2025-01-02, which planet has rings?"}],"temperature":0,"metadata":{"request_id":"r1"}}"#;

fn request(body: &str) -> Request {
    Request {
        provider: "llm".into(),
        method: "POST".into(),
        path: "/v1/chat/completions".into(),
        query: String::new(),
        content_type: None,
        body: bytes::Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn owner(name: &str) -> Owner {
    Owner::Case(CaseId::new("inference/chat", name))
}

fn set(owner: Owner, bodies: &[&str]) -> Set {
    let exchanges = bodies.iter().flat_map(|body| set_of(owner.clone(), request(body)).exchanges).collect();
    Set { owner, exchanges }
}

fn set_of(owner: Owner, request: Request) -> Set {
    let response = Response { head: None, body: Body::Whole(bytes::Bytes::new()), end: End::Refused };
    Set { owner, exchanges: vec![Exchange { request, response }] }
}

fn question(request: Request) -> MissedCall {
    MissedCall {
        request,
        owner: owner("x"),
        step: Some("2".into()),
        setup: "tiny".into(),
        command: None,
        recorded: 0,
        given: [].into(),
        other_ids: None,
    }
}

/// What is said about `body`, where the case has recorded `recorded`.
fn missed(recorded: &[&str], body: &str) -> Miss {
    explain(&question(request(body)), Some(&set(owner("x"), recorded)), &[], &|request| request)
}

/// What is said where `CHAT` is recorded and this replacement was made in it.
fn changed(from: &str, to: &str) -> Miss {
    assert!(CHAT.contains(from));
    missed(&[CHAT], &CHAT.replace(from, to))
}

fn rule(miss: &Miss) -> Option<&str> {
    miss.mends.iter().find(|mend| matches!(mend, Mend::Rule(_))).map(Mend::text)
}

#[test]
fn each_change_has_its_class() {
    for (from, to, class, at) in [
        ("2025-01-02", "2026-01-01", MissClass::Volatile, "/messages/1/content"),
        (r#""r1""#, r#""r2""#, MissClass::Volatile, "/metadata/request_id"),
        (r#""tiny""#, r#""large""#, MissClass::OtherModel, "/model"),
        ("planet has rings", "planet has moons", MissClass::PromptChanged, "/messages/1/content"),
        (r#""temperature":0"#, r#""temperature":0,"seed":7"#, MissClass::ParameterAdded, "/seed"),
        (r#""temperature":0,"#, "", MissClass::ParameterRemoved, "/temperature"),
        (r#""temperature":0"#, r#""temperature":1"#, MissClass::ParameterChanged, "/temperature"),
    ] {
        let miss = changed(from, to);
        assert_eq!(miss.class, class, "{miss:?}");
        let nearest = miss.nearest.as_ref().unwrap();
        assert_eq!((nearest.own, nearest.call, nearest.differences[0].at.as_str()), (true, 1, at));
        assert_eq!(rule(&miss).is_some(), class == MissClass::Volatile, "{miss:?}");
        let command = Mend::Command("stack-test record --setup tiny 'inference/chat::x'".into());
        assert!(miss.mends.contains(&command), "{miss:?}");
    }
}

#[test]
fn a_volatile_value_comes_with_a_rule_that_leaves_it_out() {
    let date = changed("2025-01-02", "2026-01-01");
    assert_eq!(rule(&date), Some("match:\n  - mask: '\\d{4}-\\d{2}-\\d{2}'\n    name: date"));
    let id = changed(r#""r1""#, r#""r2""#);
    assert_eq!(rule(&id), Some("match:\n  - ignore: /metadata/request_id"));
    // A rule for the date alone would not make this call match, but it is one of the things to do: the last one.
    let both = missed(&[CHAT], &CHAT.replace("2025-01-02", "2026-01-01").replace("tiny", "large"));
    assert_eq!(both.class, MissClass::OtherModel);
    assert!(matches!(both.mends[..], [Mend::Command(_), Mend::Rule(_)]), "{both:?}");
}

#[test]
fn a_call_that_is_recorded_but_not_so_often_is_one_too_many() {
    let question = MissedCall { recorded: 2, ..question(request(CHAT)) };
    let miss = explain(&question, Some(&set(owner("x"), &[CHAT, CHAT])), &[], &|request| request);
    assert_eq!(miss.class, MissClass::OneTooMany);
    assert!(miss.explanation.contains("2 times"), "{miss:?}");
}

#[test]
fn a_call_is_new_where_nothing_is_like_it_or_what_is_like_it_had_its_answer() {
    assert_eq!(missed(&[], CHAT).class, MissClass::NewCall);
    let mut elsewhere = question(request(CHAT));
    elsewhere.request.path = "/v1/embeddings/deep/down".into();
    let miss = explain(&elsewhere, Some(&set(owner("x"), &[CHAT])), &[], &|request| request);
    assert_eq!((miss.class, miss.nearest), (MissClass::NewCall, None));
    let second = CHAT.replace("rings", "moons");
    let question = MissedCall { given: [0].into(), ..question(request(&second)) };
    let miss = explain(&question, Some(&set(owner("x"), &[CHAT])), &[], &|request| request);
    assert_eq!(miss.class, MissClass::NewCall);
}

#[test]
fn the_nearest_recording_may_be_of_another_case_but_the_own_one_is_preferred() {
    let own = set(owner("x"), &[r#"{"model":"tiny","input":"nothing of the kind"}"#]);
    let other = set(owner("y"), &[r#"{"model":"tiny"}"#, CHAT]);
    let now = CHAT.replace("rings", "moons");
    let miss = explain(&question(request(&now)), Some(&own), &[&other], &|request| request);
    let nearest = miss.nearest.unwrap();
    assert_eq!(
        (nearest.case, nearest.own, nearest.call),
        (Some(CaseId::new("inference/chat", "y")), false, 2)
    );

    let own = set(owner("x"), &[&CHAT.replace("rings", "a ring")]);
    let miss = explain(&question(request(CHAT)), Some(&own), &[&other], &|request| request);
    assert!(miss.nearest.unwrap().own);
}

#[test]
fn a_case_that_was_renamed_is_told_where_its_recordings_are() {
    let other = set(owner("old name"), &[CHAT]);
    let miss = explain(&question(request(CHAT)), None, &[&other], &|request| request);
    assert_eq!(miss.class, MissClass::NewCall);
    assert!(miss.explanation.contains("no recording of this case with the setup `tiny`"), "{miss:?}");
    assert!(miss.help().unwrap().contains("`inference/chat::old name`"), "{miss:?}");
}

#[test]
fn a_parameter_of_the_query_is_left_out_by_its_name() {
    let asked = |query: &str| Request { query: query.into(), ..request("") };
    let own = set_of(owner("x"), asked("limit=2&t=1795363707405558696"));
    let miss =
        explain(&question(asked("limit=2&t=1795363719123456789")), Some(&own), &[], &|request| request);
    assert_eq!((miss.class, rule(&miss)), (MissClass::Volatile, Some("match:\n  - ignore: '?t'")));
}

#[test]
fn a_number_may_not_matter_where_nothing_else_changed() {
    let seed = |seed: u32| CHAT.replace(r#""temperature":0"#, &format!(r#""seed":{seed}"#));
    let miss = missed(&[&seed(1)], &seed(2));
    assert_eq!((miss.class, rule(&miss)), (MissClass::ParameterChanged, Some("match:\n  - ignore: /seed")));
    assert!(matches!(miss.mends[..], [Mend::Command(_), Mend::Rule(_)]), "{miss:?}");
    let more = missed(&[&seed(1)], &seed(2).replace("rings", "moons"));
    assert_eq!((more.class, rule(&more)), (MissClass::PromptChanged, None));
}

#[test]
fn a_call_without_a_body_is_no_call_in_words() {
    let asked = Request { method: "GET".into(), path: "/v1/models".into(), ..request("") };
    let miss = explain(&question(asked), Some(&set(owner("x"), &[CHAT])), &[], &|request| request);
    assert!(miss.explanation.ends_with("none asks `llm` for GET /v1/models"), "{miss:?}");
    assert!(!miss.summary.contains(char::is_whitespace) && miss.summary.is_empty(), "{miss:?}");
}

#[test]
fn what_may_not_be_shown_of_a_recording_is_not_shown() {
    let hide = |request: Request| {
        let body = String::from_utf8(request.body.to_vec()).unwrap().replace("rings", "***");
        Request { body: body.into(), ..request }
    };
    let own = set(owner("x"), &[CHAT]);
    let miss = explain(&question(request(&CHAT.replace("rings", "moons"))), Some(&own), &[], &hide);
    assert!(!format!("{miss:?}").contains("rings") && format!("{miss:?}").contains("***"), "{miss:?}");
}

#[test]
fn a_miss_is_readable_in_80_columns() {
    let long =
        CHAT.replace("Be brief.", &"Be brief and kind. ".repeat(40)).replace("rings", &"rings ".repeat(99));
    let now = long.replace("2025-01-02", "2026-01-01").replace("kind. \"}", "mean. \"}");
    let miss = missed(&[&long], &now);
    // The report indents them by eleven columns.
    for line in miss.facts().iter().chain(&miss.help()).flat_map(|text| text.lines()) {
        assert!(line.chars().count() <= 80 - 11 || !line.starts_with(' '), "{line}");
    }
    assert!(miss.facts().concat().contains("from character"), "{:?}", miss.facts());
}
