//! Who plays the config: `--runtime`, or what is installed.

use super::otel::{self, OtelChoice};
use crate::app::inputs::Inputs;
use crate::app::project::load::Project;
use crate::source::Diagnostic;
use crate::stack::{CommandStack, Product, PythonStack, Runtime};
use crate::stack_config::{Config, Target};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What `--runtime` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::app) enum RuntimeChoice {
    /// An installed OGX, an installed Llama Stack, the embedded stack: the first that is there.
    #[default]
    Auto,
    /// The embedded stack.
    Builtin,
    /// One that must be installed.
    Installed(Product),
    /// One of `distributions:`.
    Command,
}

/// A word that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no runtime; there are auto, builtin, llama-stack, ogx and command")]
pub(in crate::app) struct UnknownRuntime(String);

impl FromStr for RuntimeChoice {
    type Err = UnknownRuntime;

    fn from_str(text: &str) -> Result<Self, UnknownRuntime> {
        match text {
            "auto" => Ok(Self::Auto),
            "builtin" => Ok(Self::Builtin),
            "command" => Ok(Self::Command),
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
            Self::Command => "command",
        })
    }
}

/// Who plays the config of `target`, and what the user should know about it.
///
/// # Errors
/// The one that was asked for is not installed, or cannot be started like that.
pub(in crate::app) fn resolve(
    (choice, otel): (RuntimeChoice, OtelChoice),
    target: &Target,
    project: &Project,
    inputs: &Inputs,
) -> Result<(Runtime, Vec<String>), Diagnostic> {
    let (Target::Builtin(config) | Target::Process { config, .. }) = target else {
        return Ok((Runtime::Embedded, Vec::new()));
    };
    if let Some(stack) = command(choice, target, project, inputs)? {
        return Ok((Runtime::Command(stack), Vec::new()));
    }
    let mut notices = Vec::new();
    let found = match choice {
        RuntimeChoice::Builtin | RuntimeChoice::Command => None,
        RuntimeChoice::Auto => {
            let mut all = Product::ALL.into_iter().map(|product| find(product, project, inputs));
            all.find_map(|found| found.map_err(|absent| notices.extend(absent.notice())).ok())
        }
        RuntimeChoice::Installed(product) => Some(find(product, project, inputs).map_err(|absent| {
            let hint =
                format!("activate the venv that has `{}`, or use `--runtime builtin`", product.command());
            Diagnostic::new(format!("{} is not installed: {absent}", product.name())).hint(hint)
        })?),
    };
    let Some(stack) = found else { return Ok((Runtime::Embedded, notices)) };
    without_options(&stack, config, project)?;
    let (stack, line) = otel::settle(otel, stack)?;
    notices.push(line);
    Ok((Runtime::Python(stack), notices))
}

/// The server of the project's own that `target` names, which nothing else plays.
///
/// # Errors
/// Another runtime is wanted for it, or it is wanted for something else.
fn command(
    choice: RuntimeChoice,
    target: &Target,
    project: &Project,
    inputs: &Inputs,
) -> Result<Option<CommandStack>, Diagnostic> {
    match (choice, project.distributions.of(target)) {
        (RuntimeChoice::Auto | RuntimeChoice::Command, Some((name, own))) => {
            let stack = own.stack(name, &project.folder(&inputs.cwd));
            serves(&stack, target)?;
            Ok(Some(stack))
        }
        (_, Some((name, _))) => {
            let what = format!("`{name}` is a distribution of stack-test.yaml, which its own command plays");
            Err(Diagnostic::new(what).hint(format!("leave `--runtime {choice}` out")))
        }
        (RuntimeChoice::Command, None) => {
            let names: Vec<&str> = project.distributions.names().collect();
            let what =
                "`--runtime command` plays distributions of stack-test.yaml, and the stack-config names none";
            Err(Diagnostic::new(what).hint(match &names[..] {
                [] => "say under `distributions:` what is started: see docs/settings.md".to_owned(),
                names => format!("there are {}", names.join(", ")),
            }))
        }
        (_, None) => Ok(None),
    }
}

/// Finds out whether the file behind `::` is there and reaches the server.
fn serves(stack: &CommandStack, target: &Target) -> Result<(), Diagnostic> {
    let (Target::Builtin(config) | Target::Process { config, .. }) = target else { return Ok(()) };
    let Config::DistroFile { distro, file } = config else { return Ok(()) };
    if !stack.takes_config() {
        let what = format!("`{distro}` is not told what to serve, so that `{file}` would be without effect");
        let hint =
            format!("write `{{{{ config }}}}` into its command in stack-test.yaml, or leave `::{file}` out");
        return Err(Diagnostic::new(what).hint(hint));
    }
    if !stack.folder.join(file).is_file() {
        let what = format!("there is no file `{file}` in {}, for `{config}`", stack.folder.display());
        let hint = "it is looked for from the folder of stack-test.yaml, which the server runs in";
        return Err(Diagnostic::new(what).hint(hint));
    }
    Ok(())
}

/// Why an installed stack is not there.
#[derive(Debug, thiserror::Error)]
pub(in crate::app) enum Absent {
    /// Nothing of its name is on PATH.
    #[error("there is no `{0}` on PATH")]
    NoCommand(&'static str),
    /// What is on PATH is something else.
    #[error("{0}")]
    Other(String),
}

impl Absent {
    /// What nobody asked for needs no word, unless something looks like it.
    fn notice(&self) -> Option<String> {
        matches!(self, Self::Other(_)).then(|| format!("not used as the stack: {self}"))
    }
}

/// The product's command: where the project says, else on PATH.
///
/// # Errors
/// There is none, or it is something else of that name.
pub(in crate::app) fn find(
    product: Product,
    project: &Project,
    inputs: &Inputs,
) -> Result<PythonStack, Absent> {
    let said = project.distributions.installed(product);
    let command = match said {
        Some(said) => inputs.cwd.join(said.command(project.root.as_deref())),
        None => {
            let name = product.command();
            which::which_in(name, inputs.env("PATH"), &inputs.cwd).map_err(|_| Absent::NoCommand(name))?
        }
    };
    // Tools that keep each program in a venv of its own put a link on PATH.
    let command = std::path::absolute(&command).unwrap_or(command);
    let target = resolved(&command);
    let script =
        beginning(&target).map_err(|error| Absent::Other(format!("`{}`: {error}", command.display())))?;
    let stack = PythonStack::from_script(product, &target, &script).map_err(Absent::Other)?;
    let env = said.map(|said| said.env.clone()).unwrap_or_default();
    Ok(PythonStack { command, env, ..stack })
}

/// Llama Stack's `--providers` has no options: one would have to be left out, and its provider be asked somewhere else.
fn without_options(stack: &PythonStack, config: &Config, project: &Project) -> Result<(), Diagnostic> {
    let Config::Pairs(pairs) = config else { return Ok(()) };
    let Some(pair) = pairs.iter().find(|pair| !pair.options.is_empty()) else { return Ok(()) };
    if stack.product != Product::LlamaStack {
        return Ok(());
    }
    let id = pair.provider.id.as_str();
    let error = Diagnostic::new(format!("{stack} takes no options of providers, and `{id}` has some"));
    let url_env = project.providers.get(id).and_then(|provider| provider.url_env.as_deref());
    Err(match url_env {
        Some(name) => error.hint(format!("say where it is by `--env {name}=…`, or use `--runtime builtin`")),
        None => error.hint("write them into a run config, or use `--runtime builtin`"),
    })
}

fn resolved(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "reads the first bytes of a command on PATH")]
fn beginning(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(4096).read_to_end(&mut bytes)?;
    Ok(bytes)
}
