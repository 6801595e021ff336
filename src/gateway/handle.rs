//! Starting, steering and ending a gateway.

use super::answer::AnswerBody;
use super::attribution::token;
use super::entrance::Entrance;
use super::forward::Forwarder;
use super::ledger::Ledger;
use super::loaded::Loaded;
use super::mitm::{Front, Proxy};
use super::server::Server;
use super::{Error, GatewayConfig, Store};
use crate::model::{CaseId, InferenceMode, Traffic};
use crate::recording::{Masks, Owner, RuleBook, Set};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::HashSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a client may take to send the head of a request.
pub(super) const HEAD: Duration = Duration::from_secs(30);
/// How long answers that are being recorded may take to end when the run is over.
const LAST_ANSWERS: Duration = Duration::from_secs(20);
/// How long connections may take to end after that.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A running gateway. Dropping it ends it without writing anything more; [`Gateway::finish`] is the proper end.
pub struct Gateway {
    address: SocketAddr,
    server: Arc<Server>,
    front: Arc<Front>,
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

/// A recorded call that nobody made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedCall {
    /// Which of the set's calls it is, counted from 1.
    pub call: usize,
    /// The provider's name.
    pub provider: String,
    /// The HTTP method.
    pub method: String,
    /// The path below the provider's base URL.
    pub path: String,
}

/// Starts a gateway on `listener`, which should be bound to loopback. Must be called in a Tokio runtime.
///
/// # Errors
/// A recording that the cases of `config` need is broken (all broken ones are named), the folder is not writable though
/// the mode records, or a provider makes no sense. Nothing was asked of any provider then.
pub async fn start(listener: TcpListener, config: GatewayConfig) -> Result<Gateway, Error> {
    let address = listener.local_addr().map_err(Error::Listener)?;
    let store = Store::new(&config.root, &config.setup);
    let records = config.mode.records();
    let kept = config.aside.as_ref().map_or_else(|| store.clone(), |aside| Store::new(aside, &config.setup));
    if records {
        store.prepare()?;
        kept.prepare()?;
    }
    let mut sets = Vec::new();
    if matches!(config.mode, InferenceMode::Replay | InferenceMode::RecordIfMissing) {
        sets = read_sets(&store, &config).await?;
        sets.extend(config.staged.iter().map(|set| Loaded::new(set.clone(), config.rules.of(&set.owner))));
    }
    let mut secrets = config.secrets.clone();
    for upstream in &config.providers {
        for (name, value) in &upstream.headers {
            secrets.push((format!("{} {name}", upstream.name), value.clone()));
        }
        secrets.extend(upstream.key.iter().map(|key| (format!("{} key", upstream.name), key.clone())));
    }
    let masks = Masks::new(&secrets).allowing(&config.allow_secrets);
    let ledger = Arc::new(Ledger::new(&config, (store, kept), masks));
    ledger.preload(sets);
    let forwarder = match config.mode {
        InferenceMode::Replay => None,
        _ => Some(Arc::new(Forwarder::new(config.idle, &config.extra_roots, Arc::clone(&ledger))?)),
    };
    let proxy = Proxy::new(&config, address)?;
    let entrance = config.token.as_deref().map(Entrance::new);
    let server = Arc::new(Server::new(config, address, ledger, forwarder)?);
    let (connections, ending) = (TaskTracker::new(), CancellationToken::new());
    let front = Arc::new(Front {
        server: Arc::clone(&server),
        proxy,
        entrance,
        tasks: connections.clone(),
        ending: ending.clone(),
    });
    connections.spawn(accept(listener, Arc::clone(&front)));
    let gateway = Gateway { address, server, front, connections, ending };
    Ok(gateway)
}

/// The sets that may be asked for, those left out for which others are staged: of the cases that will run or, where anybody
/// may ask, of all there are.
async fn read_sets(store: &Store, config: &GatewayConfig) -> Result<Vec<Loaded>, Error> {
    let staged: HashSet<&Owner> = config.staged.iter().map(|set| &set.owner).collect();
    if config.standalone.is_some() {
        let read = |store: &Store, paths: &[PathBuf]| -> Vec<_> {
            paths.iter().map(|path| store.read(path).map(|(set, _)| Some(set))).collect()
        };
        let mut sets = read_ahead(store, store.survey()?.sets, &config.rules, read).await?;
        sets.retain(|loaded| !staged.contains(&loaded.set.owner));
        return Ok(sets);
    }
    let cases = config.cases.iter().cloned().map(Owner::Case);
    let owners = std::iter::once(Owner::Session).chain(cases).filter(|owner| !staged.contains(owner));
    read_ahead(store, owners.collect(), &config.rules, Store::load_all).await
}

