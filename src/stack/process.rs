//! `server:<config>:<port>`: the server that is there, or a child of ours.

use super::capabilities::{self, Health, HealthRoute};
use super::http::Http;
use super::log_end::LogEnd;
use super::ready::{self, GaveUp, Ready, Wanted};
use super::running::Started;
use super::started::{self, Note};
use super::{Error, PortOwner, Runtime, StackRequest, command_stack, embedded, leftovers, python_stack};
use crate::process::{Child, Identity, Launch, LogRequest};
use crate::stack_config::Config;
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

/// How long a healthy server's list of models may lack a wanted one: providers may be asked in the background.
pub(super) const SETTLE: Duration = Duration::from_secs(2);

/// How long a child may take to find that its port is taken.
const CLASH: Duration = Duration::from_secs(2);

pub(super) async fn start(
    request: &StackRequest,
    config: &Config,
    port: u16,
    notices: &(dyn Fn(String) + Send + Sync),
) -> Result<Started, Error> {
    let url = format!("http://127.0.0.1:{port}");
    let http = Http::new(&url)?;
    match vacate(request, &http, port, notices).await? {
        Vacancy::Free => spawn(request, config, port, &http, url).await,
        Vacancy::Served => reuse(request, port, &http, url).await,
    }
}

/// What there is on a port.
pub(super) enum Vacancy {
    /// Nobody listens, or not any more.
    Free,
    /// A healthy stack, which may stay.
    Served,
}

/// Looks who is on the port. One of ours that is to be restarted is ended.
pub(super) async fn vacate(
    request: &StackRequest,
    http: &Http,
    port: u16,
    notices: &(dyn Fn(String) + Send + Sync),
) -> Result<Vacancy, Error> {
    let route = health_route(request);
    let looked = tokio::time::timeout(request.ready_timeout, capabilities::health(http, route)).await;
    match looked.unwrap_or_else(|_| Health::Bad("it does not answer".to_owned())) {
        Health::Refused(_) => Ok(Vacancy::Free),
        Health::Ok if request.force_restart => {
            let owner = PortOwner::find(port);
            let ended = match owner.pid {
                Some(pid) => leftovers::end_server(&request.runs_dir, pid).await,
                None => None,
            };
            notices(ended.ok_or(Error::NotOurs { port, owner })?);
            Ok(Vacancy::Free)
        }
        Health::Ok => Ok(Vacancy::Served),
        Health::NoRoute(status) => {
            let saw = format!("it answers {status} to {}", route.asked());
            Err(Error::ForeignPort { port, owner: PortOwner::find(port), saw })
        }
        Health::Bad(saw) => Err(Error::ForeignPort { port, owner: PortOwner::find(port), saw }),
    }
}

async fn reuse(request: &StackRequest, port: u16, http: &Http, url: String) -> Result<Started, Error> {
    let ready = ready::wait(http, &wanted(request), true).await.map_err(|gave_up| match gave_up {
        GaveUp::Refused(why) => Error::Unreachable { url: url.clone(), why },
        GaveUp::NotReady(not_ready) => not_ready.error(&url, None),
    })?;
    let taken = format!(
        "server on port {port}, which was running already ({}) with the providers that it was started with",
        PortOwner::find(port)
    );
    Ok(Started::elsewhere(taken, url, ready).reused())
}

