//! A process of another runner that is spoken with, from its start to its end.

use super::attempt::Ended;
use super::external::{Externals, broken, broken_off, too_long, with_log};
use super::pool::{Pool, Unit, Yield};
use super::told::judge;
use crate::events::Event;
use crate::external::{Answer, Finished, How, Hung, Lost, Said, Tool, Worker};
use crate::model::Outcome;
use crate::source::Diagnostic;
use crate::wire::trace;
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, timeout};

/// How clients of many kinds say that a connection broke.
const BROKE: [&str; 3] = ["onnection", "ECONN", "socket hang up"];

/// How long a process has to tell what its test does that does not end.
const LAST_WORD: Duration = Duration::from_secs(1);

/// A process that is spoken with.
pub(super) struct Conversation<'a, 'p> {
    with: Externals<'a>,
    pool: &'p Pool<'a>,
    worker: Worker,
    tool: &'p Tool,
    /// What it will be given.
    unit: Unit,
    /// What it was given and has not begun.
    assigned: Unit,
    running: Option<Running<'a>>,
    /// How many tests it has finished.
    finished: usize,
    /// Whether it knows that there is no other test.
    told_end: bool,
    /// By when something must be heard of it.
    deadline: Instant,
    /// What it told of its test that does not end.
    hanging: Option<Box<Hung>>,
}

/// The test that runs.
struct Running<'a> {
    place: usize,
    begun: std::time::Instant,
    /// Its slot among the cases in flight.
    _slot: Option<SemaphorePermit<'a>>,
}

/// Why a conversation ends.
enum Over {
    /// There is nothing more to be run.
    Done,
    /// The tests in flight are to be broken off.
    BrokenOff(String),
    /// No further test is to begin.
    Stopped,
    /// Nothing was heard in time.
    Silent,
    Lost(Lost),
}

