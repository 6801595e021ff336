//! A provider and a client that send bytes, sensible or not.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

/// What a raw provider does, one after the other; then it hangs up.
#[derive(Clone)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Waits for a permit of the gate.
    Gate,
    Wait(Duration),
    /// Sends this until nobody takes it any more, and tells `gone`.
    Forever(Vec<u8>),
}

pub(crate) struct RawProvider {
    pub(crate) url: String,
    pub(crate) gate: Arc<Semaphore>,
    pub(crate) gone: Arc<Notify>,
    /// The heads of the requests that came.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

/// A provider that answers every request with `steps`.
pub(crate) async fn raw_provider(steps: Vec<Step>) -> RawProvider {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = RawProvider {
        url: format!("http://{}/v1", listener.local_addr().unwrap()),
        gate: Arc::new(Semaphore::new(0)),
        gone: Arc::default(),
        asked: Arc::default(),
    };
    let (gate, gone, asked) =
        (Arc::clone(&provider.gate), Arc::clone(&provider.gone), Arc::clone(&provider.asked));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (steps, gate, gone, asked) =
                (steps.clone(), Arc::clone(&gate), Arc::clone(&gone), Arc::clone(&asked));
            tokio::spawn(async move {
                let Some(head) = request(&mut stream).await else { return };
                asked.lock().unwrap().push(head);
                for step in steps {
                    match step {
                        Step::Send(bytes) => {
                            let _client_left = stream.write_all(&bytes).await;
                        }
                        Step::Gate => gate.acquire().await.unwrap().forget(),
                        Step::Wait(pause) => tokio::time::sleep(pause).await,
                        Step::Forever(bytes) => {
                            while stream.write_all(&bytes).await.is_ok() {}
                            gone.notify_one();
                        }
                    }
                }
            });
        }
    });
    provider
}

/// Reads a request with its body, and gives its head in lower case.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut all = Vec::new();
    loop {
        if stream.read_buf(&mut all).await.ok()? == 0 {
            return None;
        }
        let Some(end) = all.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&all[..end]).to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        if all.len() >= end + 4 + length.unwrap_or(0) {
            return Some(head);
        }
    }
}

/// A head with these header lines, and no more than that.
pub(crate) fn head(status: &str, lines: &[&str]) -> Step {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    Step::Send(format!("HTTP/1.1 {status}\r\n{lines}connection: close\r\n\r\n").into_bytes())
}

pub(crate) fn chunk(bytes: &[u8]) -> Step {
    Step::Send([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
}

pub(crate) fn last_chunk() -> Step {
    Step::Send(b"0\r\n\r\n".to_vec())
}

/// Sends `pieces` to `address`, with `pause` between them, and gives what comes until the other side hangs up.
pub(crate) async fn raw_client(address: &str, pieces: &[&[u8]], pause: Duration) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let write = async {
        for piece in pieces {
            if writer.write_all(piece).await.is_err() {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    tokio::select! {
        () = write => {}
        _hung_up = reader.read_to_end(&mut answer) => {}
    }
    String::from_utf8_lossy(&answer).into_owned()
}