/// Reads the sets that `wanted` names, on as many threads as there are processors.
async fn read_ahead<T: Clone + Send + 'static>(
    store: &Store,
    wanted: Vec<T>,
    rules: &Arc<RuleBook>,
    read: impl Fn(&Store, &[T]) -> Vec<Result<Option<Set>, Error>> + Copy + Send + 'static,
) -> Result<Vec<Loaded>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let share = wanted.len().div_ceil(threads).max(1);
    let readers: Vec<_> = wanted
        .chunks(share)
        .map(|wanted| {
            let (store, wanted, rules) = (store.clone(), wanted.to_vec(), Arc::clone(rules));
            tokio::task::spawn_blocking(move || {
                let index = |set: Set| {
                    let rules = rules.of(&set.owner);
                    Loaded::new(set, rules)
                };
                let index = |loaded: Result<Option<Set>, Error>| loaded.map(|set| set.map(index));
                read(&store, &wanted).into_iter().map(index).collect::<Vec<_>>()
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

async fn accept(listener: TcpListener, front: Arc<Front>) {
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
            () = front.ending.cancelled() => return,
        };
        front.tasks.spawn(serve(stream, Arc::clone(&front)));
    }
}

async fn serve(stream: TcpStream, front: Arc<Front>) {
    let _slower_without = stream.set_nodelay(true);
    let ending = front.ending.clone();
    let answer = move |request| {
        let front = Arc::clone(&front);
        async move { Ok::<_, Infallible>(front.answer(request).await) }
    };
    converse(stream, answer, ending).await;
}

/// Answers the requests of one connection, until it or the gateway ends.
pub(super) async fn converse<S, A, F>(stream: S, answer: A, ending: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Fn(http::Request<Incoming>) -> F,
    F: Future<Output = Result<http::Response<AnswerBody>, Infallible>>,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .with_upgrades();
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
        self.server.base_url(self.address, self.first_step(), provider)
    }

    /// The same for a stack, or a client of it, that belongs to `case`: all calls by this URL are of that case.
    pub fn base_url_for(&self, provider: &str, case: &CaseId) -> String {
        self.server.base_url(self.address, &format!("{}/{}", self.first_step(), token(case)), provider)
    }

    fn first_step(&self) -> &str {
        self.front.entrance.as_ref().map_or("", Entrance::step)
    }

    /// The client of `case` sends `text` (a URL, a body) to the stack. Ids in it are the suite's own. To be called before
    /// it is sent.
    pub fn sent(&self, case: &CaseId, text: &[u8]) {
        self.server.ledger.sent(case, text);
    }

    /// The stack has answered the client of `case` with the body `text`. Ids in it that nobody knew before were minted by
    /// the stack, and are other ones in each run.
    pub fn received(&self, case: &CaseId, text: &[u8]) {
        self.server.ledger.received(case, text);
    }

    /// The certificate (PEM) of the CA that the gateway makes certificates with as a proxy; `None` if it is none.
    pub fn ca_pem(&self) -> Option<&str> {
        self.front.proxy.as_ref().map(Proxy::pem)
    }

    /// The variables that make the gateway the proxy of a process and make it trust the gateway; none if the gateway is no
    /// proxy. `bundle` is a file (PEM) with the system's root certificates and [`Gateway::ca_pem`], `own` one with the
    /// latter alone; `no_proxy` are exceptions the process would have had, of which those that would lead around the
    /// gateway to a provider are left out, and all of them if nothing else may be connected to.
    pub fn proxy_env(&self, bundle: &Path, own: &Path, no_proxy: &str) -> Vec<(String, String)> {
        self.front.proxy.as_ref().map_or_else(Vec::new, |proxy| {
            let user = self.front.entrance.as_ref().map(Entrance::user).unwrap_or_default();
            proxy.variables(&user, (bundle, own), no_proxy)
        })
    }

    /// A case begins, or another attempt of it: its recordings are given out from the first one on.
    pub fn open(&self, case: &CaseId) {
        self.server.ledger.open(case);
    }

    /// Something asks in the middle of `case` that is not its own: what names nobody is not taken for its call, until
    /// [`Gateway::resume`] or its end.
    pub fn pause(&self, case: &CaseId) {
        self.server.ledger.pause(case);
    }

    /// `case` asks for itself again.
    pub fn resume(&self, case: &CaseId) {
        self.server.ledger.resume(case);
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

    /// The recorded calls that nobody made, by the case that they are of, of the cases of a [`super::Standalone`] gateway
    /// that began; after [`Gateway::close_all`], too.
    pub fn unused(&self) -> Vec<(CaseId, Vec<UnusedCall>)> {
        self.server.admin.as_ref().map_or_else(Vec::new, |admin| admin.cases.unused())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many tokens the providers counted, once that is as many as may be spent.
    pub fn spent(&self) -> Option<u64> {
        self.server.ledger.spent()
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
        finished.errors.extend(self.front.proxy.iter().flat_map(Proxy::told));
        finished
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}
