//! Starting what a run needs: gateway, stack, runner. A run does it once, a recording once more for each time it is proven.

use super::files::{ignore_in_git, remove_if_empty};
use super::inputs::Inputs;
use super::prepare::Prepared;
use super::proxy;
use super::recorder::Recorder;
use super::scope::GatewayScope;
use crate::events::Event;
use crate::gateway::{self, Gateway, GatewayConfig};
use crate::model::{Egress, InferenceMode, Secret};
use crate::plan::Plan;
use crate::recording::NO_SETUP;
use crate::runner::{self, CaseScope, NoGateway, Stop};
use crate::source::Diagnostic;
use crate::stack::{self, Runtime, Stack, StackRequest};
use crate::stack_config::Target;
use crate::suite::ModelKind;
use crate::text::Redactor;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// The environment variable with a key for the stack itself.
const STACK_KEY_ENV: &str = "STACK_TEST_API_KEY";

/// Where a run leaves what is not a report, below the working directory.
const RUNS_FOLDER: &str = "target/stack-test";

/// The longest from a process's death to our knowing it. Its connections break a moment earlier.
const DEATH_NOTICE: Duration = Duration::from_secs(1);

/// A name for what is begun now, by this process.
pub(super) fn run_id(inputs: &Inputs) -> String {
    let since_epoch = inputs.now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{:x}-{:x}", since_epoch.as_millis(), std::process::id())
}

/// The folder of the run of that name.
pub(super) fn folder(inputs: &Inputs, run_id: &str) -> PathBuf {
    inputs.cwd.join(RUNS_FOLDER).join(run_id)
}

/// What everything is started from.
pub(super) struct Rig<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) prepared: Prepared,
    pub(super) secrets: Vec<(String, Secret)>,
    /// What looks like a key and is none.
    pub(super) allow_secrets: Vec<String>,
    pub(super) run_id: String,
}

