//! Requests passed on to the provider, and answers back.

use crate::fake_provider::{ANSWER, REFUSAL};
use crate::stack::{CHAT, Stack, chat, read, soon};
use axum::body::Bytes;
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn only_the_model_changes_on_the_way_there_and_back() {
    let stack = Stack::start().await;
    let body = "{ \"z\":1.0e+1,\"messages\" :[{\"role\":\"user\",\"content\":\"\\u00e9\"}],\n\"model\": \"openai/chatty\", \"x\":[1 ]}";
    let answer = stack.request(Method::POST, CHAT).body(body).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.text().await.unwrap(), ANSWER.replace("\"chatty\"", "\"openai/chatty\""));
    let calls = stack.fake.calls();
    assert_eq!((calls[0].method.as_str(), calls[0].path.as_str()), ("POST", CHAT));
    assert_eq!(calls[0].body, body.replace("openai/chatty", "chatty"));
}

#[tokio::test]
async fn completions_and_embeddings_go_to_their_own_paths() {
    let stack = Stack::start().await;
    for (path, subject) in [("/v1/completions", "prompt"), ("/v1/embeddings", "input")] {
        let (status, answer) = stack.post(path, &json!({"model": "chatty", subject: ["a", "b"]})).await;
        assert_eq!((status, &answer["model"]), (200, &json!("chatty")), "a bare id stays bare");
        assert_eq!(stack.fake.calls().last().unwrap().path, path);
    }
}

#[tokio::test]
async fn the_trace_and_nothing_else_of_the_headers_is_forwarded() {
    let stack = Stack::start().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = stack
        .request(Method::POST, CHAT)
        .header("traceparent", trace)
        .header("baggage", "stack-test.case=a::b")
        .header("baggage", "other=1")
        .header("authorization", "Bearer the-clients-own")
        .header("cookie", "c=1")
        .header("x-custom", "1");
    assert_eq!(request.body(chat("hi").to_string()).send().await.unwrap().status(), 200);
    let call = &stack.fake.calls()[0];
    let baggage: Vec<_> = call.headers.get_all("baggage").iter().collect();
    assert_eq!(baggage, ["stack-test.case=a::b", "other=1"]);
    assert_eq!(call.header("traceparent"), Some(trace));
    assert_eq!(call.header("authorization"), Some("Bearer openai-own-key"));
    assert_eq!((call.header("cookie"), call.header("x-custom")), (None, None));
}

