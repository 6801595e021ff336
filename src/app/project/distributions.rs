//! `distributions:` of `stack-test.yaml`: servers of the project's own, and where an installed stack is.

use super::fields::{any_fields, environment, fields, flag, route, text};
use super::placeholders;
use super::told::Told;
use crate::source::{Diagnostic, Entry, Kind, Node};
use crate::stack::{CommandStack, Product};
use crate::stack_config::{Config, StackConfig, Target};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const KEYS: &[&str] = &["command", "health", "env", "providers", "forwards_baggage"];
const INSTALLED_KEYS: &[&str] = &["command", "venv", "env"];

/// What the project says of distributions.
#[derive(Debug, Clone, Default)]
pub(in crate::app) struct Distributions {
    own: BTreeMap<String, Distribution>,
    installed: Vec<(Product, Installed)>,
}

/// A server of the project's own.
#[derive(Debug, Clone)]
pub(in crate::app) struct Distribution {
    command: Vec<String>,
    health: Option<String>,
    env: Vec<(String, String)>,
    pub(in crate::app) told: Told,
    forwards_baggage: bool,
}

/// Where an installed stack is.
#[derive(Debug, Clone)]
pub(in crate::app) struct Installed {
    command: PathBuf,
    pub(in crate::app) env: Vec<(String, String)>,
}

impl Installed {
    /// Its command.
    pub(in crate::app) fn command(&self, root: Option<&Path>) -> PathBuf {
        root.map_or_else(|| self.command.clone(), |root| root.join(&self.command))
    }
}

impl Distributions {
    /// Reads the mapping.
    pub(in crate::app) fn add(&mut self, node: &Node, errors: &mut Vec<Diagnostic>) {
        for entry in any_fields(node, errors) {
            match Product::ALL.into_iter().find(|product| product.word() == entry.key) {
                Some(product) => {
                    self.installed.extend(installed(product, entry, errors).map(|it| (product, it)));
                }
                None if !is_name(&entry.key) => {
                    let what =
                        format!("nothing can be called `{}`: no stack-config could name it", entry.key);
                    errors.push(Diagnostic::at(entry.key_origin.clone(), what).hint(
                        "a name has letters, digits, `-`, `_` and `.`, and is neither `server` nor `docker`",
                    ));
                }
                None => {
                    self.own.extend(distribution(entry, errors).map(|it| (entry.key.clone(), it)));
                }
            }
        }
    }

    /// What each of the project's own is told of its providers.
    pub(in crate::app) fn told(&self) -> impl Iterator<Item = &Told> {
        self.own.values().map(|own| &own.told)
    }

    /// The names of the project's own.
    pub(in crate::app) fn names(&self) -> impl Iterator<Item = &str> {
        self.own.keys().map(String::as_str)
    }

    /// The one that plays `target`, with its name.
    pub(in crate::app) fn of(&self, target: &Target) -> Option<(&str, &Distribution)> {
        let (Target::Builtin(config) | Target::Process { config, .. }) = target else { return None };
        let (Config::Distro(name) | Config::DistroFile { distro: name, .. }) = config else { return None };
        self.own.get_key_value(name).map(|(name, own)| (name.as_str(), own))
    }

    /// Where `product` is, if that is said.
    pub(in crate::app) fn installed(&self, product: Product) -> Option<&Installed> {
        self.installed.iter().rev().find(|(known, _)| *known == product).map(|(_, installed)| installed)
    }

    /// The stack-config that `text` is, if it names one of the project's own: those names are not in the language.
    pub(in crate::app) fn stack_config(&self, text: &str) -> Option<StackConfig> {
        let config = |text: &str| match text.split_once("::") {
            Some((distro, file)) if self.own.contains_key(distro) && !file.is_empty() => {
                Some(Config::DistroFile { distro: distro.to_owned(), file: file.to_owned() })
            }
            _ => self.own.contains_key(text).then(|| Config::Distro(text.to_owned())),
        };
        let Some(rest) = text.strip_prefix("server:") else { return config(text).map(StackConfig::Private) };
        let with_port = rest.rsplit_once(':').and_then(|(rest, port)| Some((config(rest)?, port)));
        match with_port.filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())) {
            Some((config, port)) => {
                Some(StackConfig::Server { config, port: Some(port.parse().ok().filter(|port| *port > 0)?) })
            }
            None => Some(StackConfig::Server { config: config(rest)?, port: None }),
        }
    }

    /// How the project's own are started, in the folder of the project.
    pub(in crate::app) fn stacks(&self, folder: &Path) -> impl Iterator<Item = CommandStack> {
        self.own.iter().map(move |(name, own)| own.stack(name, folder))
    }

    /// Whether it is the name of one of the project's own.
    pub(in crate::app) fn has(&self, name: &str) -> bool {
        self.own.contains_key(name)
    }
}

