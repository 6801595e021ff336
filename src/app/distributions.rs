//! `distributions:` of `stack-test.yaml`: servers of the project's own, and where an installed stack is.

use super::project::{Project, any_fields, fields, pairs, text};
use crate::source::{Diagnostic, Entry, Kind, Node, Origin, nearest};
use crate::stack::{CommandStack, Product};
use crate::stack_config::{Config, StackConfig, Target};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const KEYS: &[&str] = &["command", "health", "env", "providers"];
const INSTALLED_KEYS: &[&str] = &["command", "venv", "env"];

/// What the project says of distributions.
#[derive(Debug, Clone, Default)]
pub(super) struct Distributions {
    own: BTreeMap<String, Distribution>,
    installed: Vec<(Product, Installed)>,
}

/// A server of the project's own.
#[derive(Debug, Clone)]
pub(super) struct Distribution {
    command: Vec<String>,
    health: Option<String>,
    env: Vec<(String, String)>,
    /// Its providers, each with the variable by which it is told their base URL.
    pub(super) providers: Vec<(String, String)>,
    /// Where each provider is written.
    origins: Vec<Origin>,
}

/// Where an installed stack is.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    command: PathBuf,
    pub(super) env: Vec<(String, String)>,
}

impl Installed {
    /// Its command.
    pub(super) fn command(&self, root: Option<&Path>) -> PathBuf {
        root.map_or_else(|| self.command.clone(), |root| root.join(&self.command))
    }
}

impl Distributions {
    /// Reads the mapping.
    pub(super) fn add(&mut self, node: &Node, errors: &mut Vec<Diagnostic>) {
        for entry in any_fields(node, errors) {
            match Product::ALL.into_iter().find(|product| product.word() == entry.key) {
                Some(product) => {
                    self.installed.extend(installed(product, entry, errors).map(|it| (product, it)));
                }
                None => {
                    self.own.extend(distribution(entry, errors).map(|it| (entry.key.clone(), it)));
                }
            }
        }
    }

    /// The providers that there are not.
    pub(super) fn unknown_providers<'a>(
        &self,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Vec<Diagnostic> {
        let all = self.own.values().flat_map(|own| own.providers.iter().zip(&own.origins));
        all.filter(|((name, _), _)| !known.clone().any(|known| known == name))
            .map(|((name, _), origin)| {
                let error = Diagnostic::at(origin.clone(), format!("there is no provider `{name}`"));
                match nearest(name, known.clone()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error
                        .hint("`providers:` of stack-test.yaml adds to those of `stack-test help providers`"),
                }
            })
            .collect()
    }

    /// The names of the project's own.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.own.keys().map(String::as_str)
    }

    /// The one that plays `target`, with its name.
    pub(super) fn of(&self, target: &Target) -> Option<(&str, &Distribution)> {
        let (Target::Builtin(config) | Target::Process { config, .. }) = target else { return None };
        let (Config::Distro(name) | Config::DistroFile { distro: name, .. }) = config else { return None };
        self.own.get_key_value(name).map(|(name, own)| (name.as_str(), own))
    }

    /// Where `product` is, if that is said.
    pub(super) fn installed(&self, product: Product) -> Option<&Installed> {
        self.installed.iter().rev().find(|(known, _)| *known == product).map(|(_, installed)| installed)
    }

    /// The stack-config that `text` is, if it names one of the project's own: those names are not in the language.
    pub(super) fn stack_config(&self, text: &str) -> Option<StackConfig> {
        let config = |text: &str| match text.split_once("::") {
            Some((distro, file)) if self.own.contains_key(distro) && !file.is_empty() => {
                Some(Config::DistroFile { distro: distro.to_owned(), file: file.to_owned() })
            }
            _ => self.own.contains_key(text).then(|| Config::Distro(text.to_owned())),
        };
        let Some(rest) = text.strip_prefix("server:") else { return config(text).map(StackConfig::Private) };
        if let Some(config) = config(rest) {
            return Some(StackConfig::Server { config, port: None });
        }
        let (rest, port) = rest.rsplit_once(':')?;
        Some(StackConfig::Server {
            config: config(rest)?,
            port: Some(port.parse().ok().filter(|port| *port > 0)?),
        })
    }
}

impl Distribution {
    /// How it is started.
    pub(super) fn stack(&self, name: &str, project: &Project, cwd: &Path) -> CommandStack {
        CommandStack {
            name: name.to_owned(),
            command: self.command.clone(),
            folder: project.root.as_ref().map_or_else(|| cwd.to_owned(), |root| cwd.join(root)),
            env: self.env.clone(),
            health: self.health.clone(),
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
    let env = entry.value.get("env").map(|node| pairs(any_fields(node, errors), errors)).unwrap_or_default();
    names(node, errors);
    entry.value.get("env").into_iter().for_each(|node| names(node, errors));
    let values = command.iter().chain(env.iter().map(|(_, value)| value));
    if !command.is_empty() && !values.flat_map(|text| CommandStack::names(text)).any(|name| name == "port") {
        let what = format!("distribution `{}` is not told its port", entry.key);
        let hint = "write `{{ port }}` in the command or in a variable: a server is started on any free port";
        errors.push(node.diagnostic(what).hint(hint));
    }
    let health = entry.value.get("health").and_then(|node| path(node, errors));
    let urls = entry.value.get("providers").map(|node| any_fields(node, errors)).into_iter().flatten();
    let (origins, providers) = urls
        .filter_map(|entry| {
            Some((entry.key_origin.clone(), (entry.key.clone(), text(&entry.value, errors)?)))
        })
        .unzip();
    (!command.is_empty()).then_some(Distribution { command, health, env, providers, origins })
}

fn installed(product: Product, entry: &Entry, errors: &mut Vec<Diagnostic>) -> Option<Installed> {
    fields(&entry.value, "an installed stack", INSTALLED_KEYS, errors).for_each(drop);
    let env = entry.value.get("env").map(|node| pairs(any_fields(node, errors), errors)).unwrap_or_default();
    let command = match (entry.value.get("command"), entry.value.get("venv")) {
        (Some(command), None) => PathBuf::from(text(command, errors)?),
        (None, Some(venv)) => Path::new(&text(venv, errors)?).join("bin").join(product.command()),
        _ => {
            let what = format!("`{}` needs a `venv` or a `command`, where it is installed", entry.key);
            errors.push(Diagnostic::at(entry.key_origin.clone(), what));
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

/// Complains about names in double braces that stand for nothing.
fn names(node: &Node, errors: &mut Vec<Diagnostic>) {
    let known = CommandStack::NAMES;
    match &node.kind {
        Kind::String(text) => {
            for name in CommandStack::names(text).filter(|name| !known.contains(name)) {
                let error = node.diagnostic(format!("there is no `{name}` to fill in"));
                errors.push(error.hint(format!(
                    "there are {}",
                    known.map(|name| format!("`{{{{ {name} }}}}`")).join(" and ")
                )));
            }
        }
        Kind::List(items) => items.iter().for_each(|item| names(item, errors)),
        Kind::Map(entries) => entries.iter().for_each(|entry| names(&entry.value, errors)),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
    }
}

fn path(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<String> {
    let text = text(node, errors)?;
    if !text.starts_with('/') {
        errors.push(node.diagnostic("a path is wanted here, such as `/health`"));
        return None;
    }
    Some(text)
}