#[tokio::test]
async fn provider_data_brings_a_key_for_its_provider() {
    let stack = Stack::start().await;
    let send = |name: &'static str, data: &'static str| {
        let request = stack.request(Method::POST, CHAT).header(name, data);
        async { read(request.body(chat("hi").to_string()).send().await.unwrap()).await }
    };
    for name in ["X-LlamaStack-Provider-Data", "X-OGX-Provider-Data"] {
        assert_eq!(send(name, r#"{"openai_api_key":"mine","vllm_api_token":"v"}"#).await.0, 200);
        let call = stack.fake.calls().pop().unwrap();
        assert_eq!(call.header("authorization"), Some("Bearer mine"));
        assert_eq!(call.header(name), None);
    }
    assert_eq!(send("X-OGX-Provider-Data", r#"{"vllm_api_token":"v"}"#).await.0, 200);
    assert_eq!(stack.fake.calls().pop().unwrap().header("authorization"), Some("Bearer openai-own-key"));
    let (status, error) = send("X-OGX-Provider-Data", "no json").await;
    assert_eq!((status, &error["error"]["param"]), (400, &json!("x-ogx-provider-data")));
}

#[tokio::test]
async fn a_providers_own_error_is_passed_on_as_it_is() {
    let stack = Stack::start().await;
    let answer = stack.request(Method::POST, CHAT).body(chat("refuse").to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(
        (&answer.headers()["content-type"], &answer.headers()["retry-after"]),
        (&"application/problem+json".parse().unwrap(), &"3".parse().unwrap())
    );
    assert!(!answer.headers().contains_key("x-secret"));
    assert_eq!(answer.text().await.unwrap(), REFUSAL);
    let (status, error) = stack.post(CHAT, &chat("redirect")).await;
    assert_eq!((status, stack.fake.calls().len()), (502, 2), "{error}");
}

#[tokio::test]
async fn what_no_provider_could_answer_is_refused_before_it_is_asked() {
    let stack = Stack::start().await;
    let with = |name: &str, value: Value| {
        let mut body = chat("hi");
        body[name] = value;
        body
    };
    let cases = [
        (json!({"messages": []}), 400, "model"),
        (json!({"model": "openai/chatty"}), 400, "messages"),
        (with("messages", json!([])), 400, "messages"),
        (with("messages", json!("hi")), 400, "messages"),
        (with("messages", json!(["hi"])), 400, "messages[0]"),
        (with("messages", json!([{"content": "hi"}])), 400, "messages[0].role"),
        (with("temperature", json!("hot")), 400, "temperature"),
        (with("max_tokens", json!(1.5)), 400, "max_tokens"),
        (with("stream", json!("yes")), 400, "stream"),
        (with("model", json!(7)), 400, "model"),
        (with("model", json!("openai/none")), 404, "model"),
        (with("model", json!("nobody/none")), 404, "model"),
    ];
    for (body, status, param) in cases {
        let (got, error) = stack.post(CHAT, &body).await;
        assert_eq!((got, &error["error"]["param"]), (status, &json!(param)), "{body}: {error}");
        assert_eq!(error["error"]["type"], "invalid_request_error");
    }
    let (_, unknown) = stack.post(CHAT, &with("model", json!("nobody/none"))).await;
    assert_eq!(unknown["error"]["message"], "The model `nobody/none` does not exist");
    for text in
        ["", "{", "[]", "\u{1}", r#"{"model":"openai/chatty","model":"x","messages":[{"role":"user"}]}"#]
    {
        let (status, error) = stack.post_text(CHAT, text).await;
        assert_eq!((status, &error["error"]["code"]), (400, &json!("invalid_json")), "{text}: {error}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(stack.post_text(CHAT, &deep).await.0, 400);
    let many = format!("[{}]", "[],".repeat(2_000_000));
    let (status, error) = stack.post_text(CHAT, &many).await;
    assert_eq!((status, &error["error"]["code"]), (413, &json!("request_too_large")));
    for (path, param) in [("/v1/completions", "prompt"), ("/v1/embeddings", "input")] {
        let (status, error) = stack.post(path, &json!({"model": "openai/chatty"})).await;
        assert_eq!((status, &error["error"]["param"]), (400, &json!(param)));
    }
    assert!(stack.fake.calls().is_empty(), "{:?}", stack.fake.calls());
}

#[tokio::test]
async fn a_body_over_the_limit_is_a_413() {
    let stack = Stack::start().await;
    let mut connection = TcpStream::connect(stack.running.addr()).await.unwrap();
    let head = format!("POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", 64 * 1024 * 1024 + 1);
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(connection.read_to_string(&mut answer)).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains("\"code\":\"request_too_large\""),
        "{answer}"
    );
}

#[tokio::test]
async fn a_body_that_does_not_say_how_long_it_is_ends_at_the_limit() {
    let stack = Stack::start().await;
    let piece = Bytes::from(vec![b' '; 1024 * 1024]);
    let mut connection = TcpStream::connect(stack.running.addr()).await.unwrap();
    let (mut reading, mut writing) = connection.split();
    let sending = async {
        let head = format!("POST {CHAT} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
        writing.write_all(head.as_bytes()).await?;
        loop {
            writing.write_all(b"100000\r\n").await?;
            writing.write_all(&piece).await?;
            writing.write_all(b"\r\n").await?;
        }
        #[expect(unreachable_code, reason = "it says what the errors are")]
        io::Result::Ok(())
    };
    let answered = async {
        let mut answer = vec![0; 13];
        reading.read_exact(&mut answer).await.map(|_| answer)
    };
    // Either the answer is read while still sending, or the sending fails because the server is through with it.
    soon(async {
        tokio::select! {
            answer = answered => assert_eq!(answer.unwrap(), b"HTTP/1.1 413 "),
            sent = sending => assert!(sent.is_err()),
        }
    })
    .await;
}

fn streamed(stack: &Stack) -> reqwest::RequestBuilder {
    let mut body = chat("hi");
    body["stream"] = json!(true);
    stack.request(Method::POST, CHAT).body(body.to_string())
}

#[tokio::test]
async fn a_stream_is_passed_on_piece_by_piece() {
    let stack = Stack::start().await;
    let provider = stack.fake.next_stream();
    provider.send(Ok(Bytes::from("data: {\"model\":\"chatty\", \"n\":1.0}\n\n"))).await.unwrap();
    let answer = streamed(&stack).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
    let mut pieces = answer.bytes_stream();
    // The provider has sent no more than this, and sends no more before it has arrived.
    let mut first = Vec::new();
    while !first.ends_with(b"\n\n") {
        first.extend_from_slice(&pieces.next().await.unwrap().unwrap());
    }
    assert_eq!(first, b"data: {\"model\":\"openai/chatty\", \"n\":1.0}\n\n");
    provider.send(Ok(Bytes::from(": ping\r\n\r\ndata: [DO"))).await.unwrap();
    provider.send(Ok(Bytes::from("NE]\n\n"))).await.unwrap();
    drop(provider);
    let mut rest = Vec::new();
    while let Some(piece) = pieces.next().await {
        rest.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(rest, b": ping\r\n\r\ndata: [DONE]\n\n");
}

#[tokio::test]
async fn a_stream_that_breaks_off_does_not_look_whole() {
    let stack = Stack::start().await;
    let provider = stack.fake.next_stream();
    provider.send(Ok(Bytes::from("data: {\"n\":1}\n\n"))).await.unwrap();
    let mut pieces = streamed(&stack).send().await.unwrap().bytes_stream();
    pieces.next().await.unwrap().unwrap();
    provider.send(Err(io::Error::other("died"))).await.unwrap();
    let last = async { while pieces.next().await.expect("it must not end as if it were whole").is_ok() {} };
    last.await;
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_call_to_the_provider() {
    let stack = Stack::start().await;
    let provider = stack.fake.next_stream();
    provider.send(Ok(Bytes::from("data: {\"n\":1}\n\n"))).await.unwrap();
    let mut pieces = streamed(&stack).send().await.unwrap().bytes_stream();
    pieces.next().await.unwrap().unwrap();
    drop(pieces);
    // Only the end of the provider's connection lets go of the receiver.
    soon(provider.closed()).await;
}

#[tokio::test]
async fn a_client_that_does_not_wait_for_the_answer_ends_the_call_too() {
    let stack = Stack::start().await;
    let sending = stack.request(Method::POST, CHAT).body(chat("wait").to_string()).send();
    tokio::select! {
        _ = sending => panic!("it was answered"),
        permit = stack.fake.arrived.acquire() => permit.unwrap().forget(),
    }
    soon(stack.fake.left.acquire()).await.unwrap().forget();
}
