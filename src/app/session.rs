//! One run from the first listening socket to the last: gateway up, stack up, cases, stack down, gateway down.
//!
//! Whatever happens in between, the order of taking down is kept and the reports are closed. A first Ctrl-C breaks off
//! the cases in flight and goes the orderly way; a second one skips the waiting, kills the stack and closes the reports
//! with what there is.

use super::inputs::Inputs;
use super::outputs::Outputs;
use super::prepare::Prepared;
use super::scope::GatewayScope;
use super::signals::Signals;
use crate::events::{Event, RunEnd, RunStart, SuiteInfo};
use crate::gateway::{self, Gateway, GatewayConfig};
use crate::model::{InferenceMode, Secret, Traffic};
use crate::recording::NO_SETUP;
use crate::report::Tally;
use crate::runner::{self, CaseScope, NoGateway, Stop, StopReason};
use crate::source::Diagnostic;
use crate::stack::{self, Stack, StackRequest};
use crate::stack_config::Target;
use crate::suite::ModelKind;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

/// The environment variable with a key for the stack itself.
const STACK_KEY_ENV: &str = "STACK_TEST_API_KEY";

/// Where a run leaves what is not a report, below the working directory.
const RUNS_FOLDER: &str = "target/stack-test";

/// The longest from a process's death to our knowing it. Its connections break a moment earlier.
const DEATH_NOTICE: Duration = Duration::from_secs(1);

/// A run.
pub(super) struct Session<'a> {
    inputs: &'a Inputs,
    prepared: Prepared,
    secrets: Vec<(String, Secret)>,
    run_id: String,
    stop: Stop,
    began: Instant,
}

/// How the middle of a run ended.
#[derive(Default)]
struct Ended {
    session: Traffic,
    errors: Vec<Diagnostic>,
}

impl<'a> Session<'a> {
    pub(super) fn new(inputs: &'a Inputs, prepared: Prepared, secrets: Vec<(String, Secret)>) -> Self {
        let since_epoch = inputs.now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let run_id = format!("{:x}-{:x}", since_epoch.as_millis(), std::process::id());
        Self { inputs, prepared, secrets, run_id, stop: Stop::default(), began: Instant::now() }
    }

    /// Runs to the end and returns the counts, and what went wrong with the reports.
    pub(super) async fn run(self, outputs: Outputs) -> (Tally, Vec<Diagnostic>) {
        let (events, receiver) = unbounded_channel();
        let shown = outputs.follow(receiver);
        let signals = Signals::listen(self.stop.clone());
        let _ = events.send(Event::RunStarted(self.start()));
        for notice in &self.prepared.notices {
            let _ = events.send(Event::Notice(notice.clone()));
        }
        let ended = if self.prepared.plan.cases.is_empty() {
            let notice = "the selection leaves no case; `--collect-only` with less of it lists what there is";
            let _ = events.send(Event::Notice(notice.to_owned()));
            Ended::default()
        } else {
            tokio::select! {
                ended = self.watched(&events, &signals) => ended,
                () = signals.asked(2) => Ended {
                    errors: vec![Diagnostic::new("interrupted twice: the stack was killed, `finally` steps may not have run")],
                    session: Traffic::default(),
                },
            }
        };
        let _ = events.send(Event::RunEnded(RunEnd {
            duration: self.began.elapsed(),
            session: ended.session,
            stopped_early: self.stop.reason().map(|reason| reason.words().to_owned()),
            errors: ended.errors,
        }));
        match tokio::task::spawn_blocking(move || shown.join()).await {
            Ok(Ok(result)) => result,
            _ => (Tally::default(), vec![Diagnostic::new("the reports ended abnormally")]),
        }
    }

    fn start(&self) -> RunStart {
        let plan = &self.prepared.plan;
        let info = |suite: &crate::plan::PlannedSuite| SuiteInfo {
            path: suite.path.clone(),
            file: PathBuf::from(suite.file.name()),
            about: suite.about.clone(),
        };
        RunStart {
            stack_config: self.prepared.settings.stack_config.shown(),
            mode: self.mode(),
            setup: self.prepared.setup.clone(),
            suites: plan.suites.iter().map(info).collect(),
            cases: plan.cases.len(),
            deselected: plan.deselected,
            started: self.inputs.now,
        }
    }

