//! The connection of a runner to us.
//!
//! A port of the loopback interface, and a token that only the process knows which we started: whoever else connects is not
//! listened to. A runner may connect several times, one after the other; an answer goes to the connection that spoke last.

use super::message::{Answer, Said};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// The longest line, in bytes: the list of all tests is one.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;
/// How long a connection may take to say who it is.
const INTRODUCTION: Duration = Duration::from_secs(30);
/// Lines that may wait to be heard.
const WAITING: usize = 64;

/// What comes in.
pub(super) enum Incoming {
    /// A connection that has shown the token.
    Opened(usize, OwnedWriteHalf),
    /// A line of it.
    Line(usize, Vec<u8>),
    /// Its end; it broke off in the middle of a line, or said more than it may, if there is a word for it.
    Closed(usize, Option<&'static str>),
}

/// Where a process connects to.
pub(super) struct Control {
    address: SocketAddr,
    token: String,
    incoming: Receiver<Incoming>,
    open: HashMap<usize, OwnedWriteHalf>,
    spoke: usize,
    _accepting: AbortOnDropHandle<()>,
}

/// What a process has said, or that it made no sense.
pub(super) enum Heard {
    Said(Said),
    Nonsense(String),
    /// A connection has ended.
    Closed,
}

impl Control {
    pub(super) async fn listen() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (address, token) = (listener.local_addr()?, token()?);
        let (sender, incoming) = channel(WAITING);
        let accepting = tokio::spawn(accept(listener, token.clone(), sender));
        let _accepting = AbortOnDropHandle::new(accepting);
        Ok(Self { address, token, incoming, open: HashMap::new(), spoke: 0, _accepting })
    }

    /// What a process must know to connect.
    pub(super) fn env(&self) -> [(String, String); 2] {
        [
            ("STACK_TEST_CONTROL".to_owned(), self.address.to_string()),
            ("STACK_TEST_CONTROL_TOKEN".to_owned(), self.token.clone()),
        ]
    }

    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The next thing that happens; may be dropped and called again.
    pub(super) async fn hear(&mut self) -> Heard {
        loop {
            let Some(incoming) = self.incoming.recv().await else { std::future::pending().await };
            match incoming {
                Incoming::Opened(id, writer) => drop(self.open.insert(id, writer)),
                Incoming::Line(id, line) => {
                    self.spoke = id;
                    return match serde_json::from_slice(&line) {
                        Ok(said) => Heard::Said(said),
                        Err(error) => Heard::Nonsense(format!("{error}: {}", beginning(&line))),
                    };
                }
                Incoming::Closed(id, problem) => {
                    self.open.remove(&id);
                    return problem.map_or(Heard::Closed, |problem| Heard::Nonsense(problem.to_owned()));
                }
            }
        }
    }

    /// Answers whoever spoke last. That it does not listen any more is heard soon.
    pub(super) async fn say(&mut self, answer: &Answer<'_>) {
        let Ok(mut line) = serde_json::to_vec(answer) else { return };
        line.push(b'\n');
        if let Some(writer) = self.open.get_mut(&self.spoke) {
            let _gone = writer.write_all(&line).await;
        }
    }
}

fn beginning(line: &[u8]) -> String {
    crate::text::shorten(&crate::text::one_line(&String::from_utf8_lossy(&line[..line.len().min(500)])), 100)
        .into_owned()
}

/// Something that nobody guesses.
fn token() -> std::io::Result<String> {
    let random: [u8; 16] = ring::rand::generate(&ring::rand::SystemRandom::new())
        .map_err(|_| std::io::Error::other("the system has no random numbers"))?
        .expose();
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn accept(listener: TcpListener, token: String, to: Sender<Incoming>) {
    for id in 1.. {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(read(id, stream, token.clone(), to.clone()))),
            // Out of file descriptors, most likely: let a connection end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        if to.is_closed() {
            return;
        }
    }
}

async fn read(id: usize, stream: TcpStream, token: String, to: Sender<Incoming>) {
    let _slower_without = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let Ok(Ok(first)) = timeout(INTRODUCTION, line(&mut reader)).await else { return };
    match serde_json::from_slice(&first) {
        Ok(Said::Hello { token: shown }) if shown == token => {}
        _ => return,
    }
    if to.send(Incoming::Opened(id, writer)).await.is_err() {
        return;
    }
    loop {
        let heard = tokio::select! {
            // The worker is gone: whoever is connected is told by the end of the connection.
            () = to.closed() => return,
            heard = line(&mut reader) => heard,
        };
        let heard = match heard {
            Ok(line) => Incoming::Line(id, line),
            Err(problem) => {
                let _nobody_listens = to.send(Incoming::Closed(id, problem)).await;
                return;
            }
        };
        if to.send(heard).await.is_err() {
            return;
        }
    }
}

/// The next line without its end, or what is wrong with it; with nothing wrong, there is none.
async fn line(reader: &mut BufReader<OwnedReadHalf>) -> Result<Vec<u8>, Option<&'static str>> {
    let mut line = Vec::new();
    match reader.take(LONGEST_LINE).read_until(b'\n', &mut line).await {
        Ok(0) => Err(None),
        Ok(_) if line.last() == Some(&b'\n') => Ok(line),
        Ok(count) if count as u64 == LONGEST_LINE => Err(Some("a line that has no end")),
        Ok(_) => Err(Some("half a line")),
        Err(_) if line.is_empty() => Err(None),
        Err(_) => Err(Some("half a line")),
    }
}