impl<'a, 'p> Conversation<'a, 'p> {
    /// With a process that has just been started; `unit` is what it was given at its start.
    pub(super) fn new(
        with: Externals<'a>,
        pool: &'p Pool<'a>,
        worker: Worker,
        (tool, unit): (&'p Tool, Option<Unit>),
    ) -> Self {
        let deadline = Instant::now() + tool.start_timeout;
        let (assigned, unit) = (Unit::new(), unit.unwrap_or_default());
        Self {
            with,
            pool,
            worker,
            tool,
            unit,
            assigned,
            running: None,
            finished: 0,
            told_end: false,
            deadline,
            hanging: None,
        }
    }

    /// Speaks to its end: what came of it, and what was wrong with it.
    pub(super) async fn run(mut self) -> (Yield, Option<Diagnostic>) {
        let over = loop {
            let said = tokio::select! {
                biased;
                reason = self.with.shared.stop.broken_off() => break Over::BrokenOff(reason),
                // One that has not got to a test has nothing to take down.
                () = self.with.shared.stop.requested(), if self.finished == 0 && self.running.is_none() => {
                    break Over::Stopped;
                }
                said = self.worker.hear() => said,
                () = tokio::time::sleep_until(self.deadline) => break self.silent().await,
            };
            match said {
                Ok(said) => {
                    if let Err(over) = self.answer(said).await {
                        break over;
                    }
                }
                Err(lost) => break Over::Lost(lost),
            }
        };
        self.conclude(over).await
    }

    async fn answer(&mut self, said: Said) -> Result<(), Over> {
        let nonsense = |what: String| Err(Over::Lost(Lost::Nonsense(what)));
        match said {
            Said::Ready => {}
            Said::Next => self.next().await?,
            Said::File { tests, .. } => self.select(&tests).await,
            Said::Started { id } if self.running.is_none() => match self.assigned_as(&id) {
                Some(place) => return self.begin(place).await,
                None => return nonsense(format!("it began `{id}`, which it was not given")),
            },
            Said::Started { id } => {
                return nonsense(format!("it began `{id}` in the middle of another test"));
            }
            Said::Outside | Said::Inside => {
                if let Some(running) = &self.running {
                    let (scope, case) = (self.with.executor.scope, &self.pool.case(running.place).id);
                    if matches!(said, Said::Outside) { scope.pause(case) } else { scope.resume(case) }
                }
                self.worker.say(&Answer::Go { baggage: None, limit: None }).await;
            }
            // It was asked once, and that was its end.
            Said::Hung(_) => {}
            Said::Finished(finished) => return self.finish(&finished).await,
            Said::Unknown { id } => match self.assigned_as(&id) {
                Some(place) => {
                    let case = self.pool.case(place);
                    let what = format!("the {} does not have it any more", self.pool.tool.adapter);
                    self.with.unrun(place, case, Diagnostic::at(case.origin.clone(), what));
                    // What it does not have costs no process.
                    self.finished += 1;
                }
                None => return nonsense(format!("it does not know `{id}`, which it was not given")),
            },
            Said::Hello { .. } | Said::Collected { .. } => {
                return nonsense("it listed its tests, where it was to run them".to_owned());
            }
        }
        if self.running.is_none() {
            self.deadline = Instant::now() + self.tool.start_timeout;
        }
        Ok(())
    }

    /// Its time is over. If it is in a test, it may still tell what it does there.
    async fn silent(&mut self) -> Over {
        if self.running.is_some() {
            self.worker.say(&Answer::Hung).await;
            self.hanging = timeout(LAST_WORD, async {
                loop {
                    match self.worker.hear().await {
                        Ok(Said::Hung(told)) => return Some(told),
                        Ok(_) => {}
                        Err(_) => return None,
                    }
                }
            })
            .await
            .ok()
            .flatten();
        }
        Over::Silent
    }

    /// Takes a test out of those it was given.
    fn assigned_as(&mut self, id: &str) -> Option<usize> {
        let at = self.assigned.iter().position(|place| self.pool.id(*place) == id)?;
        self.assigned.remove(at)
    }

    async fn next(&mut self) -> Result<(), Over> {
        let stopped = self.with.shared.stop.is_requested();
        if self.unit.is_empty() && !stopped {
            self.unit = self.pool.take().unwrap_or_default();
        }
        match self.unit.pop_front().filter(|_| !stopped) {
            Some(place) => {
                self.assigned.push_back(place);
                self.worker.say(&Answer::Run { id: self.pool.id(place) }).await;
            }
            None => {
                self.worker.say(&Answer::End).await;
                self.told_end = true;
                // It may have asked one ahead, and then still has a test to run.
                if self.running.is_none() && self.assigned.is_empty() {
                    return Err(Over::Done);
                }
            }
        }
        Ok(())
    }

    async fn select(&mut self, tests: &[String]) {
        let stopped = self.with.shared.stop.is_requested();
        let is_of_it = |place: &usize| !stopped && tests.iter().any(|id| self.pool.id(*place) == id);
        let (wanted, rest): (Unit, Unit) = self.unit.iter().partition(|place| is_of_it(place));
        let ids = wanted.iter().map(|place| self.pool.id(*place)).collect();
        self.worker.say(&Answer::Select { ids }).await;
        self.unit = rest;
        self.assigned.extend(wanted);
    }

    /// Waits for a slot, tells the gateway, and lets the test begin.
    async fn begin(&mut self, place: usize) -> Result<(), Over> {
        let stop = &self.with.shared.stop;
        let slot = tokio::select! {
            biased;
            reason = stop.broken_off() => Err(Over::BrokenOff(reason)),
            () = stop.requested() => Err(Over::Stopped),
            slot = async { if self.with.slots.alone { None } else { self.with.slots.case().await } } => Ok(slot),
        };
        let slot = match slot {
            Ok(slot) => slot,
            Err(over) => {
                self.assigned.push_front(place);
                return Err(over);
            }
        };
        let case = self.pool.case(place);
        let begun = self.with.begin(place, case);
        self.running = Some(Running { place, begun, _slot: slot });
        let limit = self.with.limit(case);
        self.deadline = Instant::now() + limit;
        let baggage = trace::baggage(&case.id);
        let limit = Some(limit.as_secs_f64());
        self.worker.say(&Answer::Go { baggage: Some(&baggage), limit }).await;
        Ok(())
    }

    async fn finish(&mut self, finished: &Finished) -> Result<(), Over> {
        let is_running = |running: &Running<'_>| self.pool.id(running.place) == finished.id;
        if let Some(Running { place, begun, _slot }) = self.running.take_if(|running| is_running(running)) {
            let case = self.pool.case(place);
            let (ended, outcome) = judge(case, finished);
            let (ended, outcome) = self.after_all(place, ended, outcome).await;
            self.with.end(place, case, begun, (ended, outcome));
        } else if let Some(place) = self.assigned_as(&finished.id) {
            // It was skipped before it could begin.
            let case = self.pool.case(place);
            let begun = self.with.begin(place, case);
            self.with.end(place, case, begun, judge(case, finished));
        } else {
            let what = format!("it ended `{}`, which it had not begun", finished.id);
            return Err(Over::Lost(Lost::Nonsense(what)));
        }
        self.finished += 1;
        self.deadline = Instant::now() + self.tool.start_timeout;
        if self.told_end && self.assigned.is_empty() { Err(Over::Done) } else { Ok(()) }
    }

    /// A test that failed as its connection broke may have failed since the stack died, which is known in a moment.
    async fn after_all(&self, place: usize, ended: Ended, outcome: Outcome) -> (Ended, Outcome) {
        let patience = self.with.shared.settings.death_notice;
        let broke = |text: &String| BROKE.iter().any(|word| text.contains(word));
        let broke = |failure: &Diagnostic| broke(&failure.what) || failure.notes.iter().any(broke);
        let failed = matches!(outcome, Outcome::Failed | Outcome::Error);
        if patience > Duration::ZERO
            && failed
            && ended.failures.iter().any(broke)
            && let Ok(reason) = timeout(patience, self.with.shared.stop.broken_off()).await
        {
            return broken(broken_off(self.pool.case(place), &reason), true);
        }
        (ended, outcome)
    }

    /// Ends the process, and settles what becomes of its tests.
    async fn conclude(mut self, over: Over) -> (Yield, Option<Diagnostic>) {
        let began = self.running.is_some();
        let name = format!("the {} that ran it", self.pool.tool.adapter);
        let mut problem = None;
        if let Some(Running { place, begun, _slot }) = self.running.take() {
            let case = self.pool.case(place);
            let at = |what: String| Diagnostic::at(case.origin.clone(), what);
            let (why, elsewhere) = match &over {
                Over::BrokenOff(reason) => (broken_off(case, reason), true),
                Over::Silent => {
                    let told = self.hanging.take().ok_or_else(|| self.worker.tail());
                    let is_told = told.is_ok();
                    let why = too_long(case, self.with.limit(case), told);
                    let all = format!("all of it is in {}", self.worker.log().display());
                    (if is_told { why } else { why.note(all) }, false)
                }
                Over::Lost(lost @ Lost::Nonsense(_)) => {
                    (with_log(at(format!("{name} was ended: {lost}")), self.worker.tail()), true)
                }
                Over::Lost(lost) => {
                    let why = at(format!("{name} did not come to the end of the test: {lost}"));
                    // What ends by a signal was most likely killed by its test; whoever ends by itself wanted no more of it.
                    let wanted_to = !matches!(lost, Lost::Ended(how) if how.starts_with("signal"));
                    (with_log(why, self.worker.tail()), wanted_to)
                }
                Over::Done | Over::Stopped => (at(format!("{name} was ended")), true),
            };
            self.with.end(place, case, begun, broken(why, elsewhere));
        } else if let Over::Lost(_) | Over::Silent = &over {
            problem = self.problem(&over);
        }
        // What had not begun is for another process.
        let mut rest = std::mem::take(&mut self.assigned);
        rest.append(&mut self.unit);
        // jest ends by itself when it has gone through its files.
        let through = self.tool.adapter.how == How::Files && rest.is_empty();
        let well = through || !matches!(over, Over::Silent | Over::Lost(_));
        self.pool.give_back(rest);
        let with = match (well || self.finished > 0, began) {
            (true, _) => Yield::Something,
            (false, true) => Yield::Broken,
            (false, false) => Yield::Nothing,
        };
        match over {
            Over::Done => self.leave().await,
            Over::Stopped => self.worker.stop().await,
            // Dropped, it is killed with all that it started.
            Over::BrokenOff(_) | Over::Silent | Over::Lost(_) => drop(self.worker),
        }
        (with, problem)
    }

    fn problem(&self, over: &Over) -> Option<Diagnostic> {
        let what = match over {
            Over::Silent => format!("nothing was heard of it for {:?}", self.tool.start_timeout),
            Over::Lost(lost) => lost.to_string(),
            Over::Done | Over::BrokenOff(_) | Over::Stopped => return None,
        };
        Some(with_log(Diagnostic::new(what), self.worker.tail()))
    }

    /// Lets it take down what its tests shared.
    async fn leave(self) {
        let log = self.worker.log().display().to_string();
        let ending = self.worker.end(self.tool.start_timeout);
        tokio::select! {
            biased;
            _reason = self.with.shared.stop.broken_off() => {}
            how = ending => if let Some(how) = how {
                let (adapter, path) = (&self.pool.tool.adapter, self.pool.path);
                let notice = format!("after its last test, the {adapter} of `{path}` ended badly: {how}; its log is {log}");
                let _ = self.with.shared.events.send(Event::Notice(notice));
            },
        }
    }
}
