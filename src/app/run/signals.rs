//! Ctrl-C, once and twice.

use crate::runner::{Stop, StopReason};
use tokio::sync::watch;

/// How often the user has asked the run to end.
#[derive(Debug, Clone)]
pub(in crate::app) struct Signals {
    count: watch::Receiver<u32>,
}

impl Signals {
    /// Begins to listen for SIGINT, SIGTERM and SIGHUP, from this call on. At the first, `told` is called,
    /// and `stop` is asked to break off.
    pub(in crate::app) fn listen(stop: Stop, told: impl FnOnce() + Send + 'static) -> Self {
        let (sender, count) = watch::channel(0);
        let mut listener = Listener::new();
        let mut told = Some(told);
        tokio::spawn(async move {
            loop {
                let name = listener.next().await;
                // Told and counted first: the run may end at once, and must then be known to have been interrupted.
                if let Some(told) = told.take() {
                    told();
                }
                sender.send_modify(|count| *count += 1);
                stop.request(StopReason::BreakOff(format!("interrupted by {name}")));
            }
        });
        Self { count }
    }

    /// Resolves when the user has asked `times` times.
    pub(in crate::app) async fn asked(&self, times: u32) {
        let mut count = self.count.clone();
        if count.wait_for(|count| *count >= times).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Receives the signals by which a user or a supervisor asks for the end. What arrives between two calls of
/// [`Listener::next`] is not lost.
#[cfg(unix)]
pub(in crate::app) struct Listener {
    signals: [(&'static str, Option<tokio::signal::unix::Signal>); 3],
}

#[cfg(unix)]
impl Listener {
    /// Listens from this call on.
    pub(in crate::app) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |name, kind| (name, signal(kind).ok());
        Self {
            signals: [
                listen("Ctrl-C", SignalKind::interrupt()),
                listen("SIGTERM", SignalKind::terminate()),
                listen("SIGHUP", SignalKind::hangup()),
            ],
        }
    }

    /// The name of the next signal.
    pub(in crate::app) async fn next(&mut self) -> &'static str {
        std::future::poll_fn(|context| {
            for (name, signal) in &mut self.signals {
                if signal.as_mut().is_some_and(|signal| signal.poll_recv(context).is_ready()) {
                    return std::task::Poll::Ready(*name);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}

/// Receives Ctrl-C.
#[cfg(not(unix))]
pub(in crate::app) struct Listener;

#[cfg(not(unix))]
impl Listener {
    /// Listens.
    pub(in crate::app) fn new() -> Self {
        Self
    }

    /// The name of the next signal.
    pub(in crate::app) async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}
