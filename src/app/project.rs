//! `stack-test.yaml`: what a project sets once. The shipped settings have the same shape and are read by the same code.

use super::containers::Containers;
use super::distributions::Distributions;
use super::providers;
use crate::source::{Diagnostic, Entry, Kind, Node, SourceFile, nearest, yaml};
use crate::suite::{DeclaredRule, parse_rules};
use crate::wire::dialect::{Dialect, for_provider};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

/// The settings that ship in the binary.
const DEFAULTS: &str = include_str!("defaults.yaml");

/// The keys of the file itself.
const TOP_KEYS: &[&str] =
    &["providers", "setups", "run", "match", "containers", "distributions", "secrets", "allow_secrets"];
/// The keys under `run:`; each is the default of the flag of that name.
const RUN_KEYS: &[&str] = &[
    "stack_config",
    "runtime",
    "stacks",
    "differences",
    "otel",
    "recorder",
    "suite",
    "setup",
    "suites_dir",
    "recordings",
    "jobs",
    "case_timeout",
    "run_timeout",
    "ready_timeout",
    "inference_mode",
    "report",
];
const PROVIDER_KEYS: &[&str] = &["url_env", "upstream", "key_env", "dialect", "hosts"];
const SETUP_KEYS: &[&str] = &["about", "env", "models"];

/// The models a setup may name, as they are called in suites.
pub(super) const MODEL_NAMES: &[&str] = &[
    "text_model",
    "vision_model",
    "embedding_model",
    "rerank_model",
    "safety_shield",
    "judge_model",
    "embedding_dimension",
];

/// What a project sets.
#[derive(Debug, Default)]
pub(super) struct Project {
    pub(super) providers: BTreeMap<String, Provider>,
    pub(super) setups: BTreeMap<String, Setup>,
    /// Servers of its own, and where installed stacks are.
    pub(super) distributions: Distributions,
    /// Defaults of flags, with their places.
    pub(super) run: BTreeMap<String, Node>,
    /// What does not count when provider calls are compared.
    pub(super) rules: Vec<DeclaredRule>,
    /// How containers are run.
    pub(super) containers: Containers,
    /// The file that `--config` named.
    pub(super) named: Option<String>,
    /// The folder that its paths are relative to, if there is a file.
    pub(super) root: Option<PathBuf>,
    /// Environment variables whose values are secret, beside those of the providers.
    pub(super) secrets: Vec<String>,
    /// Texts that look like keys and are none.
    pub(super) allow_secrets: Vec<String>,
}

/// A model provider, as the stack is pointed at it.
#[derive(Debug, Clone)]
pub(super) struct Provider {
    /// The environment variable that carries its base URL, if there is one.
    pub(super) url_env: Option<String>,
    /// Where it is, if that variable is not set.
    pub(super) upstream: String,
    /// The environment variable that carries its key.
    pub(super) key_env: Option<String>,
    /// How it speaks.
    pub(super) dialect: &'static Dialect,
    /// Its hosts, where the stack comes to them by way of the gateway as a proxy.
    pub(super) hosts: Vec<String>,
}

/// A named set of environment and models.
#[derive(Debug, Clone, Default)]
pub(super) struct Setup {
    pub(super) about: Option<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) models: Vec<(String, String)>,
}

impl Project {
    /// The shipped settings with those of `file` on top.
    /// Beside it, everything that is wrong with `file`, with its place.
    pub(super) fn read(file: Option<&Arc<SourceFile>>) -> (Self, Vec<Diagnostic>) {
        let mut project = Self::default();
        let mut errors = Vec::new();
        let shipped = SourceFile::new("(shipped settings)", DEFAULTS);
        for file in std::iter::once(&shipped).chain(file) {
            match yaml::parse(file) {
                Ok(root) => project.add(&root, &mut errors),
                Err(error) => errors.push(error),
            }
        }
        let known = project.providers.keys().map(String::as_str);
        let told = project.distributions.told().chain(project.containers.told());
        errors.extend(told.flat_map(|told| told.unknown(known.clone())));
        (project, errors)
    }

    /// The same, if nothing is wrong.
    ///
    /// # Errors
    /// Everything wrong with `file`, with its place.
    pub(super) fn load(file: Option<&Arc<SourceFile>>) -> Result<Self, Vec<Diagnostic>> {
        let (project, errors) = Self::read(file);
        if errors.is_empty() { Ok(project) } else { Err(errors) }
    }

