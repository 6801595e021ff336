//! How the cases ended that are being recorded, and of which of them nothing was kept.

use crate::events::Event;
use crate::model::{CaseId, Outcome, Status, Traffic};
use crate::recording::Owner;
use std::collections::HashMap;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// How the cases ended that are recorded.
#[derive(Debug, Default)]
pub(in crate::app) struct Ends {
    pub(in crate::app) cases: HashMap<CaseId, End>,
    /// Their provider calls that came to the gateway.
    calls: usize,
}

/// How a case ended.
#[derive(Debug, Clone, Copy)]
pub(in crate::app) struct End {
    pub(in crate::app) status: Status,
    /// Whether it counts as a failure.
    pub(in crate::app) failed: bool,
    /// Whether it asked a provider for what is not kept.
    unkept: bool,
}

impl End {
    fn new(outcome: &Outcome, traffic: &Traffic) -> Self {
        Self { status: outcome.status(), failed: outcome.is_failure(), unkept: traffic.live > 0 }
    }

    /// Whether it ended as its suite wants it to.
    pub(in crate::app) fn is_well(self) -> bool {
        !self.failed && self.status != Status::Skipped
    }
}

impl Ends {
    /// Passes events on and notes how cases end.
    pub(in crate::app) async fn note(mut from: UnboundedReceiver<Event>, to: UnboundedSender<Event>) -> Self {
        let mut ends = Self::default();
        while let Some(event) = from.recv().await {
            if let Event::CaseFinished(case) = &event {
                ends.cases.insert(case.id.clone(), End::new(&case.outcome, &case.traffic));
                let Traffic { replayed, recorded, live, misses, .. } = &case.traffic;
                ends.calls += replayed + recorded + live + misses.len();
            }
            let _ = to.send(event);
        }
        ends
    }

    /// What to know of those of whom nothing was kept, apart from `told`, of whom an error tells; `session`: nor of the calls
    /// outside cases.
    pub(in crate::app) fn unkept(&self, told: &[Owner], session: bool) -> Option<String> {
        let told =
            |case: &CaseId| told.iter().any(|owner| matches!(owner, Owner::Case(told) if told == case));
        let unkept: Vec<Status> = self
            .cases
            .iter()
            .filter(|(case, end)| end.unkept && !told(case))
            .map(|(_, end)| end.status)
            .collect();
        let count = |wanted: &[Status]| unkept.iter().filter(|status| wanted.contains(status)).count();
        let (errors, skipped) = (count(&[Status::Error]), count(&[Status::Skipped]));
        let failed = unkept.len() - errors - skipped;
        let counts = [
            (failed, "that failed", "that failed"),
            (errors, "that ended in an error", "that ended in errors"),
            (skipped, "that was skipped", "that were skipped"),
        ];
        let mut whose: Vec<String> = Vec::new();
        for (count, one, many) in counts {
            match count {
                0 => {}
                1 => whose.push(format!("the case {one}")),
                count => whose.push(format!("the {count} cases {many}")),
            }
        }
        if session {
            whose.push("the calls outside cases, as no case was recorded".to_owned());
        }
        let had = match (whose.len(), unkept.len()) {
            (0, _) => return None,
            (1, 1) => "what it had stays",
            _ => "what they had stays",
        };
        let way = match (failed, unkept.len()) {
            (0, _) => "",
            (1, 1) => " (--keep-failed records it all the same)",
            (failed, all) if failed == all => " (--keep-failed records them all the same)",
            _ => " (--keep-failed records what failed all the same)",
        };
        Some(format!("nothing was recorded of {}, and {had}{way}", whose.join(" and ")))
    }

    /// Whether cases ran, and the gateway saw no call of any.
    pub(in crate::app) fn lack_calls(&self) -> bool {
        let ran = self.cases.values().any(|end| end.status != Status::Skipped);
        ran && self.calls == 0
    }
}
