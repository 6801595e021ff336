//! Ending a run early.

use tokio::sync::watch;

/// Why a run ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// Take no further case; let those in flight finish.
    NoMoreCases(String),
    /// Break off the cases in flight too; their `finally` still runs.
    BreakOff(String),
}

impl StopReason {
    /// The reason in words.
    pub fn words(&self) -> &str {
        match self {
            Self::NoMoreCases(words) | Self::BreakOff(words) => words,
        }
    }
}

/// A handle by which anyone may end a run early. Clones share one state.
#[derive(Debug, Clone)]
pub struct Stop {
    state: watch::Sender<Option<StopReason>>,
}

impl Default for Stop {
    fn default() -> Self {
        Self { state: watch::Sender::new(None) }
    }
}

impl Stop {
    /// Asks for the end. The first reason stands; breaking off overrules a milder request.
    pub fn request(&self, reason: StopReason) {
        self.state.send_if_modified(|state| {
            let stronger = match (&*state, &reason) {
                (None, _) | (Some(StopReason::NoMoreCases(_)), StopReason::BreakOff(_)) => true,
                (Some(_), _) => false,
            };
            if stronger {
                *state = Some(reason.clone());
            }
            stronger
        });
    }

    /// The reason, once the end was asked for.
    pub fn reason(&self) -> Option<StopReason> {
        self.state.borrow().clone()
    }

    /// Whether no further case may begin.
    pub fn is_requested(&self) -> bool {
        self.state.borrow().is_some()
    }

    /// Resolves, with the reason in words, when the cases in flight must break off.
    pub async fn broken_off(&self) -> String {
        let mut state = self.state.subscribe();
        let reason = state.wait_for(|state| matches!(state, Some(StopReason::BreakOff(_)))).await;
        // The sender lives as long as `self`, so the wait cannot fail.
        reason
            .ok()
            .and_then(|state| state.as_ref().map(|reason| reason.words().to_owned()))
            .unwrap_or_default()
    }

    /// Resolves when no further case may begin.
    pub async fn requested(&self) {
        let mut state = self.state.subscribe();
        let _ = state.wait_for(Option::is_some).await;
    }
}
