//! A new recording is kept when it has been shown to replay.
//!
//! What was recorded lies aside, in the run's folder. Each set is replayed twice, as `stack-test run` would: against a
//! fresh stack, all cases together, in an order drawn anew, with no way to a provider. A case that ends as it did when it
//! was recorded, with every recorded answer used and none missing, has its old set replaced. Any other keeps its old one,
//! the new one stays aside, and the run fails and says what differs.

use super::aside::{self, Aside, Placed, TIMES};
use super::ends::End;
use super::prepare::Prepared;
use super::rig::{Rig, scope};
use super::unproven::{self, Wrong};
use crate::app::files::{display_name, remove_folder};
use crate::events::{CaseReport, Event};
use crate::gateway::{Finished, Gateway, GatewayConfig, Store};
use crate::model::{CaseId, InferenceMode, Mend, Miss, Status, Traffic};
use crate::plan::{Plan, PlannedCase};
use crate::recording::{Owner, Set};
use crate::runner::{self, Stop, StopReason};
use crate::source::Diagnostic;
use crate::text::{plural, seconds};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// How often a new set is replayed.
const PASSES: usize = TIMES.len();

/// What has been recorded, and how its cases ended.
pub(in crate::app) struct Proof<'a> {
    rig: &'a Rig<'a>,
    events: &'a UnboundedSender<Event>,
    stop: &'a Stop,
    /// How each case ended when it was recorded.
    ended: HashMap<CaseId, End>,
    /// Files of other runners in which a test ended in an error then, by suite.
    broken: BTreeSet<(usize, String)>,
    /// Whose sets are new.
    recorded: BTreeSet<Owner>,
    /// Whose lie aside: those without a call do not.
    aside: BTreeSet<Owner>,
    /// What is wrong with a set, by its owner; the first thing found.
    wrong: BTreeMap<Owner, Wrong>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(in crate::app) struct Proven {
    /// Sets that did not replay, and why.
    pub(in crate::app) unproven: Vec<Diagnostic>,
    /// What went wrong beside that.
    pub(in crate::app) errors: Vec<Diagnostic>,
}

/// The suite and file of a test of another runner.
fn file(case: &PlannedCase) -> Option<(usize, String)> {
    Some((case.suite, case.external.as_ref()?.file.clone()?))
}

impl<'a> Proof<'a> {
    pub(in crate::app) fn new(
        rig: &'a Rig<'a>,
        events: &'a UnboundedSender<Event>,
        stop: &'a Stop,
        ended: HashMap<CaseId, End>,
        recorded: Vec<Owner>,
    ) -> Self {
        let recorded = recorded.into_iter().collect();
        let is_error =
            |case: &&PlannedCase| ended.get(&case.id).is_some_and(|end| end.status == Status::Error);
        let broken = rig.prepared.plan.cases.iter().filter(is_error).filter_map(file).collect();
        Self { rig, events, stop, ended, broken, recorded, aside: BTreeSet::new(), wrong: BTreeMap::new() }
    }

    /// Replays what was recorded and puts what proves itself in place of the old sets.
    pub(in crate::app) async fn prove(mut self) -> Proven {
        if self.recorded.is_empty() {
            remove_folder(&aside::folder(&self.rig.folder()));
            return Proven::default();
        }
        let aside = Aside::new(&self.rig.folder(), self.rig.setup());
        let (sets, broken) = aside.load(&self.recorded);
        self.aside =
            sets.iter().filter(|set| !set.exchanges.is_empty()).map(|set| set.owner.clone()).collect();
        for (owner, what) in broken {
            let wrong = Wrong { new: true, kept_aside: true, pass: None, what, notes: Vec::new() };
            self.wrong.insert(owner, wrong);
        }
        if let Some(StopReason::BreakOff(reason)) = self.stop.reason() {
            if self.aside.is_empty() && self.wrong.is_empty() {
                return Proven::default();
            }
            let errors = vec![Diagnostic::new(format!("what was recorded is not proven: {reason}"))];
            return Proven { unproven: Vec::new(), errors: self.unfinished(errors) };
        }
        if sets.is_empty() {
            return self.conclude(&aside, sets, Duration::ZERO);
        }
        let began = Instant::now();
        self.notice(format!(
            "proving {}: each is replayed {PASSES} times, shuffled, {}",
            plural(sets.len(), "new set"),
            self.side_by_side()
        ));
        for pass in 1..=PASSES {
            if let Err(errors) = self.replay(pass, &sets).await {
                return Proven { unproven: Vec::new(), errors: self.unfinished(errors) };
            }
        }
        self.conclude(&aside, sets, began.elapsed())
    }