async fn spawn(
    request: &StackRequest,
    config: &Config,
    port: u16,
    http: &Http,
    url: String,
) -> Result<Started, Error> {
    let mut launch = match &request.runtime {
        Runtime::Embedded => embedded_launch(request, config, port)?,
        Runtime::Python(stack) => python_stack::launch(request, config, port, stack)?,
        Runtime::Command(stack) => command_stack::launch(request, config, port, stack),
    };
    // What was asked for wins.
    launch.env.extend(request.env.iter().cloned());
    let log = LogRequest { path: request.log_dir.join("server.log"), redactor: request.redactor.clone() };
    let child = Child::spawn(&launch, log, request.stop_grace)?;
    let who = match &request.runtime {
        Runtime::Embedded => "embedded stack".to_owned(),
        Runtime::Python(stack) => stack.to_string(),
        Runtime::Command(stack) => stack.shown(config),
    };
    let child = Noted::new(child, &request.log_dir, &format!("{who} on port {port}"))?;
    let wanted = wanted(request);
    let outcome = tokio::select! {
        // A child that has ended may have left its port to somebody else, whose answers are not its own.
        biased;
        status = child.wait() => return Err(died_early(&child, status)),
        outcome = ready::wait(http, &wanted, false) => outcome,
    };
    let serving = match &request.runtime {
        // Its name says it.
        Runtime::Command(_) => String::new(),
        Runtime::Embedded | Runtime::Python(_) => format!(" serving {}", embedded::shown(config)),
    };
    let taken = format!("{who}, a process on port {port}{serving}");
    match outcome {
        Ok(ready) => ready_child(child, taken, port, url, ready).await,
        Err(GaveUp::Refused(why)) => Err(Error::Unreachable { url, why }),
        Err(GaveUp::NotReady(not_ready)) => {
            let end = LogEnd::of(child.log());
            child.stop().await;
            Err(not_ready.error(&url, Some(end)))
        }
    }
}

fn embedded_launch(request: &StackRequest, config: &Config, port: u16) -> Result<Launch, Error> {
    // What the child would only say in its log is said here: a config that it cannot play.
    embedded::embedded_config(config, &|name| request.lookup(name))?;
    let served = embedded::redirected(config, request);
    let args = ["serve", &served.to_string(), "--port", &port.to_string(), "--until-stdin-closes"];
    let args = args.map(str::to_owned).to_vec();
    Ok(Launch { program: request.exe.clone(), args, ..Launch::default() })
}

/// A server of our own on a free port, for a config without one.
pub(super) async fn private(request: &StackRequest, config: &Config) -> Result<Started, Error> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(Error::Listen)?;
    let port = listener.local_addr().map_err(Error::Listen)?.port();
    drop(listener);
    let url = format!("http://127.0.0.1:{port}");
    spawn(request, config, port, &Http::new(&url)?, url).await
}

async fn ready_child(
    child: Noted,
    taken: String,
    port: u16,
    url: String,
    ready: Ready,
) -> Result<Started, Error> {
    // Somebody else may have taken the port first; then the child is about to find out.
    if PortOwner::find(port).pid.is_some_and(|owner| !child.group().has(owner)) {
        let _ = tokio::time::timeout(CLASH, child.wait()).await;
    }
    if let Some(status) = child.ended() {
        return Err(died_early(&child, status));
    }
    Ok(Started::child(taken, url, ready, child))
}

fn died_early(child: &Child, status: String) -> Error {
    Error::DiedEarly { status, end: LogEnd::of(child.log()) }
}

/// What the server is asked for its health.
fn health_route(request: &StackRequest) -> HealthRoute<'_> {
    let own = match (&request.container, &request.runtime) {
        (Some(container), _) => &container.health,
        (None, Runtime::Command(stack)) => &stack.health,
        (None, Runtime::Embedded | Runtime::Python(_)) => return HealthRoute::Stack,
    };
    own.as_deref().map_or(HealthRoute::Usual, HealthRoute::At)
}

pub(super) fn wanted(request: &StackRequest) -> Wanted<'_> {
    Wanted {
        models: &request.wanted_models,
        health: health_route(request),
        settle: SETTLE,
        timeout: request.ready_timeout,
    }
}

/// A child of ours that is written down.
#[derive(Debug)]
pub(super) struct Noted {
    /// Dropped before the note: what is written down is there at least as long as the child.
    child: Child,
    _note: Option<Note>,
}

impl Noted {
    fn new(child: Child, folder: &Path, what: &str) -> Result<Self, Error> {
        // One that has ended already is waited for by nobody but us.
        let identity = Identity::of(child.pid()).filter(|identity| identity.started.is_some());
        let noted = |identity| started::Started::Process { identity, leads: true, what: what.to_owned() };
        let note = identity.map(|identity| Note::write(folder, noted(identity))).transpose()?;
        Ok(Self { child, _note: note })
    }

    /// See [`Child::stop`].
    pub(super) async fn stop(self) {
        self.child.stop().await;
    }
}

impl Deref for Noted {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.child
    }
}