    fn add(&mut self, root: &Node, errors: &mut Vec<Diagnostic>) {
        if root.kind == Kind::Null {
            return;
        }
        for entry in fields(root, "stack-test.yaml", TOP_KEYS, errors) {
            match entry.key.as_str() {
                "providers" => self.add_providers(&entry.value, errors),
                "setups" => self.add_setups(&entry.value, errors),
                "distributions" => self.distributions.add(&entry.value, errors),
                "run" => {
                    let run = fields(&entry.value, "`run`", RUN_KEYS, errors);
                    self.run.extend(run.map(|entry| (entry.key.clone(), entry.value.clone())));
                }
                "match" => {
                    let mut parsed = parse_rules(&entry.value);
                    self.rules.append(&mut parsed.value);
                    errors.append(&mut parsed.errors);
                }
                "containers" => self.containers.read(&entry.value, errors),
                "allow_secrets" => self.allow_secrets.extend(strings(&entry.value, errors)),
                _ => self.secrets.extend(strings(&entry.value, errors)),
            }
        }
    }

    fn add_providers(&mut self, node: &Node, errors: &mut Vec<Diagnostic>) {
        for entry in any_fields(node, errors) {
            let mut named = |key| entry.value.get(key).and_then(|node| variable(node, errors));
            let (url_env, key_env) = (named("url_env"), named("key_env"));
            let upstream = entry.value.get("upstream").and_then(|node| base_url(node, errors));
            let dialect = entry.value.get("dialect").and_then(|node| dialect(node, errors));
            fields(&entry.value, "a provider", PROVIDER_KEYS, errors).for_each(drop);
            let hosts = entry.value.get("hosts").map(|node| strings(node, errors)).unwrap_or_default();
            // Without either, an installed stack finds its URL as a literal in the run config; its key is then all that
            // the environment has of it.
            let led = url_env.is_some() || !hosts.is_empty() || key_env.is_some();
            let Some(upstream) = upstream.filter(|_| led) else {
                if led && entry.value.get("upstream").is_some() {
                    // What is wrong with it has been told.
                    continue;
                }
                let what =
                    format!("provider `{}` needs `upstream`, and `url_env`, `hosts` or `key_env`", entry.key);
                errors.push(Diagnostic::at(entry.key_origin.clone(), what).hint(
                    "`url_env` is the environment variable by which the stack is told the provider's base URL; `upstream` is that URL; `hosts` are those that it goes to whatever it is told; with a `key_env` alone, the URL of a run config is replaced",
                ));
                continue;
            };
            let dialect = dialect.unwrap_or_else(|| for_provider("openai"));
            let provider = Provider { url_env, upstream, key_env, dialect, hosts };
            self.providers.insert(entry.key.clone(), provider);
        }
    }

    fn add_setups(&mut self, node: &Node, errors: &mut Vec<Diagnostic>) {
        for entry in any_fields(node, errors) {
            let mut setup = Setup::default();
            for field in fields(&entry.value, "a setup", SETUP_KEYS, errors) {
                match field.key.as_str() {
                    "about" => setup.about = text(&field.value, errors),
                    "env" => setup.env = pairs(any_fields(&field.value, errors), errors),
                    _ => setup.models = pairs(fields(&field.value, "`models`", MODEL_NAMES, errors), errors),
                }
            }
            self.setups.insert(entry.key.clone(), setup);
        }
    }
}

/// The base URL of a provider.
fn base_url(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<String> {
    let written = text(node, errors)?;
    let wrong = match Url::parse(&written) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => return Some(written),
        Ok(_) => "it begins with http:// or https://".to_owned(),
        Err(error) => error.to_string(),
    };
    errors.push(Diagnostic::at(node.origin.clone(), format!("`{written}` is no URL of a provider: {wrong}")));
    None
}

fn dialect(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<&'static Dialect> {
    let known = providers::dialect(&text(node, errors)?);
    known.map_err(|error| errors.push(Diagnostic { origin: Some(node.origin.clone()), ..error })).ok()
}