    /// How many at a time, in words.
    fn side_by_side(&self) -> String {
        let Prepared { settings, plan, .. } = &self.rig.prepared;
        let cases = format!("{} at a time", settings.jobs.cases_of_proof());
        let processes = match settings.jobs.processes_of_proof() {
            1 => "those of other runners in 1 process".to_owned(),
            count => format!("those of other runners in {count} processes"),
        };
        let external = plan.cases.iter().filter(|case| case.external.is_some()).count();
        match plan.cases.len() - external {
            0 => processes,
            _ if external == 0 => cases,
            _ => format!("{cases}, {processes}"),
        }
    }

    /// All cases that ended well or were recorded, once, on `sets` and what else is recorded.
    async fn replay(&mut self, pass: usize, sets: &[Set]) -> Result<(), Vec<Diagnostic>> {
        let plan = Arc::new(self.shuffled(pass));
        let config =
            GatewayConfig { staged: sets.to_vec(), ..self.rig.gateway_config(InferenceMode::Replay, &plan) };
        let gateway = Arc::new(self.rig.start_gateway(config).await?);
        // What is told of the stack was told when it was recorded.
        let (quiet, _unheard) = unbounded_channel();
        let stop = Stop::default();
        let reports = tokio::select! {
            biased;
            reason = self.stop.broken_off() => {
                stop.request(StopReason::BreakOff(reason.clone()));
                Err(vec![Diagnostic::new(format!("the proof was broken off: {reason}"))])
            }
            reports = self.run_cases(pass, &plan, &gateway, (&quiet, &stop)) => reports,
        };
        let finished = match Arc::try_unwrap(gateway) {
            Ok(gateway) => Some(gateway.finish().await),
            Err(_) => None,
        };
        for report in reports? {
            self.judge(pass, &report);
        }
        if let Some(finished) = finished {
            self.judge_session(pass, &finished);
        }
        Ok(())
    }

    async fn run_cases(
        &self,
        pass: usize,
        plan: &Arc<Plan>,
        gateway: &Arc<Gateway>,
        (quiet, stop): (&UnboundedSender<Event>, &Stop),
    ) -> Result<Vec<CaseReport>, Vec<Diagnostic>> {
        let mode = InferenceMode::Replay;
        let stack = self.rig.start_stack(quiet, Some((gateway, mode)), stop).await;
        let stack = stack.map_err(|error| error.diagnostics())?;
        let settings = runner::Settings {
            jobs: self.rig.prepared.settings.jobs.cases_of_proof(),
            processes: self.rig.prepared.settings.jobs.processes_of_proof(),
            max_failures: None,
            update_snapshots: false,
            // What differs from run to run must differ here.
            run_id: format!("{}-{pass}", self.rig.run_id),
            ..self.rig.runner_settings(&stack, vec![stack.url().to_owned()], mode)
        };
        let (sender, mut receiver) = unbounded_channel();
        let cases = runner::run(Arc::clone(plan), settings, scope(Some(gateway), stop), sender, stop.clone());
        tokio::pin!(cases);
        let ran = tokio::select! {
            biased;
            died = stack.wait_died() => {
                stop.request(StopReason::BreakOff("the stack died".into()));
                let _broken_off = cases.await;
                Err(died.diagnostic("while the recordings were proven"))
            }
            ran = &mut cases => ran.map_err(Diagnostic::new),
        };
        stack.stop().await;
        ran.map_err(|error| vec![error])?;
        let mut reports = Vec::new();
        while let Ok(event) = receiver.try_recv() {
            if let Event::CaseFinished(report) = event {
                reports.push(*report);
            }
        }
        Ok(reports)
    }

    /// The cases that ended well or were recorded, in an order of this pass's own.
    fn shuffled(&self, pass: usize) -> Plan {
        let plan = &self.rig.prepared.plan;
        let replayable = |id: &CaseId| {
            self.ended.get(id).is_some_and(|end| end.is_well())
                || self.recorded.contains(&Owner::Case(id.clone()))
        };
        let mut cases: Vec<_> = plan.cases.iter().filter(|case| replayable(&case.id)).cloned().collect();
        cases.sort_by_cached_key(|case| {
            *blake3::hash(format!("{}/{pass}/{}", self.rig.run_id, case.id).as_bytes()).as_bytes()
        });
        Plan { suites: plan.suites.clone(), cases, deselected: 0 }
    }

    fn judge(&mut self, pass: usize, report: &CaseReport) {
        let recorded = self.ended.get(&report.id).map(|end| end.status);
        let status = report.outcome.status();
        let found = if let Some(miss) = report.traffic.misses.first() {
            let what = format!("its call {miss} found no answer ({})", miss.class.name());
            self.blame(Owner::Case(report.id.clone()), pass, &what, Some(miss));
            return;
        } else if recorded != Some(status) && !self.is_of_its_file(report) {
            let first = report.failures.first().map(|failure| failure.what.clone());
            let was = recorded.map_or("not run", Status::name);
            let why = first.map_or(String::new(), |why| format!(": {why}"));
            Some(format!("it {was} when it was recorded, and {} when replayed{why}", status.name()))
        } else if report.traffic.unused > 0 {
            let calls = plural(report.traffic.unused, "recorded provider call");
            Some(format!("{calls} did not come again"))
        } else {
            None
        };
        if let Some(what) = found {
            self.blame(Owner::Case(report.id.clone()), pass, &what, None);
        }
    }

