//! A server of the user's own make, started by a command of `stack-test.yaml`.

use super::StackRequest;
use crate::process::Launch;
use crate::stack_config::Config;
use std::path::PathBuf;

/// At most so many words of a command are named in a message.
const NAMED_WORDS: usize = 3;

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
    /// Whether it passes the baggage of a request on with the calls it makes for it, which tells whose they are.
    pub forwards_baggage: bool,
}

impl CommandStack {
    /// What may stand in double braces.
    pub const NAMES: [&str; 2] = ["port", "config"];

    /// The names in double braces in `text`.
    pub fn names(text: &str) -> impl Iterator<Item = &str> {
        text.split("{{").skip(1).map(|rest| rest.split_once("}}").map_or(rest, |(name, _)| name).trim())
    }

    /// The program: a bare name, which is looked for on PATH, or a path.
    pub fn program(&self) -> PathBuf {
        self.within_folder(self.command.first().map(PathBuf::from).unwrap_or_default())
    }

    fn within_folder(&self, program: PathBuf) -> PathBuf {
        // A bare name is looked for on PATH, a path is one of the project's.
        if program.components().count() > 1 { self.folder.join(program) } else { program }
    }

    /// Whether it is told what to serve.
    pub fn takes_config(&self) -> bool {
        let values = self.command.iter().chain(self.env.iter().map(|(_, value)| value));
        values.flat_map(|text| Self::names(text)).any(|name| name == "config")
    }

    /// It in a line: what it serves, and the beginning of its command, which names the program and what that runs.
    pub(super) fn shown(&self, config: &Config) -> String {
        let is_plain = |word: &&String| !word.starts_with('-') && !word.contains("{{");
        let words: Vec<&str> =
            self.command.iter().take(NAMED_WORDS).take_while(is_plain).map(String::as_str).collect();
        format!("{config} ({} of stack-test.yaml)", words.join(" "))
    }
}

/// What is started for `config` on `port`.
pub(super) fn launch(request: &StackRequest, config: &Config, port: u16, stack: &CommandStack) -> Launch {
    let port = port.to_string();
    let config = match config {
        Config::DistroFile { file, .. } => file.clone(),
        other => other.to_string(),
    };
    let filled = |text: &String| filled(text, &[("port", &port), ("config", &config)]);
    let mut words: Vec<String> = stack.command.iter().map(filled).collect();
    let program = stack.within_folder(PathBuf::from(words.remove(0)));
    let mut env: Vec<_> = stack.env.iter().map(|(name, value)| (name.clone(), filled(value))).collect();
    env.extend(request.process_env.get("PATH").map(|path| ("PATH".to_owned(), path.clone())));
    Launch { program, args: words, env, cwd: Some(stack.folder.clone()) }
}

/// `text` with values in place of their names in double braces.
pub(super) fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut parts = text.split("{{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let named = part.split_once("}}").and_then(|(name, rest)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name.trim())?;
            Some([*value, rest])
        });
        out.extend(named.unwrap_or(["{{", part]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_and_config_take_the_place_of_their_names() {
        let values = [("port", "9000"), ("config", "gw.yaml")];
        assert_eq!(filled("--port={{port}} {{ config }}.", &values), "--port=9000 gw.yaml.");
        assert_eq!(filled("{{ other }} {{", &values), "{{ other }} {{");
        assert_eq!(CommandStack::names("a {{ port }} b {{x}}").collect::<Vec<_>>(), ["port", "x"]);
    }
}
