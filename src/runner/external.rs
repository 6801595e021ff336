//! The tests of other runners: as many processes as there may be, each given tests as long as there are some.
//!
//! A process is started when there is something for it to do and is used for many tests. It has no slot of the cases in flight
//! while it starts, only while one of its tests runs; where only one case may be in flight, it has that slot all its life,
//! since what it does between two tests would be taken for another case's.

use super::attempt::Ended;
use super::case_report::{report, skipped};
use super::conversation::Conversation;
use super::executor::Executor;
use super::pool::{Pool, Yield};
use super::scheduler::Shared;
use super::slots::Slots;
use super::told::{captured, judge};
use crate::events::{CaseReport, CaseStart, Event};
use crate::external::{ADAPTERS, Error, How, Hung, Single, Tool, Worker, Workshop};
use crate::model::Outcome;
use crate::plan::{PlannedCase, PlannedTool, Rendered};
use crate::source::Diagnostic;
use crate::wire::trace;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The runner of a suite, ready to be started with a command of `planned`.
///
/// # Errors
/// There is no such adapter.
pub fn tool(
    planned: &PlannedTool,
    suite: &str,
    stack_url: &str,
    Rendered { command, cwd, env }: Rendered,
) -> Result<Tool, Diagnostic> {
    let adapter = ADAPTERS.into_iter().find(|adapter| adapter.name == planned.adapter);
    let adapter = adapter.ok_or_else(|| {
        Diagnostic::at(planned.origin.clone(), format!("there is no adapter `{}`", planned.adapter))
    })?;
    Ok(Tool {
        suite: suite.to_owned(),
        adapter,
        command,
        cwd: cwd.unwrap_or_default(),
        env,
        start_timeout: planned.start_timeout.unwrap_or(Tool::START_TIMEOUT),
        stack_url: stack_url.to_owned(),
        models: planned.models.clone(),
    })
}

/// Runs the tests of other runners.
#[derive(Clone, Copy)]
pub(super) struct Externals<'a> {
    pub(super) shared: &'a Shared,
    pub(super) executor: &'a Executor<'a>,
    pub(super) slots: &'a Slots,
}

impl<'a> Externals<'a> {
    /// Runs all of them.
    pub(super) async fn run(self) {
        let plan = &self.shared.plan;
        let mut places: Vec<Vec<usize>> = vec![Vec::new(); plan.suites.len()];
        for (place, case) in plan.cases.iter().enumerate().filter(|(_, case)| case.external.is_some()) {
            match self.executor.skip_reason(case) {
                Some(reason) => self.shared.finish(skipped(place, case, reason)),
                None => places[case.suite].push(place),
            }
        }
        let pools = plan.suites.iter().zip(places).filter(|(_, places)| !places.is_empty());
        let pools: Vec<Pool<'_>> = pools
            .filter_map(|(suite, places)| {
                let tool = suite.tool.as_deref()?;
                Some(Pool::new(&plan.cases, &suite.path, tool, places.into_iter()))
            })
            .collect();
        if let Some(workshop) = &self.shared.settings.workshop {
            workshop.keep_only(|suite| pools.iter().any(|pool| pool.path == suite));
        }
        join_all(pools.iter().map(|pool| self.suite(pool))).await;
    }

    async fn suite(self, pool: &Pool<'a>) {
        let settings = &self.shared.settings;
        let Some(workshop) = &settings.workshop else {
            return self.give_up(pool, &Diagnostic::new("nothing is there to start other runners with"));
        };
        let most =
            pool.tool.processes.unwrap_or(usize::MAX).min(self.slots.processes(settings)).min(pool.len());
        let done =
            join_all((0..most).map(|number| self.processes(pool, workshop, (most, self.url(number))))).await;
        if let Some(why) = done.into_iter().flatten().next() {
            self.give_up(pool, &why);
        }
    }

