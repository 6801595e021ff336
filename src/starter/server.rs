//! Serving.

use super::StarterConfig;
use super::connections::accept;
use super::error::ServeError;
use super::router::routes;
use super::shared::Shared;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A running embedded stack. It stops when dropped; [`Running::stop`] also waits for its tasks.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    /// Cancels everything when dropped: the accept loop lets answers under way end for a second and breaks off the rest,
    /// batches and model lists are broken off at once.
    shutdown: DropGuard,
    serving: JoinHandle<()>,
    shared: Arc<Shared>,
}

/// Serves on `listener` until stopped. It answers at once; the models are asked for in the background, and what needs
/// them waits for them.
///
/// # Errors
/// A listener that has no address, or a system on which no provider can be called.
pub async fn serve(listener: TcpListener, config: StarterConfig) -> Result<Running, ServeError> {
    let addr = listener.local_addr()?;
    let shutdown = CancellationToken::new();
    let (router, document) = routes(&config);
    let shared = Shared::start(config, document, shutdown.clone())?;
    let router = router.with_state(Arc::clone(&shared));
    let serving = tokio::spawn(accept(listener, router, shutdown.clone()));
    Ok(Running { addr, shutdown: shutdown.drop_guard(), serving, shared })
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops taking requests, ends its background work and returns when all of it is done: at once where nothing is
    /// under way, after a second at the latest where an answer does not end.
    pub async fn stop(self) {
        drop(self.shutdown);
        // It ends by itself and is never aborted; an error could only be a panic, which has been reported already.
        let _ = self.serving.await;
        self.shared.background_ended().await;
    }
}
