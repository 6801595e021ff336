//! `stack-test serve`: the embedded stack in the foreground.

use super::ExitStatus;
use super::error::CommandError;
use super::inputs::Inputs;
use crate::app::run::run_folder;
use crate::app::run::signals::Listener;
use crate::cli::ServeArgs;
use crate::source::Diagnostic;
use crate::stack::{Announced, embedded_config};
use crate::stack_config::{StackConfig, Target};
use crate::starter;
use std::io::Write;
use std::net::IpAddr;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

/// The environment variable with the address that is listened on in a container.
const ADDRESS_ENV: &str = "STACK_TEST_SERVE_ON";

/// Serves until asked to stop.
///
/// # Errors
/// A stack-config that the embedded stack cannot play, a port that cannot be had.
pub(super) async fn serve(args: &ServeArgs, inputs: &Inputs) -> Result<ExitStatus, CommandError> {
    let config = StackConfig::parse("stack-config", &args.config).map_err(CommandError::usage)?;
    let Target::Builtin(config) = config.target() else {
        let what = format!("`{}` is not something to serve", args.config);
        let hint = "give a distribution, a run config's path or `api=provider,…`; the port goes to --port";
        return Err(CommandError::usage(vec![Diagnostic::new(what).hint(hint)]));
    };
    let lookup = |name: &str| inputs.env(name).map(str::to_owned);
    let starter_config =
        embedded_config(&config, &lookup).map_err(|error| CommandError::usage(error.diagnostics()))?;
    // Loopback only: whoever reaches the port spends the provider's tokens. A container has an interface of its own, of
    // which the port is published on the loopback interface outside.
    let address = match inputs.env(ADDRESS_ENV).map(str::parse) {
        None => IpAddr::from([127, 0, 0, 1]),
        Some(Ok(address)) => address,
        Some(Err(_)) => {
            return Err(CommandError::usage(vec![Diagnostic::new(format!(
                "`{ADDRESS_ENV}` holds no IP address"
            ))]));
        }
    };
    let listener = TcpListener::bind((address, args.port)).await.map_err(|error| {
        let what = format!("port {} on {address} cannot be had: {error}", args.port);
        CommandError::internal(Diagnostic::new(what).hint("choose another with --port, or 0 for a free one"))
    })?;
    let mut signals = Listener::new();
    let running = starter::serve(listener, starter_config)
        .await
        .map_err(|error| CommandError::internal(Diagnostic::new(error.to_string())))?;
    let folder = run_folder::of_this_run(inputs);
    // A parent writes its children down itself. Where nothing can be written, no run may restart this server.
    let announced = (!args.until_stdin_closes).then(|| {
        Announced::server(&folder, &format!("embedded stack on port {}", running.addr().port())).ok()
    });
    let _ = writeln!(
        std::io::stdout(),
        "embedded stack {} on http://{}",
        env!("CARGO_PKG_VERSION"),
        running.addr()
    );
    let _ = std::io::stdout().flush();
    tokio::select! {
        _ = signals.next() => {}
        () = stdin_closed(), if args.until_stdin_closes => {}
    }
    running.stop().await;
    drop(announced);
    run_folder::tidy_all(inputs);
    Ok(ExitStatus::Passed)
}

/// Resolves when the other end of standard input is gone.
pub(super) async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut buffer = [0; 64];
    while stdin.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
}
