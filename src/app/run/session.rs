//! One run from the first listening socket to the last: gateway up, stack up, cases, stack down, gateway down.
//!
//! Whatever happens in between, the order of taking down is kept and the reports are closed. A first Ctrl-C breaks off
//! the cases in flight and goes the orderly way; a second one skips the waiting, kills the stack and closes the reports
//! with what there is.
//!
//! Where the cases run against several stacks, all of that happens once for each, one after the other; see
//! `several_stacks`.

use super::answers::{Answers, observed};
use super::aside;
use super::copies::Copies;
use super::ends::Ends;
use super::outputs::Outputs;
use super::prepare::Prepared;
use super::proof::Proof;
use super::rig::{self, Rig};
use super::run_folder;
use super::signals::Signals;
use crate::app::check::Watch;
use crate::app::inputs::Inputs;
use crate::app::settings::recorder::Recorder;
use crate::events::{Event, RunEnd};
use crate::gateway::{self, Finished, Gateway};
use crate::model::{InferenceMode, Secret, Traffic};
use crate::recording::Owner;
use crate::report::Tally;
use crate::runner::{self, CaseScope, Stop, StopReason};
use crate::source::Diagnostic;
use crate::stack;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// A run, or the part of it that is about one of its stacks.
pub(in crate::app) struct Session<'a> {
    /// Of each stack; here it is about the first.
    pub(in crate::app) rigs: Arc<[Rig<'a>]>,
    /// Which of them it is about.
    pub(in crate::app) stack: usize,
    pub(in crate::app) stop: Stop,
    /// Who looks on.
    pub(in crate::app) watch: Option<Arc<Watch>>,
    pub(in crate::app) began: Instant,
    /// Told of the answers of the stack, where they are compared.
    pub(in crate::app) answers: Option<Arc<Answers>>,
    /// The failures of cases after which no further case is begun.
    pub(in crate::app) max_failures: Option<usize>,
}

/// How the middle of a run ended.
#[derive(Default)]
pub(in crate::app) struct Ended {
    pub(in crate::app) session: Traffic,
    /// Whose recordings were made.
    recorded: Vec<Owner>,
    /// Whose were not, as a provider could not be reached.
    unreached: Vec<Owner>,
    pub(in crate::app) unproven: Vec<Diagnostic>,
    pub(in crate::app) errors: Vec<Diagnostic>,
}

impl Ended {
    /// Recorded anew, the calls outside cases are kept beside those of cases only: alone they are left over from cases that
    /// failed. Whether there were such.
    fn drop_lone_session(&mut self, mode: InferenceMode) -> bool {
        let is_lone = mode == InferenceMode::Record && *self.recorded == [Owner::Session];
        if is_lone {
            self.recorded.clear();
            self.session.live += std::mem::take(&mut self.session.recorded);
        }
        is_lone
    }
}

impl<'a> Session<'a> {
    /// `secrets` are to be hidden, apart from the texts behind them, which only look like some.
    pub(in crate::app) fn new(
        inputs: &'a Inputs,
        prepared: Vec<Prepared>,
        (secrets, allow_secrets): (Vec<(String, Secret)>, Vec<String>),
        watch: Option<Arc<Watch>>,
    ) -> Self {
        let several = prepared.len() > 1;
        let max_failures = prepared.first().and_then(|prepared| prepared.settings.max_failures);
        let rig = |(n, prepared): (usize, Prepared)| {
            let hidden = (secrets.clone(), allow_secrets.clone());
            let place = several.then(|| format!("stack-{}", n + 1));
            Rig { place, ..Rig::new(inputs, prepared, hidden, run_folder::run_id(inputs)) }
        };
        let rigs = prepared.into_iter().enumerate().map(rig).collect();
        let began = Instant::now();
        Self { rigs, stack: 0, stop: Stop::default(), watch, began, answers: None, max_failures }
    }

