//! A container, from its start to its removal.

use super::argv;
use super::image;
use super::network::{CONTAINER_HOST, seen_from_inside};
use super::{Client, ContainerSpec, Network};
use crate::process::{Child, LogRequest};
use crate::stack::log_end::LogEnd;
use crate::stack::process::{self, Vacancy};
use crate::stack::ready::{self, GaveUp};
use crate::stack::running::Started;
use crate::stack::started::{self, Note};
use crate::stack::{Error, PortOwner, StackRequest};
use crate::stack_config::Image;
use std::sync::atomic::{AtomicU32, Ordering};

/// What a server in a container is told about where it listens: its own interfaces, as ours are not among them. That of
/// `stack-test serve`.
const SERVE_ON: (&str, &str) = ("STACK_TEST_SERVE_ON", "0.0.0.0");

/// Containers of this process are numbered.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A container that runs. It is removed when it is dropped.
#[derive(Debug)]
pub(in crate::stack) struct Container {
    /// The client, attached to it: ends when it does. `None` once it is stopped.
    child: Option<Child>,
    client: Client,
    name: String,
    run: String,
    /// `None` once it is removed.
    note: Option<Note>,
}

/// Starts a container of `image` that serves on `port`.
pub(in crate::stack) async fn start(
    request: &StackRequest,
    image: &Image,
    port: u16,
    notices: &(dyn Fn(String) + Send + Sync),
) -> Result<Started, Error> {
    let Some(spec) = &request.container else {
        return Err(Error::NoContainers { tried: vec![format!("nobody is told how to run `{image}`")] });
    };
    let client = Client::find(&spec.clients).await?;
    let url = format!("http://127.0.0.1:{port}");
    let http = crate::stack::http::Http::new(&url)?;
    match process::vacate(request, &http, port, notices).await? {
        Vacancy::Free => {}
        Vacancy::Served => return Err(Error::PortTaken { port, owner: PortOwner::find(port) }),
    }
    let tag = image::ensure(client, &spec.image, request, notices).await?;
    let container = Container::run(request, spec, client, (&tag, port))?;
    let wanted = process::wanted(request);
    let outcome = tokio::select! {
        biased;
        status = container.wait() => Err(container.died_early(&tag, status)),
        outcome = ready::wait(&http, &wanted, false) => Ok(outcome),
    };
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(died) => {
            container.stop().await;
            return Err(died);
        }
    };
    match outcome {
        Ok(mut ready) => {
            ready.notices.extend(exposed(spec, port));
            let taken = format!("container of {tag} ({}) on port {port}", client.name());
            Ok(Started::container(taken, url, ready, container))
        }
        Err(GaveUp::Refused(why)) => Err(Error::Unreachable { url, why }),
        Err(GaveUp::NotReady(not_ready)) => {
            let end = container.log_end();
            container.stop().await;
            Err(not_ready.error(&url, end))
        }
    }
}

/// What is to be said of a server that has our network and takes calls of others, too.
fn exposed(spec: &ContainerSpec, port: u16) -> Option<String> {
    (spec.network == Network::Host && PortOwner::is_exposed(port)).then(|| {
        format!(
            "the server in the container listens on all interfaces of this machine, port {port}; with \
             `containers: {{ network: bridge }}` it would be reached from here only"
        )
    })
}

impl Container {
    fn run(
        request: &StackRequest,
        spec: &ContainerSpec,
        client: &Client,
        (image, port): (&str, u16),
    ) -> Result<Self, Error> {
        let name = format!("stack-test-{}-{}", spec.run_id, NEXT.fetch_add(1, Ordering::Relaxed));
        let env = env(request, spec, port);
        let mut launch = client.launch(argv::run((client, spec), (&name, image, port), &env));
        launch.env = env.into_iter().filter(|(name, _)| !argv::is_heeded(name)).collect();
        // Before it is there: one that is not does no harm to whoever looks for it.
        let noted = started::Started::Container {
            name: name.clone(),
            run: spec.run_id.clone(),
            client: client.name(),
        };
        let note = Note::write(&request.log_dir, noted)?;
        let log = LogRequest { path: request.log_dir.join("server.log"), redactor: request.redactor.clone() };
        let child = Child::spawn(&launch, log, request.stop_grace)?;
        let run = spec.run_id.clone();
        Ok(Self { child: Some(child), client: client.clone(), name, run, note: Some(note) })
    }