impl Distribution {
    /// How it is started, in the folder of the project.
    pub(in crate::app) fn stack(&self, name: &str, folder: &Path) -> CommandStack {
        CommandStack {
            name: name.to_owned(),
            command: self.command.clone(),
            folder: folder.to_owned(),
            env: self.env.clone(),
            health: self.health.clone(),
            forwards_baggage: self.forwards_baggage,
        }
    }
}

fn distribution(entry: &Entry, errors: &mut Vec<Diagnostic>) -> Option<Distribution> {
    fields(&entry.value, "a distribution", KEYS, errors).for_each(drop);
    let Some(node) = entry.value.get("command") else {
        let what = format!("distribution `{}` needs a `command`", entry.key);
        errors.push(
            Diagnostic::at(entry.key_origin.clone(), what).hint(
                "write the program and its arguments: `command: [vllm, serve, --port, \"{{ port }}\"]`",
            ),
        );
        return None;
    };
    let command = words(node, errors);
    let env = entry.value.get("env").map(|node| environment(node, errors)).unwrap_or_default();
    placeholders::check(node, &CommandStack::NAMES, errors);
    entry
        .value
        .get("env")
        .into_iter()
        .for_each(|node| placeholders::check(node, &CommandStack::NAMES, errors));
    let values = command.iter().chain(env.iter().map(|(_, value)| value));
    if !command.is_empty() && !values.flat_map(|text| CommandStack::names(text)).any(|name| name == "port") {
        let what = format!("distribution `{}` is not told its port", entry.key);
        let hint = "write `{{ port }}` in the command or in a variable: a server is started on any free port";
        errors.push(node.diagnostic(what).hint(hint));
    }
    let health = entry.value.get("health").and_then(|node| route(node, errors));
    let told = Told::read(&entry.value, errors);
    let forwards_baggage = entry.value.get("forwards_baggage").is_some_and(|node| flag(node, errors));
    (!command.is_empty()).then_some(Distribution { command, health, env, told, forwards_baggage })
}

/// Whether a stack-config can name it.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.chars().all(fits) && !matches!(name, "server" | "docker")
}

fn installed(product: Product, entry: &Entry, errors: &mut Vec<Diagnostic>) -> Option<Installed> {
    fields(&entry.value, "an installed stack", INSTALLED_KEYS, errors).for_each(drop);
    let env = entry.value.get("env").map(|node| environment(node, errors)).unwrap_or_default();
    let command = match (entry.value.get("command"), entry.value.get("venv")) {
        (Some(command), None) => PathBuf::from(text(command, errors)?),
        (None, Some(venv)) => Path::new(&text(venv, errors)?).join("bin").join(product.command()),
        (found, _) => {
            let what = if found.is_some() {
                "has both a `venv` and a `command`"
            } else {
                "needs a `venv` or a `command`"
            };
            let error = Diagnostic::at(entry.key_origin.clone(), format!("`{}` {what}", entry.key));
            errors.push(error.hint("one of them says where it is installed"));
            return None;
        }
    };
    Some(Installed { command, env })
}

/// The words of a command: a list, so that nobody has to guess at quotes.
fn words(node: &Node, errors: &mut Vec<Diagnostic>) -> Vec<String> {
    let Kind::List(items) = &node.kind else {
        let what = format!("a list is wanted here, not {}", node.kind_name());
        errors.push(
            node.diagnostic(what).hint("write the program and each argument as an item: `[vllm, serve]`"),
        );
        return Vec::new();
    };
    if items.is_empty() {
        errors.push(node.diagnostic("a command needs a program"));
    }
    let words: Vec<_> = items.iter().map(|item| text(item, errors)).collect();
    words.into_iter().collect::<Option<_>>().unwrap_or_default()
}
