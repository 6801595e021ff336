//! Who plays the config: `--runtime`, or what is installed.

use super::inputs::Inputs;
use crate::source::Diagnostic;
use crate::stack::{Product, PythonStack, Runtime};
use crate::stack_config::Target;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

/// What `--runtime` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum RuntimeChoice {
    /// An installed OGX, an installed Llama Stack, the embedded stack: the first that is there.
    #[default]
    Auto,
    /// The embedded stack.
    Builtin,
    /// One that must be installed.
    Installed(Product),
}

/// A word that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no runtime; there are auto, builtin, llama-stack and ogx")]
pub(super) struct UnknownRuntime(String);

impl FromStr for RuntimeChoice {
    type Err = UnknownRuntime;

    fn from_str(text: &str) -> Result<Self, UnknownRuntime> {
        match text {
            "auto" => Ok(Self::Auto),
            "builtin" => Ok(Self::Builtin),
            other => Product::ALL
                .into_iter()
                .find(|product| product.word() == other)
                .map(Self::Installed)
                .ok_or_else(|| UnknownRuntime(other.to_owned())),
        }
    }
}

impl fmt::Display for RuntimeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Builtin => "builtin",
            Self::Installed(product) => product.word(),
        })
    }
}

/// Who plays the config of `target`.
///
/// # Errors
/// The one that was asked for is not installed.
pub(super) fn resolve(
    choice: RuntimeChoice,
    target: &Target,
    inputs: &Inputs,
) -> Result<Runtime, Diagnostic> {
    if matches!(target, Target::Remote { .. } | Target::Container { .. }) {
        return Ok(Runtime::Embedded);
    }
    match choice {
        RuntimeChoice::Builtin => Ok(Runtime::Embedded),
        RuntimeChoice::Auto => {
            let found = Product::ALL.into_iter().find_map(|product| find(product, inputs).ok());
            Ok(found.map_or(Runtime::Embedded, Runtime::Python))
        }
        RuntimeChoice::Installed(product) => find(product, inputs).map(Runtime::Python).map_err(|why| {
            let hint =
                format!("activate the venv that has `{}`, or use `--runtime builtin`", product.command());
            Diagnostic::new(format!("{} is not installed: {why}", product.name())).hint(hint)
        }),
    }
}

fn find(product: Product, inputs: &Inputs) -> Result<PythonStack, String> {
    let name = product.command();
    let command = which::which_in(name, inputs.env("PATH"), &inputs.cwd)
        .map_err(|_| format!("there is no `{name}` on PATH"))?;
    let script = beginning(&command).map_err(|error| format!("`{}`: {error}", command.display()))?;
    let stack = PythonStack::from_script(product, &command, &script)?;
    let instrumented = stack.instrumentation().is_file();
    Ok(PythonStack { instrumented, ..stack })
}

#[expect(clippy::disallowed_methods, reason = "reads the first bytes of a command on PATH")]
fn beginning(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(4096).read_to_end(&mut bytes)?;
    Ok(bytes)
}
