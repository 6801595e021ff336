//! Starting what a run needs: gateway, stack, runner. A run does it once, a recording once more for each time it is proven.

use super::copies::Copies;
use super::prepare::Prepared;
use super::run_folder;
use super::scope::GatewayScope;
use crate::app::files::remove_if_empty;
use crate::app::inputs::Inputs;
use crate::app::proxy;
use crate::app::settings::recorder::Recorder;
use crate::events::Event;
use crate::fixtures::{Collector, Reach};
use crate::gateway::{self, Gateway, GatewayConfig};
use crate::model::{Egress, InferenceMode, Secret};
use crate::plan::Plan;
use crate::recording::NO_SETUP;
use crate::runner::{self, CaseScope, NoGateway, Stop};
use crate::source::Diagnostic;
use crate::stack::{self, ContainerSpec, Network, Runtime, Stack, StackRequest};
use crate::stack_config::Target;
use crate::suite::ModelKind;
use crate::text::Redactor;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

/// The environment variable with a key for the stack itself.
pub(in crate::app) const STACK_KEY_ENV: &str = "STACK_TEST_API_KEY";

/// The variables that say what the stack calls this machine, for the URLs of fixtures.
const HOST_ENVS: [&str; 3] = ["STACK_TEST_MCP_HOST", "LLAMA_STACK_TEST_MCP_HOST", "OGX_TEST_MCP_HOST"];

/// The longest from a process's death to our knowing it. Its connections break a moment earlier.
const DEATH_NOTICE: Duration = Duration::from_secs(1);

/// What everything is started from, for one stack or copies of it.
pub(in crate::app) struct Rig<'a> {
    pub(in crate::app) inputs: &'a Inputs,
    pub(in crate::app) prepared: Prepared,
    pub(in crate::app) secrets: Vec<(String, Secret)>,
    /// What looks like a key and is none.
    pub(in crate::app) allow_secrets: Vec<String>,
    pub(in crate::app) run_id: String,
    /// Where the stack sends its telemetry, once it is started.
    pub(in crate::app) collector: OnceLock<Arc<Collector>>,
    /// Where fixtures listen, once that is looked up.
    pub(in crate::app) reach: OnceLock<Reach>,
    /// The stack's own folder in that of the run, where there are several stacks.
    pub(in crate::app) place: Option<String>,
}

impl<'a> Rig<'a> {
    /// For a run of one stack, with values that are to be hidden and texts that only look like such.
    pub(in crate::app) fn new(
        inputs: &'a Inputs,
        prepared: Prepared,
        (secrets, allow_secrets): (Vec<(String, Secret)>, Vec<String>),
        run_id: String,
    ) -> Self {
        let (collector, reach) = (OnceLock::new(), OnceLock::new());
        Self { inputs, prepared, secrets, allow_secrets, run_id, collector, reach, place: None }
    }
}

