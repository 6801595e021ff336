//! `stack-test help`: the reference, from the tables the program itself reads.

use super::ExitStatus;
use super::error::CommandError;
use crate::app::run::command::Common;
use crate::check;
use crate::cli::{Cli, HelpArgs};
use crate::external::ADAPTERS;
use crate::plan::BUILT_IN;
use crate::recording::{EXPORTERS, IMPORTERS};
use crate::report::REPORTERS;
use crate::source::{Diagnostic, nearest};
use crate::stack_config::{DISTROS, FORMS};
use crate::text::{Align, Cell, Palette, Table};
use clap::CommandFactory;
use std::io::Write;

/// A topic: its name, what it is about, and how its text is made.
struct Topic {
    name: &'static str,
    summary: &'static str,
    text: fn(&Common<'_>) -> Result<String, CommandError>,
}

const TOPICS: &[Topic] = &[
    Topic { name: "checks", summary: "what a suite may expect and capture", text: |_| Ok(checks()) },
    Topic { name: "names", summary: "names that every template may use", text: |_| Ok(names()) },
    Topic { name: "reports", summary: "reporters for --report", text: |_| Ok(reports()) },
    Topic {
        name: "stack-configs",
        summary: "forms of --stack-config, and distributions",
        text: stack_configs,
    },
    Topic {
        name: "containers",
        summary: "what `docker:<name>` runs, and `containers:` of stack-test.yaml",
        text: containers,
    },
    Topic { name: "settings", summary: "keys of stack-test.yaml", text: |_| Ok(settings()) },
    Topic { name: "setups", summary: "setups for --setup, with those of stack-test.yaml", text: setups },
    Topic { name: "providers", summary: "model providers and their environment", text: providers },
    Topic { name: "importers", summary: "tools for `recordings import --from`", text: |_| Ok(importers()) },
    Topic { name: "exporters", summary: "tools for `recordings export --to`", text: |_| Ok(exporters()) },
    Topic {
        name: "adapters",
        summary: "runners of tests for `external:` in a suite",
        text: |_| Ok(adapters()),
    },
    Topic { name: "exit-codes", summary: "what the process exits with", text: |_| Ok(exit_codes()) },
];

/// What `--runtime` takes.
const RUNTIMES: [[&str; 2]; 5] = [
    ["auto", "an installed OGX, else an installed Llama Stack, else the embedded stack"],
    ["builtin", "the embedded stack"],
    ["ogx", "the OGX whose `ogx` is on PATH"],
    ["llama-stack", "the Llama Stack whose `llama` is on PATH"],
    [
        "command",
        "a server of `distributions:` in stack-test.yaml, which also names others for `ogx` and `llama`",
    ],
];

/// What `stack-test.yaml` takes.
const SETTINGS: [[&str; 2]; 8] = [
    [
        "run",
        "defaults of flags, each called as its flag: `run: { stack_config: starter, setup: mine, report: junit=j.xml }`",
    ],
    [
        "providers",
        "model providers of your own: where they are, and by which variables a stack is told (`help providers`)",
    ],
    ["setups", "environment and models under a name, for --setup (`help setups`)"],
    ["distributions", "servers of your own, and where installed ones are (`help stack-configs`)"],
    ["containers", "what runs containers, and images (`help containers`)"],
    ["match", "what does not count when provider calls are compared"],
    ["secrets", "variables whose values are hidden, beside the keys of providers"],
    ["allow_secrets", "texts that look like keys and are none"],
];

/// What `containers:` takes.
const CONTAINER_KEYS: [[&str; 2]; 4] = [
    ["command", "what runs containers: `podman`, `[podman, --runtime, runc]`"],
    ["run_args", "further arguments of `run`"],
    ["network", "`host`, or `bridge` for a network of its own"],
    [
        "images",
        "by name: `image`, or `containerfile` and `context`; `args` of the entry point, with `{{ port }}`; `health` and `providers` as of a distribution",
    ],
];

/// Prints a topic, or what topics there are.
///
/// # Errors
/// An unknown topic; project settings that are wrong, where they belong to the topic.
pub(super) fn help(args: &HelpArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let text = match &args.topic {
        None => overview(),
        Some(name) => match TOPICS.iter().find(|topic| topic.name == name) {
            Some(topic) => (topic.text)(common)?,
            None if name == "external" => adapters(),
            None => match subcommand(name) {
                Some(text) => text,
                None => return Err(unknown(name)),
            },
        },
    };
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
    Ok(ExitStatus::Passed)
}

fn overview() -> String {
    let rows = TOPICS.iter().map(|topic| [topic.name.to_owned(), topic.summary.to_owned()]);
    format!("{}\nTopics of `stack-test help <TOPIC>`:\n{}", Cli::command().render_help(), columns(rows))
}

fn subcommand(name: &str) -> Option<String> {
    let mut command = Cli::command();
    command.build();
    command.find_subcommand_mut(name).map(|command| command.render_long_help().to_string())
}

fn unknown(name: &str) -> CommandError {
    let names: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
    let error = Diagnostic::new(format!("there is no help on `{name}`"));
    CommandError::usage(vec![match nearest(name, names.iter().copied()) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None => error.hint(format!("there is help on {}", names.join(", "))),
    }])
}

/// The reference of the documentation, without the remark on how that file is made.
fn checks() -> String {
    let text = check::reference();
    let lines = text.lines().filter(|line| !line.starts_with("<!--"));
    lines.map(|line| line.replace("\\|", "|")).collect::<Vec<_>>().join("\n")
}

