//! A server of the user's own make, started by a command of `stack-test.yaml`.

use super::StackRequest;
use crate::process::Launch;
use crate::stack_config::Config;
use std::path::PathBuf;

/// A server and how it is started. In its command and in the values of its variables `{{ port }}` stands for the port that it
/// has to listen on, and `{{ config }}` for what it has to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandStack {
    /// Its name in `stack-test.yaml`.
    pub name: String,
    /// The program and its arguments; never empty.
    pub command: Vec<String>,
    /// The folder that it is started in, and that the program's path is seen from.
    pub folder: PathBuf,
    /// Further variables. Those of the request win.
    pub env: Vec<(String, String)>,
    /// What it answers with 2xx when it is well; found out, if it is not known.
    pub health: Option<String>,
}

impl CommandStack {
    /// What may stand in double braces.
    pub const NAMES: [&str; 2] = ["port", "config"];

    /// The names in double braces in `text`.
    pub fn names(text: &str) -> impl Iterator<Item = &str> {
        text.split("{{").skip(1).map(|rest| rest.split_once("}}").map_or(rest, |(name, _)| name).trim())
    }
}

/// What is started for `config` on `port`.
pub(super) fn launch(request: &StackRequest, config: &Config, port: u16, stack: &CommandStack) -> Launch {
    let port = port.to_string();
    let config = match config {
        Config::DistroFile { file, .. } => file.clone(),
        other => other.to_string(),
    };
    let filled = |text: &String| filled(text, &port, &config);
    let mut words: Vec<String> = stack.command.iter().map(filled).collect();
    let program = PathBuf::from(words.remove(0));
    // A bare name is looked for on PATH, a path is one of the project's.
    let is_path = program.components().count() > 1;
    let program = if is_path { stack.folder.join(program) } else { program };
    let mut env: Vec<_> = stack.env.iter().map(|(name, value)| (name.clone(), filled(value))).collect();
    env.extend(request.process_env.get("PATH").map(|path| ("PATH".to_owned(), path.clone())));
    Launch { program, args: words, env, cwd: Some(stack.folder.clone()) }
}

fn filled(text: &str, port: &str, config: &str) -> String {
    let mut parts = text.split("{{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("}}") {
            Some((name, rest)) if name.trim() == "port" => out.extend([port, rest]),
            Some((name, rest)) if name.trim() == "config" => out.extend([config, rest]),
            _ => out.extend(["{{", part]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_and_config_take_the_place_of_their_names() {
        assert_eq!(filled("--port={{port}} {{ config }}.", "9000", "gw.yaml"), "--port=9000 gw.yaml.");
        assert_eq!(filled("{{ other }} {{", "1", "c"), "{{ other }} {{");
        assert_eq!(CommandStack::names("a {{ port }} b {{x}}").collect::<Vec<_>>(), ["port", "x"]);
    }
}