impl Rig<'_> {
    /// The folder of this run, for logs and for recordings that are not proven; of several stacks, each has one in it.
    pub(in crate::app) fn folder(&self) -> PathBuf {
        let folder = run_folder::of_run(self.inputs, &self.run_id);
        self.place.as_ref().map_or_else(|| folder.clone(), |place| folder.join(place))
    }

    /// The folder of a copy of the stack, numbered from 0.
    fn folder_of_copy(&self, number: usize) -> PathBuf {
        if number == 0 { self.folder() } else { self.folder().join(format!("copy-{}", number + 1)) }
    }

    /// Leaves nothing of the run that says nothing, and keeps the rest out of version control.
    pub(in crate::app) fn tidy(&self) {
        self.prepared.workshop.tidy();
        remove_if_empty(&self.folder());
        run_folder::tidy_run(self.inputs, &self.run_id);
    }

    /// The folder of all recordings.
    pub(in crate::app) fn recordings(&self) -> PathBuf {
        self.inputs.cwd.join(&self.prepared.settings.recordings)
    }

    /// The setup, as recordings name it.
    pub(in crate::app) fn setup(&self) -> &str {
        self.prepared.setup.as_deref().unwrap_or(NO_SETUP)
    }

    pub(in crate::app) fn is_remote(&self) -> bool {
        matches!(self.prepared.settings.stack_config.target(), Target::Remote { .. })
    }

    /// The mode that is in force: the traffic of a server that somebody else runs does not pass our gateway.
    pub(in crate::app) fn mode(&self) -> InferenceMode {
        if self.is_remote() { InferenceMode::Live } else { self.prepared.settings.mode }
    }

    fn is_process(&self) -> bool {
        matches!(self.prepared.settings.stack_config.target(), Target::Process { .. })
            || self.is_container()
            || self.prepared.runtime != Runtime::Embedded
    }

    fn is_bridged(&self) -> bool {
        self.prepared.container.as_ref().is_some_and(|spec| spec.network == Network::Bridge)
    }

    fn is_container(&self) -> bool {
        self.prepared.container.is_some()
    }

    /// A gateway in `mode` for the cases of `plan`, as the settings want it.
    pub(in crate::app) fn gateway_config(&self, mode: InferenceMode, plan: &Plan) -> GatewayConfig {
        let settings = &self.prepared.settings;
        GatewayConfig {
            providers: self.prepared.providers.upstreams(),
            secrets: self.secrets.clone(),
            allow_secrets: self.allow_secrets.clone(),
            cases: plan.cases.iter().map(|case| case.id.clone()).collect(),
            replay_speed: settings.replay_speed,
            strict: settings.strict,
            keep_unreached: settings.keep_failed,
            rules: Arc::clone(&self.prepared.rules),
            egress: settings.egress,
            proxy: proxy::settings(self.needs_proxy(mode), self.inputs),
            max_tokens: settings.max_tokens,
            record_command: Some(settings.typed.command(self.setup(), &self.redactor())),
            record_selection: settings.typed.selection(&self.redactor()),
            token: self.is_bridged().then(token).flatten(),
            // A new client for each call, never closed, stalls on a connection that is kept alive.
            close_connections: self.prepared.runtime != Runtime::Embedded || self.is_container(),
            ..GatewayConfig::new(mode, self.setup(), &self.recordings())
        }
    }

    /// A port of the loopback interface or, for a container with a network of its own, of the bridge to it. Where there is no
    /// such bridge here, containers are in a virtual machine that leads to our loopback interface.
    async fn listen(&self) -> std::io::Result<TcpListener> {
        let bridge = match &self.prepared.container {
            Some(spec) => stack::bridge_address(spec).await,
            None => None,
        };
        if let Some(address) = bridge
            && let Ok(listener) = TcpListener::bind((address, 0)).await
        {
            return Ok(listener);
        }
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
    }

    /// Where fixtures listen: where the gateway does, for the same reasons.
    ///
    /// # Errors
    /// There is no port.
    async fn look_up_reach(&self) -> Result<Reach, Diagnostic> {
        let failed = |error| Diagnostic::new(format!("no port for fixtures: {error}"));
        let address = self.listen().await.and_then(|listener| listener.local_addr()).map_err(failed)?.ip();
        let said = HOST_ENVS.iter().find_map(|name| self.inputs.env(name)).map(str::to_owned);
        let usual = || match self.is_bridged() && address.is_loopback() {
            true => stack::CONTAINER_HOST.to_owned(),
            false => address.to_string(),
        };
        Ok(Reach { address, host: said.unwrap_or_else(usual) })
    }

    /// Starts a gateway on a free port of the loopback interface.
    ///
    /// # Errors
    /// All that is wrong with the recordings, or what else keeps it from starting.
    pub(in crate::app) async fn start_gateway(
        &self,
        config: GatewayConfig,
    ) -> Result<Gateway, Vec<Diagnostic>> {
        if self.is_bridged() && config.token.is_none() {
            return Err(vec![Diagnostic::new(
                "this system gives no random numbers to keep the gateway closed with",
            )]);
        }
        let listener = self
            .listen()
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

    /// Starts the stack, or finds the one that runs; until `stop` wants everything broken off. Of several copies it is the
    /// first.
    ///
    /// # Errors
    /// It does not become ready.
    pub(in crate::app) async fn start_stack(
        &self,
        events: &UnboundedSender<Event>,
        gateway: Option<(&Gateway, InferenceMode)>,
        stop: &Stop,
    ) -> Result<Stack, stack::Error> {
        self.start_copy(0, events, gateway, stop).await
    }

    /// Starts all copies of the stack.
    ///
    /// # Errors
    /// One does not become ready; those that have are stopped.
    pub(in crate::app) async fn start_stacks(
        &self,
        events: &UnboundedSender<Event>,
        gateway: Option<(&Gateway, InferenceMode)>,
        stop: &Stop,
    ) -> Result<Copies, stack::Error> {
        let copies = self.prepared.settings.copies;
        // What is told of one copy is so of all.
        let (unheard, _quiet) = unbounded_channel();
        let told = |number| if number == 0 { events } else { &unheard };
        let starting = (0..copies).map(|number| self.start_copy(number, told(number), gateway, stop));
        Copies::all(join_all(starting).await).await
    }

    async fn start_copy(
        &self,
        number: usize,
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
        env.extend(self.collector.get().iter().flat_map(|collector| telemetry_env(collector)));
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
            log_dir: self.folder_of_copy(number),
            ready_timeout: settings.ready_timeout,
            stop_grace: stack::STOP_GRACE,
            runs_dir: run_folder::of_all(self.inputs),
            container: self.container(gateway.map(|(gateway, _)| gateway)),
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

    /// Settles where fixtures listen, and starts the collector of telemetry, if a case wants some and the stack sends any.
    ///
    /// # Errors
    /// There is no port for it.
    pub(in crate::app) async fn prepare_fixtures(&self) -> Result<(), Diagnostic> {
        let reach = match self.reach.get() {
            Some(reach) => reach.clone(),
            None => self.look_up_reach().await?,
        };
        let reach = self.reach.get_or_init(|| reach);
        let sends = match &self.prepared.runtime {
            // What is in a container may.
            Runtime::Embedded => self.is_container(),
            Runtime::Python(stack) => stack.instrument.is_some(),
            // It may.
            Runtime::Command(_) => true,
        };
        let wanted = self.prepared.plan.cases.iter().any(|case| case.skip.is_none() && case.asks_telemetry());
        if sends && wanted && self.collector.get().is_none() {
            let collector = Collector::start(reach).await;
            let collector = collector.map_err(|error| Diagnostic::new(error.to_string()))?;
            let _first = self.collector.set(Arc::new(collector));
        }
        Ok(())
    }

    /// How the stack's container is run: for this run, and with the certificates that it is to trust.
    fn container(&self, gateway: Option<&Gateway>) -> Option<ContainerSpec> {
        let spec = self.prepared.container.clone()?;
        let files = gateway.map_or_else(Vec::new, |gateway| proxy::files(gateway, &self.folder()));
        Some(ContainerSpec { run_id: self.run_id.clone(), files, ..spec })
    }

    /// Ends what killed runs in this folder left running, and tells what it was.
    pub(in crate::app) async fn clear_leftovers(&self) -> Vec<String> {
        stack::clear_leftovers(&run_folder::of_all(self.inputs), &self.prepared.container_clients).await
    }

    /// Hides secrets in the log of the stack.
    pub(in crate::app) fn redactor(&self) -> Redactor {
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
    pub(in crate::app) fn must_record_alone(&self, mode: InferenceMode) -> bool {
        let records = mode.records();
        let tells = match &self.prepared.runtime {
            // What is in a container, only its owner knows.
            Runtime::Embedded => self.prepared.container.as_ref().is_none_or(|spec| spec.forwards_baggage),
            Runtime::Python(stack) => stack.instrument.is_some(),
            Runtime::Command(stack) => stack.forwards_baggage,
        };
        records && !tells
    }

    /// How cases are run against `stack`, or copies of it at `base_urls`, with `mode` in force.
    pub(in crate::app) fn runner_settings(
        &self,
        stack: &Stack,
        base_urls: Vec<String>,
        mode: InferenceMode,
    ) -> runner::Settings {
        let settings = &self.prepared.settings;
        runner::Settings {
            base_urls,
            jobs: if self.must_record_alone(mode) { 1 } else { settings.jobs.cases() },
            processes: settings.jobs.processes(),
            workshop: Some(Arc::clone(&self.prepared.workshop)),
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
            // One that ran already sends its telemetry elsewhere.
            telemetry: self.collector.get().filter(|_| !stack.reused()).cloned(),
            reach: self.reach.get().cloned().unwrap_or_default(),
            test_ids: settings.recorder == Recorder::Stack,
        }
    }
}

/// Has OpenTelemetry send to `collector`, and soon, what it knows of the requests that are said to be sampled. Of the others it
/// records nothing, as without a collector: see docs/decisions/0009-python-stacks.md.
fn telemetry_env(collector: &Collector) -> Vec<(String, String)> {
    let endpoint = collector.endpoint();
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_TRACES_SAMPLER", "parentbased_always_off"),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
        // Milliseconds. What a case waits for should not lie about.
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// Something that nobody can guess.
fn token() -> Option<String> {
    let random: [u8; 16] = ring::rand::generate(&ring::rand::SystemRandom::new()).ok()?.expose();
    Some(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The runner's port: with a gateway behind it, or with nothing.
pub(in crate::app) fn scope(gateway: Option<&Arc<Gateway>>, stop: &Stop) -> Arc<dyn CaseScope> {
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
