//! Asking again until the answer is as wanted.

use super::attempt::{Attempt, Halt};
use crate::check::Observed;
use crate::plan::{OnTimeout, Polling, RequestStep};
use crate::source::Diagnostic;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The first pause; it doubles up to [`LONGEST_PAUSE`], so that quick work is seen quickly and slow work is not pestered.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Repeats the request of `step` until `polling.until` holds and returns that answer.
pub(super) async fn poll(
    attempt: &mut Attempt<'_>,
    step: &RequestStep,
    polling: &Polling,
) -> Result<Observed, Halt> {
    let deadline = attempt.deadline.min(Instant::now() + polling.within);
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let observed = attempt.ask(step).await?;
        let open = polling.until.evaluate(&observed, &attempt.scope).failures;
        if open.is_empty() {
            return Ok(observed);
        }
        if let Some(abort_if) = &polling.abort_if
            && abort_if.evaluate(&observed, &attempt.scope).failures.is_empty()
        {
            return Err(aborted(attempt, step, &observed, open));
        }
        if Instant::now() >= deadline {
            return Err(over(attempt, step, polling, open, began.elapsed()));
        }
        // The last look is at the deadline itself, however long the pause would be.
        sleep_until(deadline.min(Instant::now() + pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn aborted(
    attempt: &mut Attempt<'_>,
    step: &RequestStep,
    observed: &Observed,
    open: Vec<Diagnostic>,
) -> Halt {
    let body = String::from_utf8_lossy(&observed.body[..observed.body.len().min(1000)]).into_owned();
    let what = "the wait was given up: `abort_if` holds";
    let halt =
        attempt.fail(Diagnostic::at(step.origin.clone(), what).note(format!("the answer was: {body}")));
    attempt.ended.failures.extend(open);
    halt
}

fn over(
    attempt: &mut Attempt<'_>,
    step: &RequestStep,
    polling: &Polling,
    open: Vec<Diagnostic>,
    waited: Duration,
) -> Halt {
    let cut = if waited < polling.within { ", when the time of the case was over" } else { "" };
    let what = format!("what was waited for did not come within {:.1}s{cut}", waited.as_secs_f64());
    match polling.on_timeout {
        OnTimeout::Skip => {
            let wanted = open.into_iter().next().map(|failure| failure.what).unwrap_or_default();
            Halt::Skip(if wanted.is_empty() { what } else { format!("{what}: {wanted}") })
        }
        OnTimeout::Fail => {
            let halt = attempt.fail(Diagnostic::at(step.origin.clone(), what));
            attempt.ended.failures.extend(open);
            halt
        }
    }
}
