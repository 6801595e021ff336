//! What a gateway is started with.

use super::{SigV4, Via};
use crate::model::{CaseId, Egress, InferenceMode, ReplaySpeed, Secret};
use crate::recording::{RuleBook, Set};
use crate::wire::dialect::Dialect;
use http::HeaderName;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What a stack is given in place of each provider's key, in every mode. Where the stack sends it, the gateway puts the real
/// one. It is the same always, so that a request that repeats it is the same question with any key and without one.
pub const DUMMY_KEY: &str = "stack-test-dummy-key";

/// How long a provider may stay silent, before its head and between two pieces, where nothing else is asked for.
pub const IDLE: Duration = Duration::from_secs(300);

/// What a gateway is started with.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// What it does with a call.
    pub mode: InferenceMode,
    /// The setup, which names the folder of its recordings below `root`.
    pub setup: String,
    /// The folder of all recordings.
    pub root: PathBuf,
    /// The providers it stands for.
    pub providers: Vec<Upstream>,
    /// Values that must not be kept or shown, and the names they are masked with.
    pub secrets: Vec<(String, Secret)>,
    /// Texts that look like keys and are none: made-up ones, in tests. They are kept as they are.
    pub allow_secrets: Vec<String>,
    /// The cases that will run. Their recordings are read at the start, so that a broken one is found before anything
    /// runs; those of other cases are read when they are asked for.
    pub cases: Vec<CaseId>,
    /// How long a provider may stay silent; usually [`IDLE`].
    pub idle: Duration,
    /// Whether each connection is closed after one answer, for stacks that lose kept-alive ones.
    pub close_connections: bool,
    /// How fast recorded answers come.
    pub replay_speed: ReplaySpeed,
    /// Whether a call is refused whose case is known by nothing but its content, where cases have different answers.
    pub strict: bool,
    /// What does not count when calls are compared.
    pub rules: Arc<RuleBook>,
    /// What becomes of connections to other hosts, where the gateway is the stack's proxy.
    pub egress: Egress,
    /// Whether the gateway is the stack's HTTP proxy too, for providers whose address cannot be changed.
    pub proxy: Option<ProxySettings>,
    /// Root certificates (PEM) by which providers are trusted, beside the system's.
    pub extra_roots: Vec<String>,
    /// Where recording stops: when the providers' usage blocks add up to so many tokens, no further call is passed on.
    pub max_tokens: Option<u64>,
    /// Sets that answer in place of those on disk: what was recorded and is not proven yet.
    pub staged: Vec<Set>,
    /// Where recorded sets are written in place of `root`, for as long as they are not proven.
    pub aside: Option<PathBuf>,
    /// Whether it is recorded that a provider could not be reached; else the set of whoever asked stays as it was.
    pub keep_unreached: bool,
    /// The command that records what is missing, for whoever reads of a miss; where our own runner tells of the cases,
    /// the one that is missing is named behind it. Without, it is made from the setup.
    pub record_command: Option<String>,
    /// What selects the cases of this run: named behind that command for a call that belongs to none.
    pub record_selection: String,
    /// What its clients must bring along, where the port can be reached by others than this machine: letters and digits that
    /// nobody can guess. The base URLs and the proxy's URL have it in them.
    pub token: Option<String>,
    /// For a gateway that serves somebody else's runner; `None` where our own tells it which case begins and ends.
    pub standalone: Option<Standalone>,
}

/// What a gateway has that no runner of ours steers: it answers `/__stack_test/…`, and a case begins with the first call
/// that names it. In replay, all sets of the setup are read at the start: its clients may name no case.
#[derive(Debug, Clone, Default)]
pub struct Standalone {
    /// The request header that names the case.
    pub case_header: Option<HeaderName>,
}

impl GatewayConfig {
    /// A gateway for `setup`, whose recordings are below `root`; everything else as it usually is, and no provider yet.
    pub fn new(mode: InferenceMode, setup: &str, root: &Path) -> Self {
        Self {
            mode,
            setup: setup.to_owned(),
            root: root.to_owned(),
            providers: Vec::new(),
            secrets: Vec::new(),
            allow_secrets: Vec::new(),
            cases: Vec::new(),
            idle: IDLE,
            close_connections: false,
            replay_speed: ReplaySpeed::default(),
            strict: false,
            rules: Arc::default(),
            egress: Egress::default(),
            proxy: None,
            extra_roots: Vec::new(),
            max_tokens: None,
            staged: Vec::new(),
            aside: None,
            keep_unreached: false,
            record_command: None,
            record_selection: String::new(),
            token: None,
            standalone: None,
        }
    }
}

/// The gateway as a proxy.
#[derive(Debug, Clone)]
pub struct ProxySettings {
    /// The time of day, from which its certificates are good for some days.
    pub now: SystemTime,
    /// The proxy behind which other hosts are found.
    pub via: Option<Via>,
}

/// A provider behind the gateway.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Its name: the first step of the path at the gateway, and `provider` in recordings.
    pub name: String,
    /// Its base URL, with `/v1` where it has one. Never connected to in replay.
    pub url: String,
    /// What is particular to it.
    pub dialect: &'static Dialect,
    /// Headers that are put in place of those of the stack, such as its key.
    pub headers: Vec<(String, Secret)>,
    /// The hosts it is at when the gateway is a proxy, beside the one of `url`: `api.example.com`, with a port only on that
    /// one, `*` for one step of the name.
    pub hosts: Vec<String>,
    /// By what requests that came by base URL, and so are signed for the wrong host, are signed again.
    pub sigv4: Option<SigV4>,
    /// The key that is put where the stack sends [`DUMMY_KEY`], in a header or a parameter of the query. Another key that
    /// the stack sends (one that a test brought along) is left as it is.
    pub key: Option<Secret>,
}

impl Upstream {
    /// A provider without headers of its own.
    pub fn new(name: &str, url: &str, dialect: &'static Dialect) -> Self {
        Self {
            name: name.to_owned(),
            url: url.to_owned(),
            dialect,
            headers: Vec::new(),
            hosts: Vec::new(),
            sigv4: None,
            key: None,
        }
    }
}