impl Rig<'_> {
    /// The folder of this run, for logs and for recordings that are not proven.
    pub(super) fn folder(&self) -> PathBuf {
        folder(self.inputs, &self.run_id)
    }

    /// Leaves nothing of the run that says nothing, and keeps the rest out of version control.
    pub(super) fn tidy(&self) {
        remove_if_empty(&self.folder());
        ignore_in_git(&self.inputs.cwd.join(RUNS_FOLDER));
    }

    /// The folder of all recordings.
    pub(super) fn recordings(&self) -> PathBuf {
        self.inputs.cwd.join(&self.prepared.settings.recordings)
    }

    /// The setup, as recordings name it.
    pub(super) fn setup(&self) -> &str {
        self.prepared.setup.as_deref().unwrap_or(NO_SETUP)
    }

    pub(super) fn is_remote(&self) -> bool {
        matches!(self.prepared.settings.stack_config.target(), Target::Remote { .. })
    }

    fn is_process(&self) -> bool {
        matches!(self.prepared.settings.stack_config.target(), Target::Process { .. })
            || self.prepared.runtime != Runtime::Embedded
    }

    /// A gateway in `mode` for the cases of `plan`, as the settings want it.
    pub(super) fn gateway_config(&self, mode: InferenceMode, plan: &Plan) -> GatewayConfig {
        let settings = &self.prepared.settings;
        GatewayConfig {
            providers: self.prepared.providers.upstreams(),
            secrets: self.secrets.clone(),
            allow_secrets: self.allow_secrets.clone(),
            cases: plan.cases.iter().map(|case| case.id.clone()).collect(),
            replay_speed: settings.replay_speed,
            strict: settings.strict,
            rules: Arc::clone(&self.prepared.rules),
            egress: settings.egress,
            proxy: proxy::settings(self.needs_proxy(mode), self.inputs),
            max_tokens: settings.max_tokens,
            record_command: Some(settings.typed.command(self.setup(), &self.redactor())),
            // A new client for each call, never closed, stalls on a connection that is kept alive.
            close_connections: self.prepared.runtime != Runtime::Embedded,
            ..GatewayConfig::new(mode, self.setup(), &self.recordings())
        }
    }

    /// Starts a gateway on a free port of the loopback interface.
    ///
    /// # Errors
    /// All that is wrong with the recordings, or what else keeps it from starting.
    pub(super) async fn start_gateway(&self, config: GatewayConfig) -> Result<Gateway, Vec<Diagnostic>> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(|error| vec![Diagnostic::new(format!("no port for the gateway: {error}"))])?;
        let gateway = gateway::start(listener, config).await.map_err(|error| match error {
            gateway::Error::Recordings(errors) => errors.iter().map(unusable).collect(),
            other => vec![Diagnostic::new(other.to_string())],
        })?;
        proxy::write_roots(&gateway, &self.folder(), self.inputs).map_err(|error| vec![error])?;
        Ok(gateway)
    }

    /// Whether the stack comes to the gateway as to a proxy, too: where a provider wants it, and in replay, where nothing
    /// should go out and the report says what does. One in our own process does not: it has our environment.
    fn needs_proxy(&self, mode: InferenceMode) -> bool {
        let watched = mode == InferenceMode::Replay || self.prepared.settings.egress == Egress::Deny;
        self.is_process() && (watched || self.prepared.providers.need_a_proxy())
    }

    /// Starts the stack, or finds the one that runs; until `stop` wants everything broken off.
    ///
    /// # Errors
    /// It does not become ready.
    pub(super) async fn start_stack(
        &self,
        events: &UnboundedSender<Event>,
        gateway: Option<(&Gateway, InferenceMode)>,
        stop: &Stop,
    ) -> Result<Stack, stack::Error> {
        let settings = &self.prepared.settings;
        let providers = &self.prepared.providers;
        let mut env = gateway
            .map_or_else(|| providers.plain_env(), |(gateway, mode)| providers.stack_env(gateway, mode));
        if gateway.is_none() && settings.recorder == Recorder::Stack {
            env.extend(Recorder::env(settings.mode, &self.recordings()));
        }
        env.extend(gateway.iter().flat_map(|(gateway, _)| proxy::env(gateway, &self.folder(), self.inputs)));
        let request = StackRequest {
            target: match gateway {
                Some(_) => providers.isolated(settings.stack_config.target()),
                None => settings.stack_config.target(),
            },
            redactor: self.redactor(),
            runtime: self.prepared.runtime.clone(),
            env,
            provider_urls: gateway.map_or_else(Vec::new, |(gateway, _)| providers.urls(gateway)),
            process_env: self.inputs.env.clone(),
            wanted_models: self.wanted_models(),
            log_dir: self.folder(),
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
            _ = stop.broken_off() => cancel.cancel(),
        }
        starting.await
    }

    /// Hides secrets in the log of the stack.
    fn redactor(&self) -> Redactor {
        let values = self.secrets.iter().map(|(_, secret)| secret.expose());
        Redactor::new(values).allowing(self.allow_secrets.iter().cloned())
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

    /// Whether `mode` records from a stack that tells nothing of the case it calls a provider for: then only one case may be
    /// in flight.
    pub(super) fn must_record_alone(&self, mode: InferenceMode) -> bool {
        let records = matches!(mode, InferenceMode::Record | InferenceMode::RecordIfMissing);
        let tells = match &self.prepared.runtime {
            Runtime::Embedded => true,
            Runtime::Python(stack) => stack.instrument.is_some(),
            Runtime::Command(_) => false,
        };
        records && !tells
    }

    /// How cases are run against `stack` with `mode` in force.
    pub(super) fn runner_settings(&self, stack: &Stack, mode: InferenceMode) -> runner::Settings {
        let settings = &self.prepared.settings;
        runner::Settings {
            base_url: stack.url().to_owned(),
            jobs: if self.must_record_alone(mode) { 1 } else { settings.jobs },
            case_timeout: settings.case_timeout,
            max_failures: settings.max_failures,
            run_id: self.run_id.clone(),
            bearer: self.inputs.env(STACK_KEY_ENV).map(Secret::new),
            repeat: mode == InferenceMode::Live,
            keep_failed: settings.keep_failed,
            strict: settings.strict,
            update_snapshots: settings.update_snapshots,
            death_notice: if self.is_process() { DEATH_NOTICE } else { Duration::ZERO },
            capabilities: stack.capabilities().clone(),
            test_ids: settings.recorder == Recorder::Stack,
        }
    }
}

/// The runner's port: with a gateway behind it, or with nothing.
pub(super) fn scope(gateway: Option<&Arc<Gateway>>, stop: &Stop) -> Arc<dyn CaseScope> {
    match gateway {
        Some(gateway) => Arc::new(GatewayScope { gateway: Arc::clone(gateway), stop: stop.clone() }),
        None => Arc::new(NoGateway),
    }
}

/// A recording that cannot be used.
fn unusable(error: &gateway::Error) -> Diagnostic {
    Diagnostic::new(error.to_string()).hint(
        "bring it back from version control, or record the case anew: `stack-test record` replaces it whole",
    )
}
