//! A fake stack or provider on a port of its own: a thread per connection, and a closure that answers.

use super::{Ask, Gate, Reply};
use std::io::BufReader;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A fake server. It stops accepting when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
}

/// What it has seen.
#[derive(Default)]
struct Seen {
    asks: Mutex<Vec<Ask>>,
    held: AtomicUsize,
    most_held: AtomicUsize,
    closed: AtomicBool,
}

impl Server {
    /// Answers as `answer` does, on a free port.
    pub(crate) fn new(answer: impl Fn(&Ask, &mut Reply<'_>) + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), answer)
    }

    /// Answers on `listener`.
    pub(crate) fn on(
        listener: TcpListener,
        answer: impl Fn(&Ask, &mut Reply<'_>) + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let (accepting, answer) = (Arc::clone(&seen), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.closed.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), seen, answer) = (stream, Arc::clone(&accepting), Arc::clone(&answer)) else {
                    return;
                };
                std::thread::spawn(move || serve(&stream, &seen, answer.as_ref()));
            }
        });
        Self { address, seen }
    }

    /// A stack: healthy and without models; everything else is answered by `answer`.
    pub(crate) fn stack(answer: impl Fn(&Ask, &mut Reply<'_>) + Send + Sync + 'static) -> Self {
        Self::new(move |ask, reply| match ask.path.as_str() {
            "/v1/health" => reply.json(200, r#"{"status":"OK"}"#),
            "/v1/providers" | "/v1/inspect/routes" | "/v1/models" | "/v1/version" => reply.json(404, "{}"),
            _ => answer(ask, reply),
        })
    }

    /// A provider that has the model `fake` and says `words` to whatever it is asked.
    pub(crate) fn provider(words: &'static str) -> Self {
        Self::new(move |ask, reply| match ask.path.as_str() {
            "/v1/models" => reply.json(200, MODELS),
            _ => reply.json(200, &completion(words)),
        })
    }

    /// A provider that has the model, and answers to nothing else until the gate is open.
    pub(crate) fn stuck_provider(gate: &Arc<Gate>) -> Self {
        let gate = Arc::clone(gate);
        Self::new(move |ask, reply| {
            if ask.path == "/v1/models" {
                return reply.json(200, MODELS);
            }
            gate.pass();
            reply.json(200, &completion("hello"));
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, those that were for the test and not for finding out what the stack is.
    pub(crate) fn asks(&self) -> Vec<Ask> {
        let asks = self.seen.asks.lock().unwrap();
        asks.iter().filter(|ask| !PROBES.contains(&ask.path.as_str())).cloned().collect()
    }

    /// Their methods and paths.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asks().iter().map(|ask| format!("{} {}", ask.method, ask.path)).collect()
    }

    /// The most requests that were being answered at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.seen.most_held.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.seen.closed.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

/// The models of [`Server::provider`].
pub(crate) const MODELS: &str =
    r#"{"object":"list","data":[{"id":"fake","object":"model","created":1,"owned_by":"us"}]}"#;

/// What is asked to find out what a stack is.
const PROBES: &[&str] = &["/v1/health", "/v1/providers", "/v1/inspect/routes", "/v1/models", "/v1/version"];

/// A chat completion that says `words`.
pub(crate) fn completion(words: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"fake","choices":[{{"index":0,"finish_reason":"stop","message":{{"role":"assistant","content":"{words}"}}}}]}}"#
    )
}

fn serve(stream: &TcpStream, seen: &Seen, answer: &(dyn Fn(&Ask, &mut Reply<'_>) + Send + Sync)) {
    let _ = stream.set_nodelay(true);
    let Ok(reading) = stream.try_clone() else { return };
    let mut reading = BufReader::new(reading);
    while let Ok(Some(ask)) = Ask::read(&mut reading) {
        let probe = PROBES.contains(&ask.path.as_str());
        seen.asks.lock().unwrap().push(ask.clone());
        if !probe {
            let held = seen.held.fetch_add(1, Ordering::SeqCst) + 1;
            seen.most_held.fetch_max(held, Ordering::SeqCst);
        }
        let mut reply = Reply { stream, reusable: true, counted: (!probe).then_some(&seen.held) };
        answer(&ask, &mut reply);
        if !reply.reusable {
            return;
        }
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}
