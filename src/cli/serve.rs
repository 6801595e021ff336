//! `stack-test serve`.

/// `stack-test serve`.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// What to serve: `starter`, a run config's path, or `api=provider,…`.
    #[arg(default_value = "starter", value_name = "STACK-CONFIG")]
    pub config: String,
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8321)]
    pub port: u16,
    /// Stop when standard input ends: a parent that dies takes the server with it.
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,
}
