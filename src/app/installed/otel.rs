//! Whether an installed stack tells the gateway which case a call to a provider is for: OpenTelemetry's instrumentation
//! forwards the `baggage` that came with the case's own request.

use super::python_packages::PythonPackages;
use crate::source::Diagnostic;
use crate::stack::PythonStack;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// What `--otel` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::app) enum OtelChoice {
    /// Where it is installed.
    #[default]
    Auto,
    /// It must be installed.
    On,
    /// Not.
    Off,
}

/// A word that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no way to use OpenTelemetry; there are auto, on and off")]
pub(in crate::app) struct UnknownOtel(String);

impl FromStr for OtelChoice {
    type Err = UnknownOtel;

    fn from_str(text: &str) -> Result<Self, UnknownOtel> {
        match text {
            "auto" => Ok(Self::Auto),
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            other => Err(UnknownOtel(other.to_owned())),
        }
    }
}

/// The package with the launcher, and those that take `baggage` in (the server) and give it out (the client of the providers),
/// each with its module.
const LAUNCHER: &str = "opentelemetry-distro";
const PACKAGES: [(&str, &str); 2] = [
    ("opentelemetry-instrumentation-fastapi", "opentelemetry/instrumentation/fastapi"),
    ("opentelemetry-instrumentation-httpx", "opentelemetry/instrumentation/httpx"),
];

/// What it takes, as far as it is there.
#[derive(Debug)]
pub(in crate::app) struct Instrumentation {
    launcher: Option<PathBuf>,
    /// What has to be installed for it.
    missing: Vec<&'static str>,
}

impl Instrumentation {
    /// Looks beside the stack's Python.
    pub(in crate::app) fn of(stack: &PythonStack) -> Self {
        let launcher = stack.instruments().into_iter().find(|path| path.is_file());
        let packages = PythonPackages::of(&stack.python, &stack.command);
        let mut missing: Vec<&str> = PACKAGES
            .into_iter()
            .filter(|(_, module)| !packages.has(module))
            .map(|(package, _)| package)
            .collect();
        if launcher.is_none() {
            missing.insert(0, LAUNCHER);
        }
        Self { launcher, missing }
    }

    /// How the stack would be started by it, if nothing is missing.
    fn complete(self) -> Result<PathBuf, Vec<&'static str>> {
        match self.launcher {
            Some(launcher) if self.missing.is_empty() => Ok(launcher),
            _ => Err(self.missing),
        }
    }
}

impl fmt::Display for Instrumentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.missing.is_empty() {
            return f.write_str("by baggage, as OpenTelemetry's instrumentation is installed");
        }
        write!(f, "by what they ask; for more, install {}", self.missing.join(" "))
    }
}

/// The stack as `choice` wants it, and a line on what its provider calls are told apart by.
///
/// # Errors
/// What it takes is wanted and missing.
pub(in crate::app) fn settle(
    choice: OtelChoice,
    mut stack: PythonStack,
) -> Result<(PythonStack, String), Diagnostic> {
    let name = stack.product.name();
    let why = match (choice, Instrumentation::of(&stack).complete()) {
        (OtelChoice::Off, _) => "`--otel off`".to_owned(),
        (_, Ok(launcher)) => {
            stack.instrument = Some(launcher);
            let line = format!(
                "{name} runs under opentelemetry-instrument: its provider calls say which case they are for"
            );
            return Ok((stack, line));
        }
        (OtelChoice::Auto, Err(missing)) => format!("without {}", missing.join(", ")),
        (OtelChoice::On, Err(missing)) => {
            let what =
                format!("`--otel on`, and {name} ({}) lacks {}", stack.command.display(), missing.join(", "));
            let install = format!("{} -m pip install {}", stack.python.display(), missing.join(" "));
            return Err(Diagnostic::new(what).hint(format!("`{install}`")));
        }
    };
    let line = format!(
        "{name} does not say which case a provider call is for ({why}): calls are told apart by what they ask"
    );
    Ok((stack, line))
}
