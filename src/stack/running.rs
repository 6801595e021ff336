//! A stack that runs.

use super::container::Container;
use super::log_end::{Died, LogEnd};
use super::process::Noted;
use super::ready::Ready;
use super::remote::without_credentials;
use super::{Error, Runtime, StackRequest, builtin, container, process, remote};
use crate::events::StackInfo;
use crate::model::{Capabilities, Server};
use crate::stack_config::Target;
use crate::starter;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A stack that is ready. What was started for it ends when it is stopped or dropped.
#[derive(Debug)]
pub struct Stack {
    url: String,
    info: StackInfo,
    capabilities: Capabilities,
    reused: bool,
    held: Held,
}

/// What we hold of it.
#[derive(Debug)]
enum Held {
    InProcess(starter::Running),
    Child(Box<Noted>),
    Container(Box<Container>),
    /// Somebody else's.
    Nothing,
}

/// What the file of a target hands back.
pub(super) struct Started {
    taken: String,
    url: String,
    ready: Ready,
    reused: bool,
    held: Held,
}

impl Started {
    pub(super) fn builtin(taken: String, url: String, ready: Ready, running: starter::Running) -> Self {
        Self { taken, url, ready, reused: false, held: Held::InProcess(running) }
    }

    pub(super) fn child(taken: String, url: String, ready: Ready, child: Noted) -> Self {
        Self { taken, url, ready, reused: false, held: Held::Child(Box::new(child)) }
    }

    pub(super) fn container(taken: String, url: String, ready: Ready, container: Container) -> Self {
        Self { taken, url, ready, reused: false, held: Held::Container(Box::new(container)) }
    }

    pub(super) fn elsewhere(taken: String, url: String, ready: Ready) -> Self {
        Self { taken, url, ready, reused: false, held: Held::Nothing }
    }

    pub(super) fn reused(self) -> Self {
        Self { reused: true, ..self }
    }
}

/// Starts or reaches the stack and returns when it is ready. `cancel` ends the waiting, and what was started. What the user
/// should know that is no failure goes to `notices`.
///
/// # Errors
/// It cannot be started, it died, it is not ready in time, something else is on its port, or `cancel` was called.
pub async fn start(
    request: StackRequest,
    cancel: CancellationToken,
    notices: &(dyn Fn(String) + Send + Sync),
) -> Result<Stack, Error> {
    let began = Instant::now();
    let started =
        cancel.run_until_cancelled(start_target(&request, notices)).await.ok_or(Error::Cancelled)??;
    for notice in &started.ready.notices {
        notices(notice.clone());
    }
    if started.reused {
        notices(format!("reusing the {}", started.taken));
    }
    let log = match &started.held {
        Held::Child(child) => Some(child.log().path().to_owned()),
        Held::Container(container) => container.log(),
        Held::InProcess(_) | Held::Nothing => None,
    };
    let info = StackInfo {
        stack: 0,
        copies: 1,
        taken: started.taken,
        reused: started.reused,
        url: without_credentials(&started.url),
        version: started.ready.capabilities.version.clone(),
        log,
        ready_after: began.elapsed(),
    };
    let Started { url, reused, held, ready, .. } = started;
    let mut capabilities = ready.capabilities;
    // What was started is known better than by what it says.
    match (&held, &request.runtime) {
        (Held::InProcess(_), _) | (Held::Child(_), Runtime::Embedded) => {
            capabilities.server = Server::Embedded
        }
        (Held::Child(_), Runtime::Python(stack)) => capabilities.server = stack.product.server(),
        (Held::Child(_), Runtime::Command(_)) | (Held::Container(_) | Held::Nothing, _) => {}
    }
    Ok(Stack { url, info, capabilities, reused, held })
}

async fn start_target(
    request: &StackRequest,
    notices: &(dyn Fn(String) + Send + Sync),
) -> Result<Started, Error> {
    match &request.target {
        Target::Builtin(config) => match request.runtime {
            Runtime::Embedded => builtin::start(request, config).await,
            Runtime::Python(_) | Runtime::Command(_) => process::private(request, config).await,
        },
        Target::Process { config, port } => process::start(request, config, *port, notices).await,
        Target::Container { image, port } => container::start(request, image, *port, notices).await,
        Target::Remote { url } => remote::reach(request, url).await,
    }
}

impl Stack {
    /// Its base URL, without a slash at the end; it may hold credentials that [`Stack::info`] does not.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What is told about it.
    pub fn info(&self) -> &StackInfo {
        &self.info
    }

    /// What it offers.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether it was running already on the port of a `server:` config.
    pub fn reused(&self) -> bool {
        self.reused
    }

    /// How it died, with the end of its log. Pends for ever where that cannot be known: it runs in this process, or
    /// somebody else runs it.
    pub async fn wait_died(&self) -> Died {
        match &self.held {
            Held::Child(child) => Died { status: child.wait().await, end: Some(LogEnd::of(child.log())) },
            Held::Container(container) => Died { status: container.wait().await, end: container.log_end() },
            Held::InProcess(_) | Held::Nothing => std::future::pending().await,
        }
    }

    /// Stops what was started and returns when nothing of it is left.
    pub async fn stop(self) {
        match self.held {
            Held::InProcess(running) => running.stop().await,
            Held::Child(child) => child.stop().await,
            Held::Container(container) => container.stop().await,
            Held::Nothing => {}
        }
    }
}