    fn is_remote(&self) -> bool {
        matches!(self.prepared.settings.stack_config.target(), Target::Remote { .. })
    }

    fn is_process(&self) -> bool {
        matches!(self.prepared.settings.stack_config.target(), Target::Process { .. })
    }

    /// The mode that is in force: the traffic of a server that somebody else runs does not pass our gateway.
    fn mode(&self) -> InferenceMode {
        if self.is_remote() { InferenceMode::Live } else { self.prepared.settings.mode }
    }

    /// The run, with the limits that end it early running beside it.
    async fn watched(&self, events: &UnboundedSender<Event>, signals: &Signals) -> Ended {
        let limit = async {
            match self.prepared.settings.run_timeout {
                Some(limit) => {
                    tokio::time::sleep(limit).await;
                    self.stop.request(StopReason::BreakOff(format!(
                        "the run's time of {limit:?} was over (--run-timeout)"
                    )));
                }
                None => std::future::pending().await,
            }
        };
        let interrupted = async {
            signals.asked(1).await;
            let _ = events.send(Event::Interrupted);
        };
        let beside = async {
            tokio::join!(limit, interrupted);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            // Looked at first, so that a run that ends at once because it was interrupted says so.
            biased;
            () = beside => Ended::default(),
            ended = self.with_gateway(events) => ended,
        }
    }

    async fn with_gateway(&self, events: &UnboundedSender<Event>) -> Ended {
        let recording =
            matches!(self.prepared.settings.mode, InferenceMode::Record | InferenceMode::RecordIfMissing);
        if self.is_remote() {
            if recording {
                return self.failed(events, unrecordable("a server that somebody else runs"));
            }
            let _ = events.send(Event::Notice(
                "the server is somebody else's: its provider calls do not pass the gateway, nothing is replayed".into(),
            ));
            return self.with_stack(events, None).await;
        }
        let gateway = match self.start_gateway().await {
            Ok(gateway) => Arc::new(gateway),
            Err(errors) => return Ended { errors, session: Traffic::default() },
        };
        let mut ended = self.with_stack(events, Some(&gateway)).await;
        // Whoever still holds the gateway is gone with the runner; if not, its recordings are not finished.
        match Arc::try_unwrap(gateway) {
            Ok(gateway) => {
                let finished = gateway.finish().await;
                ended.session.add(&finished.session);
                for error in finished.errors {
                    if error.is_notice() {
                        let _ = events.send(Event::Notice(error.to_string()));
                    } else {
                        ended.errors.push(Diagnostic::new(error.to_string()));
                    }
                }
            }
            Err(_) => ended.errors.push(Diagnostic::new("the gateway was still in use when the run ended")),
        }
        ended
    }

    async fn start_gateway(&self) -> Result<Gateway, Vec<Diagnostic>> {
        let settings = &self.prepared.settings;
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(|error| vec![Diagnostic::new(format!("no port for the gateway: {error}"))])?;
        let setup = self.prepared.setup.as_deref().unwrap_or(NO_SETUP);
        let config = GatewayConfig {
            providers: self.prepared.providers.upstreams(),
            secrets: self.secrets.clone(),
            cases: self.prepared.plan.cases.iter().map(|case| case.id.clone()).collect(),
            replay_speed: settings.replay_speed,
            strict: settings.strict,
            egress: settings.egress,
            ..GatewayConfig::new(settings.mode, setup, &self.inputs.cwd.join(&settings.recordings))
        };
        gateway::start(listener, config).await.map_err(|error| match error {
            gateway::Error::Recordings(errors) => errors.iter().map(unusable).collect(),
            other => vec![Diagnostic::new(other.to_string())],
        })
    }