fn names() -> String {
    let elsewhere = [
        ("fixtures.<name>.url", "a server that the suite asks for; also sse_url, token and log_url"),
        ("test", "in the command of an external suite with the adapter `command`: the test's id"),
        ("junit", "there, too: where it is to write its report"),
    ];
    let everywhere = BUILT_IN.iter().map(|name| (name.path, name.about));
    columns(everywhere.chain(elsewhere).map(|(path, about)| [format!("{{{{ {path} }}}}"), about.to_owned()]))
}

fn reports() -> String {
    columns(REPORTERS.iter().map(|spec| [format!("--report {}", spec.example()), spec.summary().to_owned()]))
}

fn stack_configs(common: &Common<'_>) -> Result<String, CommandError> {
    let project = common.load_project()?;
    let forms = columns(FORMS.iter().map(|form| [form.example.to_owned(), form.summary.to_owned()]));
    let distros = DISTROS
        .iter()
        .map(|distro| [distro.name.to_owned(), if distro.embedded { "embedded" } else { "" }.to_owned()]);
    let distros =
        distros.chain(project.distributions.names().map(|name| [name, "stack-test.yaml"].map(str::to_owned)));
    let runtimes = RUNTIMES.iter().map(|row| row.map(str::to_owned));
    Ok(format!(
        "{forms}\nWho plays it (--runtime; `stack-test doctor` shows what is installed):\n{}\nDistributions:\n{}",
        columns(runtimes),
        columns(distros)
    ))
}

fn settings() -> String {
    format!(
        "Keys of `stack-test.yaml`, which is looked for here and in the folders above (docs/settings.md has examples):\n{}",
        columns(SETTINGS.iter().map(|row| row.map(str::to_owned)))
    )
}

fn setups(common: &Common<'_>) -> Result<String, CommandError> {
    let project = common.load_project()?;
    let rows = project.setups.iter().map(|(name, setup)| {
        let models: Vec<String> = setup.models.iter().map(|(kind, id)| format!("{kind}={id}")).collect();
        [name.clone(), setup.about.clone().unwrap_or_default(), models.join("  ")]
    });
    Ok(columns(rows))
}

fn containers(common: &Common<'_>) -> Result<String, CommandError> {
    let project = common.load_project()?;
    let clients = project.containers.clients(common.inputs);
    let clients = clients.iter().map(|client| [client.program.display().to_string(), client.args.join(" ")]);
    let keys = CONTAINER_KEYS.iter().map(|row| row.map(str::to_owned));
    Ok(format!(
        "Images of stack-test.yaml:\n{}\nWhat may run them, the first that answers:\n{}\nUnder `containers:` of stack-test.yaml:\n{}",
        or_none(columns(project.containers.images().into_iter())),
        or_none(columns(clients)),
        columns(keys)
    ))
}

fn providers(common: &Common<'_>) -> Result<String, CommandError> {
    let project = common.load_project()?;
    let rows = project.providers.iter().map(|(name, provider)| {
        let key = provider.key_env.clone().unwrap_or_default();
        let url_env = provider
            .url_env
            .clone()
            .unwrap_or_else(|| if provider.hosts.is_empty() { "(run config)" } else { "(proxy)" }.to_owned());
        [name.clone(), url_env, key, provider.upstream.clone(), provider.dialect.name.to_owned()]
    });
    let head = ["provider", "base URL", "key", "by default", "dialect"].map(str::to_owned);
    Ok(columns(std::iter::once(head).chain(rows)))
}

fn importers() -> String {
    columns(IMPORTERS.iter().map(|importer| [importer.example.to_owned(), importer.summary.to_owned()]))
}

fn exporters() -> String {
    columns(EXPORTERS.iter().map(|exporter| [exporter.example.to_owned(), exporter.summary.to_owned()]))
}

fn adapters() -> String {
    let rows = ADAPTERS.iter().map(|adapter| [adapter.name.to_owned(), adapter.summary.to_owned()]);
    let examples = ADAPTERS.iter().map(|adapter| [format!("external: {}", adapter.example)]);
    format!("{}\nIn a suite, for example:\n{}", columns(rows), columns(examples))
}

fn exit_codes() -> String {
    let code = |status: ExitStatus, what: &str| [status.code().to_string(), what.to_owned()];
    columns(
        [
            code(ExitStatus::Passed, "every case passed, was skipped, or failed as expected"),
            code(ExitStatus::Failed, "a case failed"),
            code(
                ExitStatus::Interrupted,
                "the user, or a limit of time, stopped the run before all cases had run",
            ),
            code(ExitStatus::Internal, "the stack did not start, or stack-test itself is at fault"),
            code(
                ExitStatus::Usage,
                "the command line, the settings or a suite is wrong; nothing was started",
            ),
            code(ExitStatus::NothingSelected, "no case was selected"),
        ]
        .into_iter(),
    )
}

fn or_none(rows: String) -> String {
    if rows.is_empty() { "  none\n".to_owned() } else { rows }
}

/// Rows below each other, indented, their cells aligned.
fn columns<const N: usize>(rows: impl Iterator<Item = [String; N]>) -> String {
    let mut table = Table::new([Align::Left; N]);
    for row in rows {
        table.row(row.map(Cell::from));
    }
    table.draw(Palette::new(false)).lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::project::load::TOP_KEYS;

    #[test]
    fn every_key_of_the_settings_is_told() {
        let mut told = SETTINGS.map(|[key, _]| key);
        let mut known = TOP_KEYS.to_vec();
        told.sort_unstable();
        known.sort_unstable();
        assert_eq!(told.to_vec(), known);
    }
}
