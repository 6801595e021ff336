//! The stack of a run, as often as it was started.

use crate::events::StackInfo;
use crate::source::Diagnostic;
use crate::stack::{self, Stack};
use futures_util::future::{join_all, select_all};

/// A stack and copies of it, all ready; at least one.
pub(in crate::app) struct Copies(Vec<Stack>);

impl Copies {
    /// All of them.
    ///
    /// # Errors
    /// The first that is not there; the others are stopped.
    pub(in crate::app) async fn all(started: Vec<Result<Stack, stack::Error>>) -> Result<Self, stack::Error> {
        let (mut ready, mut failed) = (Self(Vec::new()), None);
        for one in started {
            match one {
                Ok(stack) => ready.0.push(stack),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        match failed {
            None => Ok(ready),
            Some(error) => {
                ready.stop().await;
                Err(error)
            }
        }
    }

    /// The first of them; the others offer the same.
    pub(in crate::app) fn first(&self) -> &Stack {
        &self.0[0]
    }

    /// What is told about them, the run's stack number `stack`.
    pub(in crate::app) fn info(&self, stack: usize) -> StackInfo {
        let copies = self.0.len();
        let mut info = StackInfo { stack, copies, ..self.first().info().clone() };
        if copies > 1 {
            info.taken = format!("{copies} copies of: {}", info.taken);
            info.ready_after = self.0.iter().map(|copy| copy.info().ready_after).max().unwrap_or_default();
        }
        info
    }

    /// Where they are.
    pub(in crate::app) fn urls(&self) -> Vec<String> {
        self.0.iter().map(|copy| copy.url().to_owned()).collect()
    }

    /// What to say of the first that dies; see [`Stack::wait_died`].
    pub(in crate::app) async fn wait_died(&self, when: &str) -> Diagnostic {
        let (died, number, _) = select_all(self.0.iter().map(|copy| Box::pin(copy.wait_died()))).await;
        let told = died.diagnostic(when);
        if self.0.len() > 1 {
            Diagnostic { what: format!("copy {}: {}", number + 1, told.what), ..told }
        } else {
            told
        }
    }

    /// Stops all that was started and returns when nothing of it is left.
    pub(in crate::app) async fn stop(self) {
        join_all(self.0.into_iter().map(Stack::stop)).await;
    }
}