    /// What the stack that it is about is started from.
    pub(in crate::app) fn rig(&self) -> &Rig<'a> {
        &self.rigs[self.stack]
    }

    /// Runs to the end and returns the counts, and what went wrong with the reports.
    pub(in crate::app) async fn run(self, outputs: Outputs) -> (Tally, Vec<Diagnostic>) {
        let (events, receiver) = unbounded_channel();
        let shown = outputs.follow(receiver);
        let tell = events.clone();
        let signals = Signals::listen(self.stop.clone(), move || {
            let _ = tell.send(Event::Interrupted);
        });
        let start = self.start();
        let cases = start.cases;
        let _ = events.send(Event::RunStarted(start));
        for notice in self.notices() {
            let _ = events.send(Event::Notice(notice));
        }
        let ended = if cases == 0 {
            let notice = "the selection leaves no case; `--collect-only` with less of it lists what there is";
            let _ = events.send(Event::Notice(notice.to_owned()));
            Ended::default()
        } else {
            for found in self.rig().clear_leftovers().await {
                let _ = events.send(Event::Notice(found));
            }
            tokio::select! {
                ended = self.watched(&events) => ended,
                () = signals.asked(2) => Ended {
                    errors: vec![Diagnostic::new("interrupted twice: the stack was killed, `finally` steps may not have run")],
                    ..Ended::default()
                },
            }
        };
        self.rigs.iter().for_each(Rig::tidy);
        let _ = events.send(Event::RunEnded(RunEnd {
            duration: self.began.elapsed(),
            session: ended.session,
            stopped_early: self.stop.reason().map(|reason| reason.words().to_owned()),
            unproven: ended.unproven,
            errors: ended.errors,
        }));
        match tokio::task::spawn_blocking(move || shown.join()).await {
            Ok(Ok(result)) => result,
            _ => (Tally::default(), vec![Diagnostic::new("the reports ended abnormally")]),
        }
    }

    fn records(&self) -> bool {
        self.rig().prepared.settings.mode.records()
    }

    fn mode(&self) -> InferenceMode {
        self.rig().mode()
    }

    /// The run, with the limits that end it early running beside it.
    async fn watched(&self, events: &UnboundedSender<Event>) -> Ended {
        let limit = async {
            match self.rig().prepared.settings.run_timeout {
                Some(limit) => {
                    tokio::time::sleep(limit).await;
                    self.stop.request(StopReason::BreakOff(format!(
                        "the run's time of {limit:?} was over (--run-timeout)"
                    )));
                    std::future::pending::<()>().await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = limit => Ended::default(),
            ended = self.with_stacks(events) => ended,
        }
    }

    async fn with_stacks(&self, events: &UnboundedSender<Event>) -> Ended {
        if self.rigs.len() > 1 {
            self.one_after_the_other(events).await
        } else {
            self.with_gateway(events).await
        }
    }

    /// The run as far as it is about one stack: its gateway, the stack, the cases.
    pub(in crate::app) async fn with_gateway(&self, events: &UnboundedSender<Event>) -> Ended {
        if self.rig().is_remote() {
            let _ = events.send(Event::Notice(
                "the server is somebody else's: its provider calls do not pass the gateway, nothing is replayed".into(),
            ));
            return self.with_stack(events, None).await;
        }
        if self.rig().prepared.settings.recorder == Recorder::Stack {
            let _ = events.send(Event::Notice(
                "the stack records and replays by itself, in its own files: no gateway is between it and its providers".into(),
            ));
            return self.with_stack(events, None).await;
        }
        let mut config =
            self.rig().gateway_config(self.rig().prepared.settings.mode, &self.rig().prepared.plan);
        if !self.records() {
            return match self.rig().start_gateway(config).await {
                Ok(gateway) => self.to_the_end(events, events, gateway).await,
                Err(errors) => Ended { errors, ..Ended::default() },
            };
        }
        if self.rig().must_record_alone(self.rig().prepared.settings.mode) {
            let _ = events.send(Event::Notice(
                "one case at a time, as nothing but that tells which case a provider call is for".into(),
            ));
        }
        config.aside = Some(aside::folder(&self.rig().folder()));
        let gateway = match self.rig().start_gateway(config).await {
            Ok(gateway) => gateway,
            Err(errors) => return Ended { errors, ..Ended::default() },
        };
        let (noted, from) = unbounded_channel();
        let ends = tokio::spawn(Ends::note(from, events.clone()));
        let mut ended = self.to_the_end(&noted, events, gateway).await;
        drop(noted);
        let mut ends = ends.await.unwrap_or_default();
        if ends.lack_calls() && ended.session.recorded + ended.session.live == 0 && ended.unreached.is_empty()
        {
            let notice = "nothing was recorded: no provider call came to the gateway while cases ran";
            let _ = events.send(Event::Notice(notice.to_owned()));
        }
        let session_is_dropped = ended.drop_lone_session(self.mode());
        if let Some(notice) = ends.unkept(&ended.unreached, session_is_dropped) {
            let _ = events.send(Event::Notice(notice));
        }
        ends.cases.retain(|case, _| !ended.unreached.contains(&Owner::Case(case.clone())));
        let recorded = std::mem::take(&mut ended.recorded);
        let proven = Proof::new(self.rig(), events, &self.stop, ends.cases, recorded).prove().await;
        ended.unproven = proven.unproven;
        ended.errors.extend(proven.errors);
        ended
    }

    /// The run with `gateway` before the providers, and the gateway's end. `cases` takes what comes of the cases.
    async fn to_the_end(
        &self,
        cases: &UnboundedSender<Event>,
        events: &UnboundedSender<Event>,
        gateway: Gateway,
    ) -> Ended {
        let gateway = Arc::new(gateway);
        let mut ended = self.with_stack(cases, Some(&gateway)).await;
        // Whoever still holds the gateway is gone with the runner; if not, its recordings are not finished.
        let Ok(gateway) = Arc::try_unwrap(gateway) else {
            ended.errors.push(Diagnostic::new("the gateway was still in use when the run ended"));
            return ended;
        };
        let Finished { session, recorded, errors } = gateway.finish().await;
        ended.session.add(&session);
        ended.recorded = recorded;
        for error in errors {
            if let gateway::Error::Unreached { owners, .. } = &error {
                ended.unreached.extend(owners.iter().cloned());
            }
            if error.is_notice() {
                let _ = events.send(Event::Notice(error.to_string()));
            } else {
                ended.errors.push(Diagnostic::new(error.to_string()));
            }
        }
        ended
    }

    async fn with_stack(&self, events: &UnboundedSender<Event>, gateway: Option<&Arc<Gateway>>) -> Ended {
        let mode = self.rig().prepared.settings.mode;
        let behind = gateway.map(|gateway| (gateway.as_ref(), mode));
        if let Err(error) = self.rig().prepare_fixtures().await {
            return self.failed(events, error);
        }
        let stack = match self.rig().start_stacks(events, behind, &self.stop).await {
            Ok(stack) => stack,
            Err(stack::Error::Cancelled) => return Ended::default(),
            Err(error) => {
                let mut diagnostics = error.diagnostics().into_iter();
                let first = diagnostics.next().unwrap_or_else(|| Diagnostic::new(error.to_string()));
                let mut ended = self.failed(events, first);
                ended.errors.extend(diagnostics);
                return ended;
            }
        };
        let _ = events.send(Event::StackReady(stack.info(self.stack)));
        let mut scope = rig::scope(None, &self.stop);
        if stack.first().reused() {
            if self.records() {
                stack.stop().await;
                return self.failed(events, unrecordable("a server that was running already"));
            }
            let _ = events.send(Event::Notice(
                "the server was running already: its provider calls do not pass this run's gateway, nothing is replayed".into(),
            ));
        } else {
            scope = rig::scope(gateway, &self.stop);
        }
        if let Some(watch) = &self.watch {
            match watch.around(scope, stack.first().url()).await {
                Ok(watched) => scope = watched,
                Err(error) => {
                    stack.stop().await;
                    return self.failed(events, error);
                }
            }
        }
        if let Some(answers) = &self.answers {
            scope = observed(scope, answers);
        }
        let ended = self.run_cases(events, &stack, scope).await;
        stack.stop().await;
        ended
    }

    async fn run_cases(
        &self,
        events: &UnboundedSender<Event>,
        stack: &Copies,
        scope: Arc<dyn CaseScope>,
    ) -> Ended {
        let run_settings = runner::Settings {
            max_failures: self.max_failures,
            ..self.rig().runner_settings(stack.first(), stack.urls(), self.mode())
        };
        let plan = Arc::clone(&self.rig().prepared.plan);
        let cases = runner::run(plan, run_settings, scope, events.clone(), self.stop.clone());
        tokio::pin!(cases);
        let mut ended = Ended::default();
        let result = tokio::select! {
            biased;
            died = stack.wait_died("during the run") => {
                let _ = events.send(Event::StackFailed(died));
                self.stop.request(StopReason::BreakOff("the stack died".into()));
                // Its `finally` steps have nobody to talk to; they fail at once.
                cases.await
            }
            result = &mut cases => result,
        };
        match result {
            Ok(snapshots) => ended.errors.extend(self.write_snapshots(snapshots)),
            Err(error) => ended.errors.push(Diagnostic::new(error)),
        }
        ended
    }

    fn write_snapshots(&self, snapshots: Vec<(PathBuf, String)>) -> Vec<Diagnostic> {
        if !self.rig().prepared.settings.update_snapshots {
            return Vec::new();
        }
        let write = |(path, text): &(PathBuf, String)| -> std::io::Result<()> {
            let mut file = crate::app::files::AtomicFile::create(self.rig().inputs.cwd.join(path))?;
            std::io::Write::write_all(&mut file, text.as_bytes())?;
            file.publish()
        };
        let failed = |(path, text): (PathBuf, String)| {
            let error = write(&(path.clone(), text)).err()?;
            Some(Diagnostic::new(format!("the snapshot `{}` could not be written: {error}", path.display())))
        };
        snapshots.into_iter().filter_map(failed).collect()
    }

    /// Nothing ran, for the reason given.
    fn failed(&self, events: &UnboundedSender<Event>, error: Diagnostic) -> Ended {
        let _ = events.send(Event::StackFailed(error));
        Ended::default()
    }
}

pub(in crate::app) fn unrecordable(what: &str) -> Diagnostic {
    Diagnostic::new(format!("{what} cannot be recorded: its provider calls do not pass the gateway"))
        .hint("let stack-test start the stack: `starter`, or `server:starter:8322` with nothing on that port")
}
