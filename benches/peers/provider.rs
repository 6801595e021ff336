//! The provider that everybody records: a thread for each connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How an answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Json,
    Stream,
}

/// Events of a stream, `[DONE]` among them.
const EVENTS: usize = 51;

/// What no other answer says.
pub(crate) fn mark(question: usize) -> String {
    format!("Answer {question}:")
}

/// The body of a request.
pub(crate) fn request(kind: Kind, question: usize) -> String {
    let stream = kind == Kind::Stream;
    let how = if stream { "streamed" } else { "whole" };
    format!(
        r#"{{"model":"tiny-chat","messages":[{{"role":"system","content":"Be brief."}},{{"role":"user","content":"Question {question}, {how}: which planet has rings?"}}],"temperature":0,"seed":42,"stream":{stream}}}"#
    )
}

/// A running provider.
pub(crate) struct Provider {
    pub(crate) url: String,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                std::thread::spawn(move || serve(&stream, &count));
            }
        });
        Self { url, asked }
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Answers one request after the other; a client that has left is no matter.
fn serve(stream: &TcpStream, asked: &AtomicUsize) {
    let _slower_without = stream.set_nodelay(true);
    let Ok(reading) = stream.try_clone() else { return };
    let mut reading = BufReader::new(reading);
    while let Some(body) = read(&mut reading) {
        asked.fetch_add(1, Ordering::SeqCst);
        let number = body.split("Question ").nth(1).and_then(|rest| rest.split(',').next()?.parse().ok());
        let answer = answer(number.unwrap_or_default(), body.contains(", streamed:"));
        let mut stream = stream;
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reading: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if reading.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reading.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

fn answer(question: usize, streamed: bool) -> String {
    if !streamed {
        let words = format!("{} {}", mark(question), "Saturn. ".repeat(20));
        let body = format!(
            r#"{{"id":"chatcmpl-1","object":"chat.completion","created":0,"model":"tiny-chat","choices":[{{"index":0,"message":{{"role":"assistant","content":"{words}"}},"finish_reason":"stop"}}]}}"#
        );
        let length = body.len();
        return format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
    }
    let mut text =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    for number in 0..EVENTS {
        let words = if number == 0 { mark(question) } else { format!(" word {number}") };
        let event = match number {
            _ if number + 1 == EVENTS => "data: [DONE]\n\n".to_owned(),
            _ => format!(
                "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"tiny-chat\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{words}\"}},\"finish_reason\":null}}]}}\n\n"
            ),
        };
        text.push_str(&format!("{:x}\r\n{event}\r\n", event.len()));
    }
    text + "0\r\n\r\n"
}