    /// Whether the error of a test says nothing of its recording. What tests of a file share is taken down in whichever comes
    /// last; where that failed when it was recorded, too, it is another one's turn now.
    fn is_of_its_file(&self, report: &CaseReport) -> bool {
        let cases = &self.rig.prepared.plan.cases;
        let place = || cases.iter().find(|case| case.id == report.id).and_then(file);
        report.outcome.status() == Status::Error
            && self.ended.get(&report.id).is_some_and(|end| end.is_well())
            && place().is_some_and(|place| self.broken.contains(&place))
    }

    fn judge_session(&mut self, pass: usize, finished: &Finished) {
        let Traffic { misses, .. } = &finished.session;
        if let Some(miss) = misses.first() {
            let what = format!("the call {miss} found no answer ({})", miss.class.name());
            self.blame(Owner::Session, pass, &what, Some(miss));
        } else if let Some(error) = finished.errors.iter().find(|error| !error.is_notice()) {
            self.blame(Owner::Session, pass, &error.to_string(), None);
        }
    }

    fn blame(&mut self, owner: Owner, pass: usize, what: &str, miss: Option<&Miss>) {
        // Recording once more would not mend it; what differs each time has to be left out.
        let rule = miss.and_then(|miss| miss.mends.iter().find(|mend| matches!(mend, Mend::Rule(_))));
        let mut notes = miss.map(Miss::facts).unwrap_or_default();
        notes.extend(rule.map(|rule| format!("{}\n{}", rule.when(), rule.text())));
        let (new, kept_aside) = (self.recorded.contains(&owner), self.aside.contains(&owner));
        let wrong = Wrong { new, kept_aside, pass: Some(pass), what: what.to_owned(), notes };
        self.wrong.entry(owner).or_insert(wrong);
    }

    /// Puts the good ones in place, and says of each other where it is.
    fn conclude(self, aside: &Aside, sets: Vec<Set>, took: Duration) -> Proven {
        let kept = Store::new(&self.rig.recordings(), self.rig.setup());
        let good = sets.into_iter().filter(|set| !self.wrong.contains_key(&set.owner));
        let Placed { written, unchanged, errors } = aside.put(good, &kept);
        let errors = errors.into_iter().map(Diagnostic::new).collect();
        let mut proven = Proven { unproven: Vec::new(), errors };
        for (diagnostic, owners) in unproven::told(&self.wrong) {
            let shown = |path: &Path| display_name(&self.rig.inputs.cwd, path);
            let place = match owners.as_slice() {
                [] => None,
                [owner] => Some(format!("the new one is in {}", shown(&aside.path(owner)))),
                _ => Some(format!("the new ones are in {}", shown(&aside::folder(&self.rig.folder())))),
            };
            proven.unproven.push(match place {
                Some(place) => diagnostic.hint(format!(
                    "an old recording stays as it was; {place}. What differs from call to call can be declared under `match:` in \
                     stack-test.yaml or the suite"
                )),
                None => diagnostic,
            });
        }
        let unproven = match self.wrong.values().filter(|wrong| wrong.kept_aside).count() {
            0 => String::new(),
            1 => ", 1 did not replay and was left aside".to_owned(),
            count => format!(", {count} did not replay and were left aside"),
        };
        let written = plural(written, "set");
        self.notice(format!(
            "proven in {}: {written} written, {unchanged} unchanged{unproven}",
            seconds(took)
        ));
        if proven.unproven.is_empty() && proven.errors.is_empty() {
            remove_folder(&aside::folder(&self.rig.folder()));
        }
        proven
    }

    /// Nothing could be shown, for the last of `errors`; nothing is replaced.
    fn unfinished(&self, mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let place = display_name(&self.rig.inputs.cwd, &aside::folder(&self.rig.folder()));
        let mut last = errors.pop().unwrap_or_else(|| Diagnostic::new("the proof came to no end"));
        last.notes
            .push("the new recordings could not be proven, and the old ones are as they were".to_owned());
        let way = format!(
            "what was recorded is in {place}, in the same folders: copy it over the recordings to take it as it is, or record again"
        );
        let hint = last.hint.take().map_or_else(|| way.clone(), |hint| format!("{hint}\n{way}"));
        errors.push(last.hint(hint));
        errors
    }

    fn notice(&self, text: String) {
        let _ = self.events.send(Event::Notice(text));
    }
}
