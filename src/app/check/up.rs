//! A stack that is started to be looked at: its gateway before it, no case run.

use crate::app::run::rig::Rig;
use crate::app::run::signals::Signals;
use crate::events::Event;
use crate::gateway::Gateway;
use crate::model::InferenceMode;
use crate::plan::Plan;
use crate::runner::Stop;
use crate::source::Diagnostic;
use crate::stack::{self, Stack};
use tokio::sync::mpsc::unbounded_channel;

/// A stack with what stands before it.
pub(super) struct Up {
    pub(super) stack: Stack,
    gateway: Option<Gateway>,
    /// What the user should know.
    pub(super) notices: Vec<String>,
}

/// Why there is none.
pub(super) enum Down {
    /// The user asked for the end.
    Interrupted,
    /// The gateway did not start.
    Gateway(Vec<Diagnostic>),
    /// The stack did not start.
    Stack(Box<stack::Error>),
}

impl Up {
    /// Starts the gateway, which replays, and the stack, or finds the one that runs.
    pub(super) async fn start(rig: &Rig<'_>, stop: &Stop) -> Result<Self, Down> {
        let mode = InferenceMode::Replay;
        let mut notices = rig.clear_leftovers().await;
        let gateway = if rig.is_remote() {
            None
        } else {
            let config = rig.gateway_config(mode, &Plan::default());
            Some(rig.start_gateway(config).await.map_err(Down::Gateway)?)
        };
        let (events, mut told) = unbounded_channel();
        let behind = gateway.as_ref().map(|gateway| (gateway, mode));
        let stack = match rig.start_stack(&events, behind, stop).await {
            Ok(stack) => stack,
            Err(error) => {
                if let Some(gateway) = gateway {
                    gateway.finish().await;
                }
                rig.tidy();
                return Err(match error {
                    stack::Error::Cancelled => Down::Interrupted,
                    error => Down::Stack(Box::new(error)),
                });
            }
        };
        drop(events);
        while let Some(event) = told.recv().await {
            if let Event::Notice(notice) = event {
                notices.push(notice);
            }
        }
        Ok(Self { stack, gateway, notices })
    }

    /// Does `work` unless the user asks for the end, and takes everything down.
    pub(super) async fn during<T>(
        self,
        rig: &Rig<'_>,
        signals: &Signals,
        work: impl AsyncFnOnce(&Stack) -> T,
    ) -> Option<T> {
        let done = tokio::select! {
            done = work(&self.stack) => Some(done),
            () = signals.asked(1) => None,
        };
        self.stack.stop().await;
        if let Some(gateway) = self.gateway {
            gateway.finish().await;
        }
        rig.tidy();
        done
    }
}
