//! `stack-test gateway`.

use crate::model::{Egress, InferenceMode, ReplaySpeed};
use std::ffi::OsString;
use std::path::PathBuf;

/// `stack-test gateway`.
#[derive(Debug, clap::Args)]
pub struct GatewayArgs {
    /// A provider to stand for: one that is known (`openai`; see `stack-test help providers`), or any with its base URL:
    /// `mine=http://localhost:9000/v1,dialect=vllm,key_env=MINE_KEY,url_env=MINE_URL`. Repeatable.
    #[arg(long, required = true, value_name = "NAME[=URL][,KEY=VALUE…]")]
    pub provider: Vec<String>,
    /// What becomes of provider calls: replay, record, record-if-missing or live. [env: as for `run`] [default: replay]
    #[arg(long, visible_alias = "inference-mode", value_name = "MODE")]
    pub mode: Option<InferenceMode>,
    /// The port on 127.0.0.1; 0 takes a free one. [default: 8320; a free one with a command]
    #[arg(long)]
    pub port: Option<u16>,
    /// The request header that names the case: `suite::case`, or any text.
    #[arg(long, value_name = "NAME")]
    pub case_header: Option<String>,
    /// The setup, which names the folder of its recordings and may say where providers are. [default: default]
    #[arg(long, value_name = "NAME")]
    pub setup: Option<String>,
    /// The folder that holds the recordings. [default: recordings]
    #[arg(long, value_name = "DIR")]
    pub recordings: Option<PathBuf>,
    /// How fast recorded answers come: `instant`, `recorded` (with the pauses that were recorded), or a factor like `10x`.
    #[arg(long, value_name = "SPEED")]
    pub replay_speed: Option<ReplaySpeed>,
    /// Fail on recordings of the named cases that were not used, and on calls that nothing but their content assigns to a
    /// case where cases have different answers.
    #[arg(long)]
    pub strict: bool,
    /// Keep what was recorded even if the command fails, and record a provider that cannot be reached as such.
    #[arg(long)]
    pub keep_failed: bool,
    /// Keep what was recorded of a command without running it twice more to see that it replays.
    #[arg(long, requires = "command")]
    pub no_proof: bool,
    /// A value that must appear nowhere: masked in recordings and output. Best given as `env:NAME`, so that the value
    /// stands in no command line.
    #[arg(long, value_name = "VALUE", hide_possible_values = true)]
    pub secret: Vec<String>,
    /// Be the proxy of the command, too, and `report` or `deny` its connections to hosts that are no provider. [default: be
    /// one only where a provider has `hosts`, and report]
    #[arg(long, value_name = "WHAT")]
    pub egress: Option<Egress>,
    /// Say in one line of JSON where the gateway is and what variables lead to it.
    #[arg(long)]
    pub json: bool,
    /// Stop when standard input ends: a parent that dies takes the gateway with it.
    #[arg(long, hide = true, conflicts_with = "command")]
    pub until_stdin_closes: bool,
    /// A command to run with the variables that lead to the gateway; its exit code is ours, unless it passed and a call
    /// found no recording.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}
