//! Starting, steering and ending a gateway.

use super::forward::Forwarder;
use super::ledger::Ledger;
use super::server::Server;
use super::{Error, GatewayConfig, Store};
use crate::model::{CaseId, InferenceMode, Traffic};
use crate::recording::{Masks, Owner, Set};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::HashSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(30);
/// How long answers that are being recorded may take to end when the run is over.
const LAST_ANSWERS: Duration = Duration::from_secs(20);
/// How long connections may take to end after that.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A running gateway. Dropping it ends it without writing anything more; [`Gateway::finish`] is the proper end.
pub struct Gateway {
    address: SocketAddr,
    server: Arc<Server>,
    connections: TaskTracker,
    /// Cancelled when the gateway ends; connections then finish what they answer.
    ending: CancellationToken,
}

/// What a gateway has to say at its end.
#[derive(Debug)]
pub struct Finished {
    /// Provider calls outside any case.
    pub session: Traffic,
    /// Whose sets were written, a set with nothing in it included; the session's only if it was asked anything.
    pub recorded: Vec<Owner>,
    /// Problems that belong to no case: sets that could not be written, calls that came too late.
    pub errors: Vec<Error>,
}

/// Starts a gateway on `listener`, which should be bound to loopback. Must be called in a Tokio runtime.
///
/// # Errors
/// A recording that the cases of `config` need is broken (all broken ones are named), the folder is not writable though
/// the mode records, or a provider makes no sense. Nothing was asked of any provider then.
pub async fn start(listener: TcpListener, config: GatewayConfig) -> Result<Gateway, Error> {
    let address = listener.local_addr().map_err(Error::Listener)?;
    let store = Store::new(&config.root, &config.setup);
    let records = matches!(config.mode, InferenceMode::Record | InferenceMode::RecordIfMissing);
    let kept = config.aside.as_ref().map_or_else(|| store.clone(), |aside| Store::new(aside, &config.setup));
    if records {
        store.prepare()?;
        kept.prepare()?;
    }
    let mut sets = Vec::new();
    if matches!(config.mode, InferenceMode::Replay | InferenceMode::RecordIfMissing) {
        let staged: HashSet<&Owner> = config.staged.iter().map(|set| &set.owner).collect();
        let cases = config.cases.iter().cloned().map(Owner::Case);
        let owners =
            std::iter::once(Owner::Session).chain(cases).filter(|owner| !staged.contains(owner)).collect();
        sets = read_ahead(&store, owners).await?;
        sets.extend(config.staged.iter().cloned());
    }
    let mut secrets = config.secrets.clone();
    for upstream in &config.providers {
        for (name, value) in &upstream.headers {
            secrets.push((format!("{} {name}", upstream.name), value.clone()));
        }
        secrets.extend(upstream.key.iter().map(|key| (format!("{} key", upstream.name), key.clone())));
    }
    let masks = Masks::new(&secrets).allowing(&config.allow_secrets);
    let ledger = Arc::new(Ledger::new(config.mode, (store, kept), masks, &config.setup));
    ledger.preload(sets);
    let forwarder = match config.mode {
        InferenceMode::Replay => None,
        _ => Some(Arc::new(Forwarder::new(config.idle, Arc::clone(&ledger))?)),
    };
    let server = Arc::new(Server::new(config, address, ledger, forwarder)?);
    let gateway =
        Gateway { address, server, connections: TaskTracker::new(), ending: CancellationToken::new() };
    gateway.connections.spawn(accept(
        listener,
        Arc::clone(&gateway.server),
        gateway.connections.clone(),
        gateway.ending.clone(),
    ));
    Ok(gateway)
}

/// Reads the sets of `owners`, on as many threads as there are processors.
async fn read_ahead(store: &Store, owners: Vec<Owner>) -> Result<Vec<Set>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let share = owners.len().div_ceil(threads).max(1);
    let readers: Vec<_> = owners
        .chunks(share)
        .map(|owners| {
            let (store, owners) = (store.clone(), owners.to_vec());
            tokio::task::spawn_blocking(move || {
                owners.iter().map(|owner| store.load(owner)).collect::<Vec<_>>()
            })
        })
        .collect();
    let (mut sets, mut errors) = (Vec::new(), Vec::new());
    for reader in readers {
        for loaded in reader.await.unwrap_or_default() {
            match loaded {
                Ok(set) => sets.extend(set),
                Err(error) => errors.push(error),
            }
        }
    }
    if errors.is_empty() { Ok(sets) } else { Err(Error::Recordings(errors)) }
}

async fn accept(listener: TcpListener, server: Arc<Server>, tasks: TaskTracker, ending: CancellationToken) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => {
                    // Out of file descriptors, most likely: let a connection end first.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            },
            () = ending.cancelled() => return,
        };
        tasks.spawn(serve(stream, Arc::clone(&server), ending.clone()));
    }
}

async fn serve(stream: TcpStream, server: Arc<Server>, ending: CancellationToken) {
    let _slower_without = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let server = Arc::clone(&server);
        async move { Ok::<_, Infallible>(server.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A client that broke off or sent nonsense has been answered as far as it can be.
    tokio::select! {
        _ended = connection.as_mut() => return,
        () = ending.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ended = connection.await;
}

impl Gateway {
    /// What the stack is given in place of the URL of `provider`: the same path (`/v1`) behind the gateway and the
    /// provider's name. A provider that was not configured gets a URL that answers 404 and says so.
    pub fn base_url(&self, provider: &str) -> String {
        let known = self.server.providers.iter().find(|(upstream, _)| upstream.name == provider);
        let path = known.map_or("", |(_, url)| url.path().trim_end_matches('/'));
        format!("http://{}/{provider}{path}", self.address)
    }

    /// A case begins, or another attempt of it: its recordings are given out from the first one on.
    pub fn open(&self, case: &CaseId) {
        self.server.ledger.open(case);
    }

    /// A case ends. In a mode that records, what was recorded since [`Gateway::open`] replaces the old set if `keep`;
    /// else the old set stays as it was. Writes to disk in modes that record.
    pub fn close(&self, case: &CaseId, keep: bool) -> Traffic {
        self.server.ledger.close(case, keep)
    }

    /// Ends every case of a [`super::Standalone`] gateway that is still open, keeping what was recorded (also outside cases)
    /// if `keep`, and gives the traffic of each case there
    /// was, in the order of their names. To be called before [`Gateway::finish`].
    pub fn close_all(&self, keep: bool) -> Vec<(CaseId, Traffic)> {
        self.server.admin.as_ref().map_or_else(Vec::new, |admin| admin.cases.close_all(keep))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the gateway: answers that are being recorded may come to their end, what belongs to no case is written.
    pub async fn finish(self) -> Finished {
        // What belongs to a case that failed or was broken off is kept by nobody, and not waited for.
        if let Some(forwarder) =
            self.server.forwarder.as_ref().filter(|_| self.server.ledger.awaits_answers())
        {
            forwarder.pumps.close();
            let _unfinished_are_reported = timeout(LAST_ANSWERS, forwarder.pumps.wait()).await;
        }
        self.ending.cancel();
        self.connections.close();
        let _cut = timeout(LAST_WORDS, self.connections.wait()).await;
        let mut finished = self.server.ledger.finish();
        if let Some(admin) = &self.server.admin {
            finished.session.add(&admin.cases.session_before());
        }
        finished
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}
