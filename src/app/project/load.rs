//! `stack-test.yaml`: what a project sets once. The shipped settings have the same shape and are read by the same code.

use super::containers::Containers;
use super::distributions::Distributions;
use super::fields::{any_fields, environment, fields, pairs, strings, text};
use super::provider::Provider;
use crate::source::{Diagnostic, Entry, Kind, Node, SourceFile, yaml};
use crate::suite::{DeclaredRule, parse_rules};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The settings that ship in the binary.
const DEFAULTS: &str = include_str!("defaults.yaml");

/// The keys of the file itself.
pub(in crate::app) const TOP_KEYS: &[&str] =
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
const SETUP_KEYS: &[&str] = &["about", "env", "models"];

/// Those of them that may be given more than once.
const LISTS: [&str; 3] = ["stack_config", "runtime", "report"];

/// The models a setup may name, as they are called in suites.
pub(in crate::app) const MODEL_NAMES: &[&str] = &[
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
pub(in crate::app) struct Project {
    pub(in crate::app) providers: BTreeMap<String, Provider>,
    pub(in crate::app) setups: BTreeMap<String, Setup>,
    /// Servers of its own, and where installed stacks are.
    pub(in crate::app) distributions: Distributions,
    /// Defaults of flags, with their places.
    pub(in crate::app) run: BTreeMap<String, Node>,
    /// What does not count when provider calls are compared.
    pub(in crate::app) rules: Vec<DeclaredRule>,
    /// How containers are run.
    pub(in crate::app) containers: Containers,
    /// The file that `--config` named.
    pub(in crate::app) named: Option<String>,
    /// The folder that its paths are relative to, if there is a file.
    pub(in crate::app) root: Option<PathBuf>,
    /// Environment variables whose values are secret, beside those of the providers.
    pub(in crate::app) secrets: Vec<String>,
    /// Texts that look like keys and are none.
    pub(in crate::app) allow_secrets: Vec<String>,
}

/// A named set of environment and models.
#[derive(Debug, Clone, Default)]
pub(in crate::app) struct Setup {
    pub(in crate::app) about: Option<String>,
    pub(in crate::app) env: Vec<(String, String)>,
    pub(in crate::app) models: Vec<(String, String)>,
}

impl Project {
    /// The shipped settings with those of `file` on top.
    /// Beside it, everything that is wrong with `file`, with its place.
    pub(in crate::app) fn read(file: Option<&Arc<SourceFile>>) -> (Self, Vec<Diagnostic>) {
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
    pub(in crate::app) fn load(file: Option<&Arc<SourceFile>>) -> Result<Self, Vec<Diagnostic>> {
        let (project, errors) = Self::read(file);
        if errors.is_empty() { Ok(project) } else { Err(errors) }
    }

    /// The folder of the file, or `cwd` where there is none.
    pub(in crate::app) fn folder(&self, cwd: &Path) -> PathBuf {
        self.root.as_ref().map_or_else(|| cwd.to_owned(), |root| cwd.join(root))
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
                    for entry in fields(&entry.value, "`run`", RUN_KEYS, errors) {
                        check_default(entry, errors);
                        self.run.insert(entry.key.clone(), entry.value.clone());
                    }
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
            if let Some(provider) = Provider::read(entry, errors) {
                self.providers.insert(entry.key.clone(), provider);
            }
        }
    }

    fn add_setups(&mut self, node: &Node, errors: &mut Vec<Diagnostic>) {
        for entry in any_fields(node, errors) {
            let mut setup = Setup::default();
            for field in fields(&entry.value, "a setup", SETUP_KEYS, errors) {
                match field.key.as_str() {
                    "about" => setup.about = text(&field.value, errors),
                    "env" => setup.env = environment(&field.value, errors),
                    _ => setup.models = pairs(fields(&field.value, "`models`", MODEL_NAMES, errors), errors),
                }
            }
            self.setups.insert(entry.key.clone(), setup);
        }
    }
}

/// That the default of a flag is one value, or several where the flag may be given several times.
fn check_default(entry: &Entry, errors: &mut Vec<Diagnostic>) {
    if matches!(entry.value.kind, Kind::List(_)) && LISTS.contains(&entry.key.as_str()) {
        strings(&entry.value, errors);
    } else if entry.value.kind != Kind::Null {
        text(&entry.value, errors);
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

    #[test]
    fn names_and_values_that_mean_nothing_are_no_settings() {
        for (text, what) in [
            ("run: { suite: [a] }", "1:15: a single value is wanted here, not a list"),
            ("run: { report: [junit=j.xml, [x]] }", "1:30: a single value is wanted here, not a list"),
            (
                "distributions: { 'a::b': { command: [x, '{{ port }}'] } }",
                "1:18: nothing can be called `a::b`",
            ),
            (
                "distributions: { ogx: { venv: v, command: c } }",
                "1:18: `ogx` has both a `venv` and a `command`",
            ),
            ("setups: { a: { env: { 'B C': x } } }", "1:23: `B C` is no name of an environment variable"),
        ] {
            let errors = Project::load(Some(&SourceFile::new("stack-test.yaml", text))).unwrap_err();
            let told: Vec<_> = errors.iter().map(Diagnostic::one_line).collect();
            assert!(matches!(&told[..], [one] if one.contains(what)), "{text}: {told:#?}");
        }
    }
}