    /// One process after the other, as long as there are tests left; why there is no other, if there are some.
    async fn processes(
        self,
        pool: &Pool<'a>,
        workshop: &Arc<Workshop>,
        (most, url): (usize, &str),
    ) -> Option<Diagnostic> {
        loop {
            let _process = self.slots.process().await;
            let _alone = if self.slots.alone { self.slots.case().await } else { None };
            if self.shared.stop.is_requested() || pool.len() == 0 {
                return None;
            }
            let tool = match self.tool(pool, url) {
                Ok(tool) => tool,
                Err(error) => return Some(error),
            };
            let (with, lost) = match tool.adapter.how {
                How::Single => match self.singles(pool, workshop, url).await {
                    Ok(()) => return None,
                    Err(error) => (Yield::Nothing, Some(error)),
                },
                How::Asks | How::Files => self.conversation(pool, &tool, workshop, most).await,
            };
            if let Some(times) = pool.ended(with) {
                let (adapter, suite) = (tool.adapter.name, pool.path);
                let what =
                    format!("the {adapter} of `{suite}` was started {times} times and finished no test");
                let why = Diagnostic::at(pool.tool.origin.clone(), what);
                return Some(lost.map_or(why.clone(), |lost| Diagnostic {
                    notes: std::iter::once(lost.what).chain(lost.notes).collect(),
                    ..why
                }));
            }
        }
    }

    /// Where the stack is for process number `number`: each copy of it gets its share of them.
    fn url(self, number: usize) -> &'a str {
        let urls = &self.shared.settings.base_urls;
        &urls[number % urls.len()]
    }

    fn tool(self, pool: &Pool<'a>, url: &str) -> Result<Tool, Diagnostic> {
        let settings = &self.shared.settings;
        let own = [("test", ""), ("junit", "")];
        let rendered = pool.tool.command(url, &settings.run_id, &own)?;
        tool(pool.tool, pool.path, url, rendered)
    }

    /// A process that is spoken with, from its start to its end: what came of it, and what was wrong with it.
    async fn conversation(
        self,
        pool: &Pool<'a>,
        tool: &Tool,
        workshop: &Workshop,
        most: usize,
    ) -> (Yield, Option<Diagnostic>) {
        let (mut files, mut unit) = (Vec::new(), None);
        if tool.adapter.how == How::Files {
            let share = pool.take_share(most);
            for file in share.iter().filter_map(|place| pool.file(*place)).map(str::to_owned) {
                if !files.contains(&file) {
                    files.push(file);
                }
            }
            unit = Some(share);
        }
        match Worker::start(tool, workshop, &files).await {
            Ok(worker) => Conversation::new(self, pool, worker, (tool, unit)).run().await,
            Err(error) => {
                pool.give_back(unit.unwrap_or_default());
                (Yield::Nothing, Some(unstarted(pool, &error)))
            }
        }
    }

    /// A process for each test.
    async fn singles(self, pool: &Pool<'a>, workshop: &Workshop, url: &str) -> Result<(), Diagnostic> {
        while let Some(unit) = pool.take() {
            for place in unit {
                if self.shared.stop.is_requested() {
                    return Ok(());
                }
                let _in_flight = if self.slots.alone { None } else { self.slots.case().await };
                if self.shared.stop.is_requested() {
                    return Ok(());
                }
                self.single(pool, workshop, (place, url)).await;
            }
        }
        Ok(())
    }

    async fn single(self, pool: &Pool<'a>, workshop: &Workshop, (place, url): (usize, &str)) {
        let settings = &self.shared.settings;
        let case = pool.case(place);
        let junit = pool.tool.uses("junit").then(|| workshop.report(pool.path));
        let path = junit.as_ref().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        let own = [("test", pool.id(place)), ("junit", path.as_str())];
        let rendered = pool.tool.command(url, &settings.run_id, &own);
        let tool = match rendered.and_then(|command| tool(pool.tool, pool.path, url, command)) {
            Ok(tool) => tool,
            Err(error) => return self.unrun(place, case, error),
        };
        let begun = self.begin(place, case);
        let started = Single::start(&tool, workshop, &trace::baggage(&case.id), junit);
        let single = match started {
            Ok(single) => single,
            Err(error) => return self.end(place, case, begun, broken(unstarted(pool, &error), true)),
        };
        let limit = self.limit(case);
        let (ended, outcome) = tokio::select! {
            biased;
            reason = self.shared.stop.broken_off() => broken(broken_off(case, &reason), true),
            finished = single.finished() => judge(case, &finished),
            () = tokio::time::sleep(limit) => broken(too_long(case, limit, Err(single.tail())), false),
        };
        drop(single);
        self.end(place, case, begun, (ended, outcome));
    }

    /// The longest a test may take.
    pub(super) fn limit(self, case: &PlannedCase) -> Duration {
        case.timeout.unwrap_or(self.shared.settings.case_timeout)
    }

    /// A test begins.
    pub(super) fn begin(self, place: usize, case: &PlannedCase) -> Instant {
        self.executor.scope.open(&case.id);
        let _ = self.shared.events.send(Event::CaseStarted(CaseStart { index: place, id: case.id.clone() }));
        Instant::now()
    }

    /// A test has ended.
    pub(super) fn end(
        self,
        place: usize,
        case: &PlannedCase,
        begun: Instant,
        (ended, outcome): (Ended, Outcome),
    ) {
        let (ended, outcome, traffic) = self.executor.close(case, ended, outcome);
        let (duration, failures) = (begun.elapsed(), ended.failures);
        self.shared.finish(CaseReport { duration, failures, traffic, ..report(place, case, outcome) });
    }

    /// A test of which nothing could be found out.
    pub(super) fn unrun(self, place: usize, case: &PlannedCase, why: Diagnostic) {
        let (ended, outcome) = broken(why, true);
        self.shared.finish(CaseReport { failures: ended.failures, ..report(place, case, outcome) });
    }

    /// Nothing will come of the tests that are left.
    fn give_up(self, pool: &Pool<'a>, why: &Diagnostic) {
        for place in pool.take_all() {
            self.unrun(place, pool.case(place), why.clone());
        }
    }
}