/// The lines of a mapping whose keys must be among `known`; what is wrong is noted in `errors`.
pub(super) fn fields<'a>(
    node: &'a Node,
    what: &str,
    known: &'static [&'static str],
    errors: &mut Vec<Diagnostic>,
) -> impl Iterator<Item = &'a Entry> + use<'a> {
    let entries = any_fields(node, errors);
    for entry in entries.clone().filter(|entry| !known.contains(&entry.key.as_str())) {
        let error = Diagnostic::at(entry.key_origin.clone(), format!("{what} has no key `{}`", entry.key));
        errors.push(match nearest(&entry.key, known.iter().copied()) {
            Some(name) => error.hint(format!("did you mean `{name}`?")),
            None => error.hint(format!("it has {}", known.join(", "))),
        });
    }
    entries.filter(move |entry| known.contains(&entry.key.as_str()))
}

/// The lines of a mapping; what is none is noted in `errors`.
pub(super) fn any_fields<'a>(node: &'a Node, errors: &mut Vec<Diagnostic>) -> std::slice::Iter<'a, Entry> {
    if !matches!(node.kind, Kind::Map(_) | Kind::Null) {
        errors.push(node.diagnostic(format!("a mapping is wanted here, not {}", node.kind_name())));
    }
    node.entries().iter()
}

pub(super) fn pairs<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    errors: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    entries.filter_map(|entry| Some((entry.key.clone(), text(&entry.value, errors)?))).collect()
}

/// The texts of a list.
pub(super) fn strings(node: &Node, errors: &mut Vec<Diagnostic>) -> Vec<String> {
    match &node.kind {
        Kind::List(items) => items.iter().filter_map(|item| text(item, errors)).collect(),
        _ => {
            errors.push(node.diagnostic(format!("a list is wanted here, not {}", node.kind_name())));
            Vec::new()
        }
    }
}

/// The name of an environment variable.
pub(super) fn variable(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<String> {
    let name = text(node, errors)?;
    let fits = |(n, byte): (usize, u8)| {
        byte == b'_' || byte.is_ascii_alphabetic() || (n > 0 && byte.is_ascii_digit())
    };
    if name.is_empty() || !name.bytes().enumerate().all(fits) {
        let error = node.diagnostic(format!("`{name}` is no name of an environment variable"));
        errors.push(error.hint("it has letters, digits and `_`, and begins with no digit: `MY_LLM_URL`"));
        return None;
    }
    Some(name)
}

/// The path of a route.
pub(super) fn route(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<String> {
    let text = text(node, errors)?;
    if !text.starts_with('/') {
        errors.push(node.diagnostic("a path is wanted here, such as `/health`"));
        return None;
    }
    Some(text)
}

/// The text of a scalar.
pub(super) fn text(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<String> {
    match &node.kind {
        Kind::String(text) => Some(text.clone()),
        Kind::Number(number) => Some(number.to_string()),
        Kind::Bool(value) => Some(value.to_string()),
        _ => {
            errors.push(node.diagnostic(format!("a single value is wanted here, not {}", node.kind_name())));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_settings_are_whole() {
        let project = Project::load(None).unwrap();
        assert!(project.setups.contains_key("tiny") && project.setups.contains_key("ollama"));
        assert!(project.providers.contains_key("ollama"));
    }

    #[test]
    fn all_mistakes_of_a_file_are_told_at_once_with_the_nearest_name() {
        let text =
            "setupz: {}\nproviders:\n  mine: { url_enf: X }\nsetups: { a: { models: { txt_model: x } } }\n";
        let errors = Project::load(Some(&SourceFile::new("stack-test.yaml", text))).unwrap_err();
        let told: Vec<_> = errors.iter().map(Diagnostic::one_line).collect();
        assert_eq!(told.len(), 4, "{told:#?}");
        assert!(told[0].starts_with("stack-test.yaml:1:1: stack-test.yaml has no key `setupz`"), "{told:#?}");
        assert_eq!(errors[0].hint.as_deref(), Some("did you mean `setups`?"));
    }

    #[test]
    fn a_provider_speaks_a_known_dialect_at_a_url() {
        let text = "providers:\n  one: { dialect: opnai, upstream: nonsense, key_env: K }\n  two: { upstream: 'ftp://a', key_env: K }\n";
        let errors = Project::load(Some(&SourceFile::new("stack-test.yaml", text))).unwrap_err();
        let told: Vec<_> = errors.iter().map(Diagnostic::one_line).collect();
        assert_eq!(
            told,
            [
                "stack-test.yaml:2:36: `nonsense` is no URL of a provider: relative URL without a base",
                "stack-test.yaml:2:19: there is no dialect `opnai`",
                "stack-test.yaml:3:20: `ftp://a` is no URL of a provider: it begins with http:// or https://",
            ]
        );
    }
}
