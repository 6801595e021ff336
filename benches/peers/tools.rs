//! Who is measured, and how each is told to record and to replay.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What each is told.
pub(crate) struct Place<'a> {
    /// For its recordings.
    pub(crate) folder: &'a Path,
    /// The provider's URL, without a path.
    pub(crate) provider: &'a str,
    pub(crate) port: u16,
}

pub(crate) struct Tool {
    pub(crate) name: &'static str,
    program: Vec<PathBuf>,
    /// What stands before the provider's own path.
    pub(crate) prefix: &'static str,
    pub(crate) record: fn(&Self, &Place<'_>) -> Command,
    pub(crate) replay: fn(&Self, &Place<'_>) -> Command,
}

/// Ours first: the others are told as ratios to it.
pub(crate) fn all() -> Vec<Tool> {
    let given = |name| PathBuf::from(std::env::var_os(name).unwrap_or_default());
    vec![
        Tool {
            name: "stack-test",
            program: vec![env!("CARGO_BIN_EXE_stack-test").into()],
            prefix: "/llm",
            record: |tool, place| gateway(tool, place, "record"),
            replay: |tool, place| gateway(tool, place, "replay"),
        },
        Tool {
            name: "mitmdump",
            program: vec![given("PEERS_MITMDUMP")],
            prefix: "",
            record: |tool, place| {
                let mut command = mitmdump(tool, place);
                command.arg("--save-stream-file").arg(place.folder.join("flows"));
                command
            },
            replay: |tool, place| {
                let mut command = mitmdump(tool, place);
                command.arg("--server-replay").arg(place.folder.join("flows"));
                for option in
                    ["server_replay_extra=kill", "server_replay_reuse=true", "server_replay_refresh=false"]
                {
                    command.args(["--set", option]);
                }
                command
            },
        },
        Tool {
            name: "aimock",
            program: vec!["node".into(), given("PEERS_AIMOCK")],
            prefix: "",
            record: |tool, place| {
                let mut command = aimock(tool, place);
                command.args(["--record", "--provider-openai", place.provider]);
                // It warns that there are no recordings yet.
                command.stderr(std::process::Stdio::null());
                command
            },
            replay: |tool, place| {
                let mut command = aimock(tool, place);
                command.args(["--strict", "--replay-speed", "1000000"]);
                command
            },
        },
    ]
}

impl Tool {
    /// Its version; `None` if it is not there.
    pub(crate) fn version(&self) -> Option<String> {
        if self.program.iter().any(|part| part.as_os_str().is_empty()) {
            return None;
        }
        // aimock does not tell its own.
        if let Some(script) = self.program.get(1) {
            let package = std::fs::read_to_string(script.parent()?.parent()?.join("package.json")).ok()?;
            let package: serde_json::Value = serde_json::from_str(&package).ok()?;
            return package["version"].as_str().map(str::to_owned);
        }
        let output = self.command().arg("--version").output().ok()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
        said.split_whitespace().find(number).map(str::to_owned)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program[0]);
        command.args(&self.program[1..]);
        command
    }
}

fn gateway(tool: &Tool, place: &Place<'_>, mode: &str) -> Command {
    let mut command = tool.command();
    let provider = format!("llm={}/v1", place.provider);
    command.args(["gateway", "--mode", mode, "--provider", &provider, "--port", &place.port.to_string()]);
    command.arg("--recordings").arg(place.folder).current_dir(place.folder);
    command.stderr(std::process::Stdio::null());
    command
}

fn mitmdump(tool: &Tool, place: &Place<'_>) -> Command {
    let mut command = tool.command();
    command.args(["--quiet", "--mode", &format!("reverse:{}", place.provider), "--listen-host", "127.0.0.1"]);
    command.args(["--listen-port", &place.port.to_string(), "--set", "connection_strategy=lazy"]);
    command.args(["--set", &format!("confdir={}", place.folder.join("conf").display())]);
    command
}

fn aimock(tool: &Tool, place: &Place<'_>) -> Command {
    let mut command = tool.command();
    command
        .args(["--port", &place.port.to_string(), "--log-level", "silent", "--fixtures"])
        .arg(place.folder);
    command
}
