//! A client that spends next to nothing, on one connection that it keeps.

use super::provider::{Kind, request};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// No answer may take longer.
const LONGEST: Duration = Duration::from_secs(60);

pub(crate) struct Client {
    port: u16,
    prefix: &'static str,
    stream: Option<TcpStream>,
}

impl Client {
    pub(crate) fn new(port: u16, prefix: &'static str) -> Self {
        Self { port, prefix, stream: None }
    }

    /// The text of the answer; empty if there was none.
    pub(crate) fn ask(&mut self, kind: Kind, question: usize) -> String {
        let body = request(kind, question);
        let text = format!(
            "POST {}/v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\nauthorization: Bearer none\r\ncontent-length: {}\r\n\r\n{body}",
            self.prefix,
            self.port,
            body.len()
        );
        // A server may have closed a connection that it kept.
        for _ in 0..2 {
            if let Some(answer) = self.exchange(text.as_bytes()) {
                return answer;
            }
            self.stream = None;
        }
        String::new()
    }

    fn exchange(&mut self, text: &[u8]) -> Option<String> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
            stream.set_nodelay(true).ok()?;
            stream.set_read_timeout(Some(LONGEST)).ok()?;
            self.stream = Some(stream);
        }
        let stream = self.stream.as_mut()?;
        stream.write_all(text).ok()?;
        let mut answer = Vec::with_capacity(16 * 1024);
        let mut buffer = [0; 16 * 1024];
        loop {
            let read = stream.read(&mut buffer).ok()?;
            if read == 0 {
                return None;
            }
            answer.extend_from_slice(&buffer[..read]);
            let Some(head) = answer.windows(4).take(4000).position(|window| window == b"\r\n\r\n") else {
                continue;
            };
            let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
            let is_over = match text.split("content-length: ").nth(1) {
                Some(rest) => {
                    answer.len() >= head + 4 + rest.split("\r\n").next()?.trim().parse::<usize>().ok()?
                }
                None => answer.ends_with(b"0\r\n\r\n"),
            };
            if is_over {
                if text.contains("connection: close") {
                    self.stream = None;
                }
                return Some(String::from_utf8_lossy(&answer).into_owned());
            }
        }
    }
}
