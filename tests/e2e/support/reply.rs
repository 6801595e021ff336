//! A request as a fake server sees it, and the bytes it may send back, one by one.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// No server is silent longer: a test that fails must not hang.
const LONGEST: Duration = Duration::from_secs(30);

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Ask {
    /// The next request of a connection; `None` at its end.
    pub(super) fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
        let mut headers = Vec::new();
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut ask = Self { method, path, headers, body: String::new() };
        let length = ask.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        ask.body = String::from_utf8_lossy(&body).into_owned();
        Ok(Some(ask))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Where the answer goes. Errors are swallowed: a client that has left is part of the game.
pub(crate) struct Reply<'a> {
    pub(super) stream: &'a TcpStream,
    /// Whether the connection may be used again.
    pub(super) reusable: bool,
    /// Counts it as being answered.
    pub(super) counted: Option<&'a AtomicUsize>,
}

impl Drop for Reply<'_> {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl Reply<'_> {
    /// No longer counts as being answered: before the client can know, so that its next request is not taken for a
    /// second one at the same time.
    fn let_go(&mut self) {
        if let Some(counted) = self.counted.take() {
            counted.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// A whole answer of JSON, or of what is said to be.
    pub(crate) fn json(&mut self, status: u16, body: &str) {
        let head = format!(
            "HTTP/1.1 {status} Whatever\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.let_go();
        let _ = self.stream.write_all(format!("{head}{body}").as_bytes());
    }

    /// The head of an answer in pieces.
    pub(crate) fn begin(&mut self, content_type: &str) {
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n");
        let _ = self.stream.write_all(head.as_bytes());
    }

    /// A piece of it. Whether the client is still there, as far as one can tell.
    pub(crate) fn piece(&mut self, text: &str) -> bool {
        let chunk = format!("{:x}\r\n{text}\r\n", text.len());
        self.stream.write_all(chunk.as_bytes()).is_ok()
    }

    /// Whatever bytes.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Hangs up, in the middle of whatever was being said.
    pub(crate) fn hang_up(&mut self) {
        self.let_go();
        let _ = self.stream.shutdown(Shutdown::Both);
        self.reusable = false;
    }

    /// Says nothing until the client hangs up.
    pub(crate) fn hang(&mut self) {
        let _ = self.stream.set_read_timeout(Some(LONGEST));
        let mut byte = [0];
        let mut stream = self.stream;
        while matches!(stream.read(&mut byte), Ok(1..)) {}
        self.reusable = false;
    }
}