fn unstarted(pool: &Pool<'_>, error: &Error) -> Diagnostic {
    let what = format!("the {} of `{}` cannot be started: {error}", pool.tool.adapter, pool.path);
    Diagnostic::at(pool.tool.origin.clone(), what)
}

/// A test that did not come to its end; `elsewhere` if that is most likely not its own fault.
pub(super) fn broken(why: Diagnostic, elsewhere: bool) -> (Ended, Outcome) {
    let ended = Ended { failures: vec![why], infrastructure: elsewhere, ..Ended::default() };
    (ended, if elsewhere { Outcome::Error } else { Outcome::Failed })
}

pub(super) fn broken_off(case: &PlannedCase, reason: &str) -> Diagnostic {
    Diagnostic::at(case.origin.clone(), format!("the test was broken off: {reason}"))
}

/// `told` is what the process said of it, or else the end of its log.
pub(super) fn too_long(
    case: &PlannedCase,
    limit: Duration,
    told: Result<Box<Hung>, Vec<String>>,
) -> Diagnostic {
    let mut error = Diagnostic::at(case.origin.clone(), format!("the test did not end within {limit:?}"));
    match told {
        Ok(hung) => {
            let place = hung.detail.iter().map(|place| place.trim_end()).filter(|place| !place.is_empty());
            error.notes.extend(place.map(|place| format!("it was in:\n{place}")));
            error.notes.extend(captured([("stdout", &hung.stdout), ("stderr", &hung.stderr)]));
        }
        Err(log) => error = with_log(error, log),
    }
    error.hint("`timeout:` in the suite or --case-timeout gives it more")
}

pub(super) fn with_log(error: Diagnostic, log: Vec<String>) -> Diagnostic {
    if log.is_empty() { error } else { error.note(format!("its log ends:\n{}", log.join("\n"))) }
}
