//! Who plays a config: the embedded stack, or a Llama Stack or OGX that is installed.

use super::CommandStack;
use crate::model::Server;
use std::fmt;
use std::path::{Path, PathBuf};

/// OpenTelemetry's launcher.
const INSTRUMENT: &str = "opentelemetry-instrument";

/// Who plays a config.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Runtime {
    /// The stack in this binary.
    #[default]
    Embedded,
    /// One that is installed.
    Python(PythonStack),
    /// One that a command of the user's starts.
    Command(CommandStack),
}

/// A Llama Stack or OGX that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonStack {
    /// Which of the two.
    pub product: Product,
    /// Its command.
    pub command: PathBuf,
    /// The Python that runs the command: it has the packages.
    pub python: PathBuf,
    /// Further variables.
    pub env: Vec<(String, String)>,
    /// OpenTelemetry's launcher, where it is started by it, so that it forwards `baggage` to providers.
    pub instrument: Option<PathBuf>,
}

/// The two names of one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// OGX, its name since 2026.
    Ogx,
    /// Llama Stack, its name before.
    LlamaStack,
}

impl Product {
    /// Both, in the order in which they are looked for.
    pub const ALL: [Self; 2] = [Self::Ogx, Self::LlamaStack];

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ogx => "OGX",
            Self::LlamaStack => "Llama Stack",
        }
    }

    /// The word for `--runtime`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ogx => "ogx",
            Self::LlamaStack => "llama-stack",
        }
    }

    /// What suites call it.
    pub(super) fn server(self) -> Server {
        match self {
            Self::Ogx => Server::Ogx,
            Self::LlamaStack => Server::LlamaStack,
        }
    }

    /// The command that it installs.
    pub fn command(self) -> &'static str {
        match self {
            Self::Ogx => "ogx",
            Self::LlamaStack => "llama",
        }
    }

    /// The package that holds it, as folders of packages are called.
    pub fn distribution(self) -> &'static str {
        match self {
            Self::Ogx => "ogx",
            Self::LlamaStack => "llama_stack",
        }
    }

    /// Where the command's function is: module and name.
    pub(super) fn entry(self) -> (&'static str, &'static str) {
        match self {
            Self::Ogx => ("ogx.cli.ogx", "main"),
            Self::LlamaStack => ("llama_stack.cli.llama", "main"),
        }
    }

    /// The words after the command that serve something.
    pub(super) fn run(self) -> &'static [&'static str] {
        match self {
            // It listens on the loopback interface, where TLS would protect nothing.
            Self::Ogx => &["run", "--insecure"],
            Self::LlamaStack => &["stack", "run"],
        }
    }
}

impl fmt::Display for PythonStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.product.name(), self.command.display())
    }
}

impl PythonStack {
    /// The product behind a command of the right name, from the text of its script. Other things are called `llama`, too.
    ///
    /// # Errors
    /// What it is instead, in words.
    pub fn from_script(product: Product, command: &Path, script: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(&script[..script.len().min(4096)]);
        let module = product.entry().0;
        match python_of(&text, command) {
            Some(python) if text.contains(module) => {
                Ok(Self { product, command: command.to_owned(), python, env: Vec::new(), instrument: None })
            }
            _ => Err(format!("`{}` is not the command of {}", command.display(), product.name())),
        }
    }

    /// Where OpenTelemetry's launcher may be: beside the Python or beside the command.
    pub fn instruments(&self) -> [PathBuf; 2] {
        [&self.python, &self.command].map(|path| path.with_file_name(INSTRUMENT))
    }
}

/// The Python that runs a script, from its first lines. Where the path of a venv is too long for a first line, or has spaces,
/// installers write `#!/bin/sh` and have the shell run the Python by a second line.
fn python_of(text: &str, command: &Path) -> Option<PathBuf> {
    let mut lines = text.lines();
    let first = lines.next()?.strip_prefix("#!")?.trim();
    let Some(by_shell) = lines.next().and_then(|line| line.trim().strip_prefix("'''exec' ")) else {
        return (!first.is_empty() && !first.contains(' ')).then(|| PathBuf::from(first));
    };
    let quoted = |mark: char| by_shell.strip_prefix(mark)?.split(mark).next();
    let path = quoted('"').or_else(|| quoted('\'')).or_else(|| by_shell.split(' ').next())?;
    // One that the shell finds out is beside the command.
    let known = path.starts_with('/') && !path.contains('$');
    Some(if known { PathBuf::from(path) } else { command.with_file_name("python") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_real_command_is_taken() {
        let script = b"#!/venv/bin/python\nimport sys\nfrom llama_stack.cli.llama import main\n";
        let command = Path::new("/venv/bin/llama");
        let found = PythonStack::from_script(Product::LlamaStack, command, script).unwrap();
        assert_eq!(found.python, Path::new("/venv/bin/python"));
        assert_eq!(found.instruments()[0], Path::new("/venv/bin/opentelemetry-instrument"));
        for other in [&b"\x7fELF\x02\x01"[..], b"#!/bin/sh\nexec something\n", b""] {
            assert!(PythonStack::from_script(Product::LlamaStack, command, other).is_err());
        }
    }

    #[test]
    fn a_python_that_a_shell_runs_is_found() {
        let python = |line: &str| {
            let script =
                format!("#!/bin/sh\n'''exec' {line} \"$0\" \"$@\"\n' '''\nfrom ogx.cli.ogx import main\n");
            PythonStack::from_script(Product::Ogx, Path::new("/venv/bin/ogx"), script.as_bytes())
                .unwrap()
                .python
        };
        assert_eq!(python(r#""/a folder/bin/python""#), Path::new("/a folder/bin/python"));
        assert_eq!(python("/very/long/bin/python"), Path::new("/very/long/bin/python"));
        let beside = r#""$(dirname -- "$(realpath -- "$0")")"/'python3'"#;
        assert_eq!(python(beside), Path::new("/venv/bin/python"));
    }
}
