//! Who plays a config: the embedded stack, or a Llama Stack or OGX that is installed.

use std::fmt;
use std::path::{Path, PathBuf};

/// Who plays a config.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Runtime {
    /// The stack in this binary.
    #[default]
    Embedded,
    /// One that is installed.
    Python(PythonStack),
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
    /// Whether it is started with OpenTelemetry's instrumentation, so that it forwards `baggage` to providers.
    pub instrumented: bool,
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

    /// The command that it installs.
    pub fn command(self) -> &'static str {
        match self {
            Self::Ogx => "ogx",
            Self::LlamaStack => "llama",
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
        let python = text.lines().next().and_then(|line| line.strip_prefix("#!")).map(str::trim);
        let python = python.filter(|python| !python.is_empty() && !python.contains(' '));
        match python {
            Some(python) if text.contains(module) => Ok(Self {
                product,
                command: command.to_owned(),
                python: PathBuf::from(python),
                env: Vec::new(),
                instrumented: false,
            }),
            _ => Err(format!("`{}` is no command of {}", command.display(), product.name())),
        }
    }

    /// OpenTelemetry's launcher, if it is installed beside the command.
    pub fn instrumentation(&self) -> PathBuf {
        self.python.with_file_name("opentelemetry-instrument")
    }
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
        assert_eq!(found.instrumentation(), Path::new("/venv/bin/opentelemetry-instrument"));
        for other in [&b"\x7fELF\x02\x01"[..], b"#!/bin/sh\nexec something\n", b""] {
            assert!(PythonStack::from_script(Product::LlamaStack, command, other).is_err());
        }
    }
}