    /// The log of what it says.
    pub(in crate::stack) fn log(&self) -> Option<std::path::PathBuf> {
        self.child.as_ref().map(|child| child.log().path().to_owned())
    }

    /// The end of it.
    pub(in crate::stack) fn log_end(&self) -> Option<LogEnd> {
        self.child.as_ref().map(|child| LogEnd::of(child.log()))
    }

    /// How it ended; pends until it has.
    pub(in crate::stack) async fn wait(&self) -> String {
        let Some(child) = &self.child else { return "it was stopped".to_owned() };
        let status = child.wait().await;
        // The client is not the container: one that was killed has left it running.
        let state = ["inspect", "--format", "{{.State.Status}} {{.State.OOMKilled}}", &self.name];
        match self.client.ask(&state).await.as_deref().map(str::trim) {
            Ok(state) if state.starts_with("running") => {
                format!("{status}, of `{} run`; the container itself was still running", self.client.name())
            }
            Ok(state) if state.ends_with("true") => format!("{status}; it had used up its memory"),
            _ => status,
        }
    }

    fn died_early(&self, image: &str, status: String) -> Error {
        Error::ContainerDied {
            image: image.to_owned(),
            client: self.client.shown(),
            status,
            end: self.log_end(),
        }
    }

    /// Asks it to end, and removes it.
    pub(in crate::stack) async fn stop(mut self) {
        if let Some(child) = self.child.take() {
            // The client passes the request on.
            child.stop().await;
        }
        let removed = self.client.remove(&self.name).await;
        // That it was gone already is an error for some clients.
        let is_gone =
            removed.is_ok() || matches!(self.client.labelled(&self.name, &self.run).await, Ok(None));
        if let Some(mut note) = self.note.take()
            && !is_gone
        {
            note.keep();
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if let Some(mut note) = self.note.take()
            && !self.client.remove_blocking(&self.name)
        {
            note.keep();
        }
    }
}

fn is_no_proxy(name: &str) -> bool {
    name.eq_ignore_ascii_case("no_proxy")
}

/// The variables of the container: where it listens, then what was asked for, which wins. Of a name the last counts.
fn env(request: &StackRequest, spec: &ContainerSpec, port: u16) -> Vec<(String, String)> {
    let mut env: Vec<(String, String)> =
        ["LLAMA_STACK_PORT", "OGX_PORT"].map(|name| (name.to_owned(), port.to_string())).to_vec();
    for (name, value) in crate::stack::python_stack::RECORDER_OFF {
        env.push((name.to_owned(), value.to_owned()));
    }
    if spec.network == Network::Bridge {
        env.push((SERVE_ON.0.to_owned(), SERVE_ON.1.to_owned()));
    }
    let inside = |value: &str| {
        let file = spec.files.iter().find(|file| file.as_os_str() == value);
        match (file, spec.network) {
            (Some(file), _) => argv::inside(file),
            (None, Network::Bridge) => seen_from_inside(value),
            (None, Network::Host) => value.to_owned(),
        }
    };
    env.extend(request.env.iter().map(|(name, value)| (name.clone(), inside(value))));
    let exceptions = env.iter_mut().filter(|(name, value)| is_no_proxy(name) && !value.is_empty());
    for (_, value) in exceptions.filter(|_| spec.network == Network::Bridge) {
        // The gateway is there, by its base URLs.
        value.push_str(&format!(",{CONTAINER_HOST}"));
    }
    env
}
