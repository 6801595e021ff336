//! A key planted wherever a provider may put one: none is kept or shown, in any spelling.

use crate::support::{Ask, MODELS, Project, Reply, Server, completion, free_port, processes_of};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::Write as _;

/// Declared: the provider's key.
const KEY: &str = "made-up/key+with \"signs\" 4711";
/// Known by their shape alone.
const SHAPED: &str = "sk-madeup0madeup0madeup0";
const JWT: &str = "eyJtYWRlIjoidXAifQ.eyJtYWRlIjoidXAifQ.bWFkZS11cC1zaWduYXR1cmU";
/// Known by the name that a provider of tokens gives it.
const TOKEN: &str = "made up, too";
/// Declared by `--secret`.
const GIVEN: &str = "a given value";

/// Where it may be, as the suite asks for it. Each is a case that passes and one that fails and so is in every report.
const PLACES: &[&str] = &[
    "body", "header", "pieces", "events", "gzip", "base64", "error", "jwt", "oauth", "shaped", "given",
    "asked",
];

fn suite() -> String {
    let case = |place: &&str| {
        let step = format!(
            "{{ post: /v1/chat/completions, json: {{ model: openai/fake, messages: [{{ role: user, content: 'place={place} {}' }}] }}",
            if *place == "asked" { SHAPED } else { "" },
        );
        format!(
            "  - {{ name: keeps-{place}, steps: [{step}, expect: {{ status: {{ in: [200, 302, 401, 502] }} }} }}] }}\n\
             \x20 - {{ name: shows-{place}, steps: [{step}, expect: {{ status: 418, body: nothing }} }}] }}\n"
        )
    };
    format!("cases:\n{}", PLACES.iter().map(case).collect::<String>())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A provider that has nothing better to do than to repeat its key.
fn answer(ask: &Ask, reply: &mut Reply<'_>) {
    if ask.path == "/v1/models" {
        return reply.json(200, MODELS);
    }
    let key = ask.header("authorization").unwrap_or_default().trim_start_matches("Bearer ").to_owned();
    let quoted = serde_json::Value::from(key.as_str()).to_string();
    let quoted = quoted.trim_matches('"');
    let event = |text: &str| {
        let text = serde_json::Value::from(text).to_string();
        format!("data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{text}}}}}]}}\n\n")
    };
    let place =
        ask.body.split("place=").nth(1).and_then(|rest| rest.split([' ', '"']).next()).unwrap_or_default();
    match place {
        "body" => reply.json(200, &completion(quoted)),
        "header" => {
            let query: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
            let head = "HTTP/1.1 302 Found\r\ncontent-type: application/json\r\ncontent-length: 2";
            let headers =
                format!("location: https://x.test/?key={query}\r\nx-key: {key}\r\nset-cookie: k={key}");
            reply.raw(format!("{head}\r\n{headers}\r\n\r\n{{}}").as_bytes());
        }
        "pieces" => {
            reply.begin("text/event-stream");
            let event = event(&key);
            let (one, two) = event.split_at(event.find("+with").unwrap());
            reply.piece(one);
            reply.piece(two);
            reply.piece("data: [DONE]\n\n");
            reply.piece("");
        }
        "events" => {
            reply.begin("text/event-stream");
            let (one, two) = key.split_at(9);
            for text in [one, two, &SHAPED[..7], &SHAPED[7..]] {
                reply.piece(&event(text));
            }
            reply.piece("data: [DONE]\n\n");
            reply.piece("");
        }
        "gzip" => {
            let body = gzip(&completion(quoted));
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip";
            reply.raw(format!("{head}\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes());
            reply.raw(&body);
        }
        "base64" => reply.json(200, &completion(&STANDARD.encode(format!("user:{key}, indeed")))),
        "error" => {
            reply.json(401, &format!(r#"{{"error":{{"message":"Incorrect API key provided: {quoted}."}}}}"#))
        }
        "jwt" => reply.json(200, &completion(JWT)),
        "oauth" => reply.json(
            200,
            &format!(r#"{{"access_token":"{TOKEN}","refresh_token": "{TOKEN}","expires_in":3600}}"#),
        ),
        "given" => reply.json(200, &completion(GIVEN)),
        _ => reply.json(200, &completion(SHAPED)),
    }
}

/// Every spelling in which a secret may still be read.
fn spellings(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        json.replace('/', "\\/").trim_matches('"').to_owned(),
        serde_json::Value::from(json.as_str()).to_string()[3..].trim_end_matches("\\\"\"").to_owned(),
        url.replace('+', "%20"),
        url,
        secret.replace('"', "&quot;"),
        hex,
    ];
    // The part of it that is the same at any place in a longer text.
    for before in 0..3 {
        let encoded = STANDARD.encode([&vec![b'x'; before][..], secret.as_bytes()].concat());
        all.push(encoded[4..encoded.len() - 6].to_owned());
    }
    all
}

#[test]
fn no_file_and_no_output_of_a_recording_run_holds_a_planted_key() {
    let provider = Server::new(answer);
    let project = Project::with(&suite());
    project.file("stack-test.yaml", "secrets: [UNUSED]\n");
    let (url, port) = (format!("OPENAI_BASE_URL={}/v1", provider.url()), free_port());
    let config = format!("server:starter:{port}");
    let reports = ["junit=out/j.xml", "json=out/j.json", "markdown=out/j.md", "github=out/g.txt"];
    let args = ["record", "a", "-v", "--stack-config", &config, "--env", &url, "--secret", "env:MINE"];
    let args = args.into_iter().chain(reports.iter().flat_map(|report| ["--report", report]));
    let ended = project.run_with(args, &[("OPENAI_API_KEY", KEY), ("MINE", GIVEN)]);
    ended.expect(1, &["12 passed", "12 failed", "***"]);
    let sent: Vec<_> =
        provider.asks().iter().map(|ask| ask.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, vec![Some(format!("Bearer {KEY}")); 24]);
    let recorded = project.files("recordings").into_iter().filter(|file| file.contains("keeps-")).count();
    assert_eq!(recorded, 12, "{}", ended.said());
    let mut texts = vec![("the output".to_owned(), ended.said())];
    for file in ["recordings", "target", "out"].into_iter().flat_map(|folder| project.files(folder)) {
        let bytes = std::fs::read(project.path(&file)).unwrap();
        texts.push((file, String::from_utf8_lossy(&bytes).into_owned()));
    }
    assert!(texts.iter().any(|(file, _)| file.ends_with("server.log")), "the log of the stack is among them");
    for secret in [KEY, SHAPED, JWT, TOKEN, GIVEN] {
        for spelling in spellings(secret) {
            for (file, text) in &texts {
                assert!(!text.contains(&spelling), "`{spelling}` is in {file}:\n{text}");
            }
        }
    }
    let stream = project.read("recordings/default/a/keeps-events.json");
    assert!(stream.contains("***OPENAI_API_KEY***") && stream.contains("***openai-key***"), "{stream}");

    // And what was recorded is found again without any key, and with another one.
    drop(provider);
    let replay = ["run", "a", "-k", "keeps", "--stack-config", "starter", "--env", &url];
    project.run(replay).expect(0, &["12 passed", "12 replayed"]);
    let others = [("OPENAI_API_KEY", "another key of mine"), ("MINE", "and another value")];
    project.run_with(replay, &others).expect(0, &["12 passed", "12 replayed"]);
}

#[test]
fn neither_the_environment_nor_the_arguments_of_the_stack_hold_a_key() {
    let project = std::sync::Arc::new(Project::with(&crate::run::stacks::CHAT.replace("ollama/", "openai/")));
    let (seen, looking) = (std::sync::Arc::new(std::sync::Mutex::new(Vec::new())), project.root().to_owned());
    let found = std::sync::Arc::clone(&seen);
    let provider = Server::new(move |ask, reply| {
        if ask.path == "/v1/models" {
            return reply.json(200, MODELS);
        }
        for pid in processes_of(&looking) {
            let read = |what: &str| std::fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
            let arguments = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
            if arguments.contains(" serve ") {
                found
                    .lock()
                    .unwrap()
                    .push((arguments, String::from_utf8_lossy(&read("environ")).into_owned()));
            }
        }
        reply.json(200, &completion("hello"));
    });
    let base = format!("{}/v1", provider.url());
    let (port, env) = (free_port(), format!("OPENAI_BASE_URL={base}"));
    let by_env = format!("server:starter:{port}");
    let by_pair =
        format!("server:inference=openai?base_url={}&api_key={SHAPED}:{port}", base.replace(':', "%3A"));
    for (config, env, key) in [(&by_env, &["--env", &env][..], KEY), (&by_pair, &[], SHAPED)] {
        for mode in ["live", "record"] {
            seen.lock().unwrap().clear();
            let args = ["run", "a", "--stack-config", config, "--inference-mode", mode];
            let ended =
                project.run_with(args.into_iter().chain(env.iter().copied()), &[("OPENAI_API_KEY", KEY)]);
            ended.expect(0, &["1 passed"]).expect_not(key);
            assert_eq!(
                provider.asks().last().unwrap().header("authorization"),
                Some(&*format!("Bearer {key}"))
            );
            let seen = seen.lock().unwrap();
            assert!(seen.len() == 1 || !cfg!(target_os = "linux"), "{seen:?}");
            for (arguments, environment) in &*seen {
                assert!(environment.contains("OPENAI_API_KEY=stack-test-dummy-key\0"), "{environment}");
                for text in [arguments, environment] {
                    assert!(!text.contains(KEY) && !text.contains(SHAPED), "{text}");
                }
            }
        }
    }
}

#[test]
fn a_set_that_would_still_hold_a_key_is_refused_unless_it_is_allowed() {
    let hidden = STANDARD.encode(format!("the key is {SHAPED}"));
    let provider = Server::new(move |ask, reply| match ask.path.as_str() {
        "/v1/models" => reply.json(200, MODELS),
        _ => reply.json(200, &completion(&hidden)),
    });
    let project = Project::with(
        &crate::run::stacks::CHAT
            .replace("ollama/", "openai/")
            .replace(", \"$.choices[0].message.content\": hello", ""),
    );
    let env = format!("OPENAI_BASE_URL={}/v1", provider.url());
    let args = ["record", "a", "--stack-config", "starter", "--env", &env];
    let ended = project.run(args);
    ended.expect(3, &[
        "recordings/default/a/chat.json is not written",
        "call 1 (openai POST /v1/chat/completions), answer body /choices/0/message/content: openai-key in base64",
        "allow_secrets",
    ]);
    ended.expect_not(SHAPED);
    assert!(!project.path("recordings/default/a/chat.json").exists());
    // Declared it is masked, and a made-up one may be allowed.
    project.run(args.into_iter().chain(["--secret", SHAPED])).expect(0, &["1 recorded"]);
    assert!(project.read("recordings/default/a/chat.json").contains("***secret***"));
    project.file("stack-test.yaml", format!("allow_secrets: [{SHAPED}]\n"));
    project.run(args).expect(0, &["1 recorded"]);
    assert!(!project.read("recordings/default/a/chat.json").contains("***"));
}