    async fn with_stack(&self, events: &UnboundedSender<Event>, gateway: Option<&Arc<Gateway>>) -> Ended {
        let stack = match self.start_stack(events, gateway).await {
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
        let _ = events.send(Event::StackReady(stack.info().clone()));
        let mut scope: Arc<dyn CaseScope> = Arc::new(NoGateway);
        if stack.reused() {
            if matches!(self.mode(), InferenceMode::Record | InferenceMode::RecordIfMissing) {
                stack.stop().await;
                return self.failed(events, unrecordable("a server that was running already"));
            }
            let _ = events.send(Event::Notice(
                "the server was running already: its provider calls do not pass this run's gateway, nothing is replayed".into(),
            ));
        } else if let Some(gateway) = gateway {
            scope = Arc::new(GatewayScope(Arc::clone(gateway)));
        }
        let ended = self.run_cases(events, &stack, scope).await;
        stack.stop().await;
        ended
    }

    async fn start_stack(
        &self,
        events: &UnboundedSender<Event>,
        gateway: Option<&Arc<Gateway>>,
    ) -> Result<Stack, stack::Error> {
        let settings = &self.prepared.settings;
        let providers = &self.prepared.providers;
        let request = StackRequest {
            target: settings.stack_config.target(),
            env: gateway
                .map_or_else(|| providers.plain_env(), |gateway| providers.stack_env(gateway, settings.mode)),
            process_env: self.inputs.env.clone(),
            wanted_models: self.wanted_models(),
            log_dir: self.inputs.cwd.join(RUNS_FOLDER).join(&self.run_id),
            ready_timeout: settings.ready_timeout,
            stop_grace: stack::STOP_GRACE,
            exe: self.inputs.exe.clone(),
            force_restart: settings.force_restart,
        };
        let cancel = CancellationToken::new();
        let notices = |notice: String| drop(events.send(Event::Notice(notice)));
        let starting = stack::start(request, cancel.clone(), &notices);
        tokio::pin!(starting);
        tokio::select! {
            stack = &mut starting => return stack,
            _ = self.stop.broken_off() => cancel.cancel(),
        }
        starting.await
    }

    /// The models that the selected cases use.
    fn wanted_models(&self) -> Vec<String> {
        let kinds = ModelKind::ALL
            .into_iter()
            .filter(|kind| !matches!(kind, ModelKind::EmbeddingDimension | ModelKind::Shield));
        let kinds: Vec<&str> = kinds.map(ModelKind::name).collect();
        let cases = self.prepared.plan.cases.iter().filter(|case| case.skip.is_none());
        let ids = cases.flat_map(|case| kinds.iter().filter_map(|kind| case.names.get(*kind)?.as_str()));
        ids.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
    }

    async fn run_cases(
        &self,
        events: &UnboundedSender<Event>,
        stack: &Stack,
        scope: Arc<dyn CaseScope>,
    ) -> Ended {
        let settings = &self.prepared.settings;
        let run_settings = runner::Settings {
            base_url: stack.url().to_owned(),
            jobs: settings.jobs,
            case_timeout: settings.case_timeout,
            max_failures: settings.max_failures,
            run_id: self.run_id.clone(),
            bearer: self.inputs.env(STACK_KEY_ENV).map(Secret::new),
            repeat: self.mode() == InferenceMode::Live,
            update_snapshots: settings.update_snapshots,
            death_notice: if self.is_process() { DEATH_NOTICE } else { Duration::ZERO },
            capabilities: stack.capabilities().clone(),
        };
        let plan = Arc::clone(&self.prepared.plan);
        let cases = runner::run(plan, run_settings, scope, events.clone(), self.stop.clone());
        tokio::pin!(cases);
        let mut ended = Ended::default();
        let result = tokio::select! {
            biased;
            how = stack.wait_died() => {
                let _ = events.send(Event::StackFailed(Diagnostic::new(format!("the stack died during the run: {how}"))));
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
        if !self.prepared.settings.update_snapshots {
            return Vec::new();
        }
        let write = |(path, text): &(PathBuf, String)| -> std::io::Result<()> {
            let mut file = super::files::AtomicFile::create(self.inputs.cwd.join(path))?;
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

/// A recording that cannot be used.
fn unusable(error: &gateway::Error) -> Diagnostic {
    Diagnostic::new(error.to_string()).hint(
        "bring it back from version control, or record the case anew: `stack-test record` replaces it whole",
    )
}

fn unrecordable(what: &str) -> Diagnostic {
    Diagnostic::new(format!("{what} cannot be recorded: its provider calls do not pass the gateway"))
        .hint("let stack-test start the stack: `starter`, or `server:starter:8322` with nothing on that port")
}
