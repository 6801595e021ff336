//! Which model providers a run has, and how the stack is pointed at the gateway instead of at them.

use super::inputs::Inputs;
use super::proxy;
use crate::app::project::load::{Project, Setup};
use crate::app::project::provider::Provider;
use crate::gateway::{DUMMY_KEY, Gateway, Upstream};
use crate::model::{InferenceMode, Secret};
use crate::plan::ModelChoices;
use crate::source::Diagnostic;
use crate::stack;
use crate::stack_config::{Config, Distro, Image, StackConfig, Target};
use crate::starter;
use crate::suite::ModelKind;
use crate::text::SecretFinder;
use std::collections::BTreeMap;

/// What the names of variables end with that hold a key or password.
const SECRET_ENDS: &[&str] =
    &["_KEY", "APIKEY", "_KEY_ID", "TOKEN", "SECRET", "PASSWORD", "_PASSPHRASE", "_PAT", "_CREDENTIAL"];

/// The option of a pair that holds a key.
const KEY_OPTION: &str = "api_key";

/// The environment of the stack and the providers that are part of the run.
#[derive(Debug)]
pub(super) struct Providers {
    /// The setup's variables, then those of `--env`; the last of a name counts.
    env: Vec<(String, String)>,
    /// Those that take part.
    enabled: Vec<Enabled>,
    /// Variables by which other providers would be switched on behind the gateway's back.
    disabled: Vec<String>,
    /// Providers of a server of the project's own, and the variables by which it is told where they are.
    told: Vec<(String, String)>,
}

#[derive(Debug)]
struct Enabled {
    provider: Provider,
    upstream: Upstream,
}

impl Providers {
    /// Finds out which providers take part: those whose variables the setup or `--env` sets, those that a chosen model or a
    /// pair of the stack-config names, and, where there is no setup, those that the environment enables.
    pub(super) fn settle(
        project: &Project,
        setup: Option<&Setup>,
        settings: (&StackConfig, &ModelChoices, &[(String, String)]),
        inputs: &Inputs,
    ) -> Self {
        let (stack_config, models, typed) = settings;
        let mut env: Vec<(String, String)> = Vec::new();
        for (name, default) in setup.iter().flat_map(|setup| &setup.env) {
            // A setup's variables are defaults: what is set outside wins.
            env.push((name.clone(), inputs.env(name).unwrap_or(default).to_owned()));
        }
        env.extend(typed.iter().cloned());
        let given: BTreeMap<&str, &str> =
            env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let value = |name: &str| {
            given.get(name).copied().or_else(|| inputs.env(name)).filter(|value| !value.is_empty())
        };
        let configured = configured(stack_config, project, &|name| value(name).map(str::to_owned));
        let mut named = named_models(models);
        named.extend(configured.keys().cloned());
        let target = stack_config.target();
        let own = project.distributions.of(&target).map(|(_, own)| &own.told);
        let told = own.or_else(|| project.containers.told_to(&target));
        let told = told.map(|told| told.variables.clone()).unwrap_or_default();
        named.extend(told.iter().map(|(name, _)| name.clone()));
        let mut enabled = Vec::new();
        let mut disabled = Vec::new();
        for (name, provider) in &project.providers {
            let variables = [provider.url_env.as_ref(), provider.key_env.as_ref()];
            let variables = variables.into_iter().flatten();
            let set = variables
                .clone()
                .any(|name| given.contains_key(name.as_str()) || (setup.is_none() && value(name).is_some()));
            if !set && !named.iter().any(|named| named == name) {
                disabled.extend(variables.cloned());
                continue;
            }
            let by = told.iter().filter(|(told, _)| told == name).map(|(_, variable)| variable.as_str());
            let typed = || provider.url_env.as_deref().into_iter().chain(by).find_map(value);
            let url = configured.get(name).map(String::as_str).or_else(typed);
            let mut upstream = Upstream::new(name, url.unwrap_or(&provider.upstream), provider.dialect);
            upstream.hosts.clone_from(&provider.hosts);
            upstream.sigv4 = proxy::sigv4(provider.dialect, &value);
            let key = written_key(stack_config, name)
                .or_else(|| value(provider.key_env.as_deref()?).map(str::to_owned));
            upstream.key = key.map(|key| Secret::new(key.trim()));
            enabled.push(Enabled { provider: provider.clone(), upstream });
        }
        disabled.retain(|name| !enabled.iter().any(|other| other.provider.key_env.as_ref() == Some(name)));
        Self { env, enabled, disabled, told }
    }

    /// The providers as the gateway knows them.
    pub(super) fn upstreams(&self) -> Vec<Upstream> {
        self.enabled.iter().map(|enabled| enabled.upstream.clone()).collect()
    }

    /// Whether there are some that the stack comes to by a proxy only.
    pub(super) fn need_a_proxy(&self) -> bool {
        self.enabled.iter().any(|enabled| !enabled.upstream.hosts.is_empty())
    }

    /// What the user should know of calls that will go past the gateway: nobody but the project knows how `target`, which is its
    /// own, is told where its providers are.
    pub(super) fn past_the_gateway(&self, target: &Target, project: &Project) -> Option<String> {
        let (name, is_container) = match (target, project.distributions.of(target)) {
            (Target::Container { image: Image::Distro(name), .. }, _) if Distro::find(name).is_some() => {
                return None;
            }
            (Target::Container { image, .. }, _) => (image.to_string(), true),
            (_, Some((name, _))) => (name.to_owned(), false),
            (_, None) => return None,
        };
        let by = |enabled: &Enabled| enabled.provider.url_env.clone();
        let by: Vec<String> = self.enabled.iter().filter_map(by).collect();
        if !self.told.is_empty() || self.need_a_proxy() || (is_container && !by.is_empty()) {
            return None;
        }
        Some(match &by[..] {
            [] => format!(
                "no provider of `{name}` is led to the gateway (`providers:` in stack-test.yaml): its calls are neither \
                 recorded nor replayed"
            ),
            by => format!(
                "`{name}` has no `providers:` in stack-test.yaml: it is told by {} alone where providers are, and calls \
                 that it makes elsewhere are neither recorded nor replayed",
                by.join(", ")
            ),
        })
    }

    /// The variables of a stack whose providers are behind `gateway`. In place of each key there is a dummy, for which the
    /// gateway puts the key itself: neither the stack nor what it logs ever holds one. In replay the dummy is there also where
    /// nobody gave a key, as clients refuse to start without any.
    pub(super) fn stack_env(&self, gateway: &Gateway, mode: InferenceMode) -> Vec<(String, String)> {
        let mut env: Vec<(String, String)> =
            self.disabled.iter().map(|name| (name.clone(), String::new())).collect();
        env.extend(self.env.iter().cloned());
        for enabled in &self.enabled {
            if let Some(url_env) = &enabled.provider.url_env {
                env.push((url_env.clone(), gateway.base_url(&enabled.upstream.name)));
            }
            let told = self.told.iter().filter(|(name, _)| *name == enabled.upstream.name);
            env.extend(told.map(|(name, variable)| (variable.clone(), gateway.base_url(name))));
            if let Some(key_env) = &enabled.provider.key_env
                && (enabled.upstream.key.is_some() || mode == InferenceMode::Replay)
            {
                env.push((key_env.clone(), DUMMY_KEY.to_owned()));
            }
        }
        env
    }

    /// The providers at `gateway`, for a stack that finds their URLs as literals in its run config.
    pub(super) fn urls(&self, gateway: &Gateway) -> Vec<(String, String)> {
        let names = self.enabled.iter().map(|enabled| &enabled.upstream.name);
        names.map(|name| (name.clone(), gateway.base_url(name))).collect()
    }

    /// The target with the dummy in place of the keys that are written in the stack-config, for a stack behind the gateway:
    /// they would be in the arguments of its process.
    pub(super) fn isolated(&self, mut target: Target) -> Target {
        if let Target::Builtin(Config::Pairs(pairs)) | Target::Process { config: Config::Pairs(pairs), .. } =
            &mut target
        {
            let isolated = |id: &str| self.enabled.iter().any(|enabled| enabled.upstream.name == id);
            let options = pairs
                .iter_mut()
                .filter(|pair| isolated(&pair.provider.id))
                .flat_map(|pair| &mut pair.options);
            for (_, value) in options.filter(|(name, value)| name == KEY_OPTION && !value.is_empty()) {
                DUMMY_KEY.clone_into(value);
            }
        }
        target
    }

    /// What the stack will find in its environment, apart from the gateway's addresses.
    pub(super) fn lookup(&self, inputs: &Inputs, name: &str) -> Option<String> {
        let given = self.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let outside = || inputs.env(name).filter(|_| !self.disabled.iter().any(|known| known == name));
        given.or_else(outside).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// The variables as they were given, for a stack that is not behind a gateway.
    pub(super) fn plain_env(&self) -> Vec<(String, String)> {
        self.env.clone()
    }
}

/// Values that must not be shown or kept: those of the providers' keys, of variables that are called like keys, and of
/// `--secret`, which are `given`.
pub(super) fn secrets(
    project: &Project,
    inputs: &Inputs,
    typed: &[(String, String)],
    given: &[String],
) -> Vec<(String, Secret)> {
    let given = given.iter().filter_map(|given| match given.strip_prefix("env:") {
        // That one is not set is for [`unset`] to say.
        Some(name) => inputs.env(name).map(|value| (name.to_owned(), Secret::new(value))),
        // All have one name, since their order should not matter.
        None => Some(("secret".to_owned(), Secret::new(given.as_str()))),
    });
    let looks_secret = |name: &str| {
        let name = name.to_uppercase();
        SECRET_ENDS.iter().any(|end| name.ends_with(end))
    };
    let declared = |name: &str| {
        project.secrets.iter().any(|secret| secret == name)
            || project.providers.values().any(|provider| provider.key_env.as_deref() == Some(name))
    };
    let written = project.setups.values().flat_map(|setup| &setup.env).chain(typed);
    let all = inputs.env.iter().chain(written.map(|(name, value)| (name, value)));
    all.filter(|(name, value)| !value.is_empty() && (declared(name) || looks_secret(name)))
        .map(|(name, value)| (name.clone(), Secret::new(value.clone())))
        .chain(given)
        .collect()
}

/// What is wrong with the values of `--secret`: `env:NAME` where there is no such variable would hide nothing, and nobody would
/// know before the value is in a file.
pub(super) fn unset(given: &[String], inputs: &Inputs) -> Vec<Diagnostic> {
    let names = given.iter().filter_map(|given| given.strip_prefix("env:"));
    let unset = names.filter(|name| inputs.env(name).is_none_or(str::is_empty));
    let error = |name: &str| {
        Diagnostic::new(format!(
            "`--secret env:{name}`: the variable `{name}` is not set, so there is nothing to hide"
        ))
        .hint("set it, or leave the flag out: a replay needs no keys")
    };
    unset.map(error).collect()
}

/// What the user should know of declared values: those that are too short to be found.
pub(super) fn too_short(project: &Project, given: &[String], inputs: &Inputs) -> Vec<String> {
    let is_short = |value: &str| value.lines().all(|line| line.trim().len() < SecretFinder::MIN_BYTES);
    let said = |what: String| {
        format!("{what} is not masked: less than {} bytes would hit ordinary words", SecretFinder::MIN_BYTES)
    };
    let variable = |name: &str| {
        let short = inputs.env(name).is_some_and(|value| !value.is_empty() && is_short(value));
        short.then(|| said(format!("the value of `{name}`")))
    };
    let given = given.iter().filter_map(|given| match given.strip_prefix("env:") {
        Some(name) => variable(name),
        None => is_short(given).then(|| said("a value of `--secret`".to_owned())),
    });
    project.secrets.iter().filter_map(|name| variable(name)).chain(given).collect()
}

/// Keys that are written in the stack-config itself.
pub(super) fn written_keys(stack_config: &StackConfig) -> Vec<(String, Secret)> {
    let (Target::Builtin(Config::Pairs(pairs)) | Target::Process { config: Config::Pairs(pairs), .. }) =
        stack_config.target()
    else {
        return Vec::new();
    };
    let options = pairs.into_iter().flat_map(|pair| pair.options);
    let keys = options.filter(|(name, value)| name.ends_with("key") && !value.is_empty());
    keys.map(|(name, value)| (name, Secret::new(value))).collect()
}

/// The key of `provider` that is written in the stack-config itself.
fn written_key(stack_config: &StackConfig, provider: &str) -> Option<String> {
    let (Target::Builtin(Config::Pairs(pairs)) | Target::Process { config: Config::Pairs(pairs), .. }) =
        stack_config.target()
    else {
        return None;
    };
    let options = pairs.into_iter().filter(|pair| pair.provider.id == provider).flat_map(|pair| pair.options);
    options.into_iter().find(|(name, value)| name == KEY_OPTION && !value.is_empty()).map(|(_, value)| value)
}

/// The providers that the stack-config itself chooses, with the URLs that they would be asked at if there were no gateway.
/// What is wrong with it is for others to say.
fn configured(
    stack_config: &StackConfig,
    project: &Project,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> BTreeMap<String, String> {
    let config = match stack_config.target() {
        Target::Builtin(config) | Target::Process { config, .. } => config,
        Target::Container { .. } | Target::Remote { .. } => return BTreeMap::new(),
    };
    let is_own = match &config {
        Config::Pairs(_) => true,
        // The ids in a run config are its own affair, unless one is the name of a provider; else what a provider is, and where
        // it is looked for, is its type's.
        Config::Path(_) => false,
        // A distribution takes what the environment enables.
        Config::Distro(_) | Config::DistroFile { .. } => return BTreeMap::new(),
    };
    let Ok(config) = stack::embedded_config(&config, lookup) else { return BTreeMap::new() };
    let name = |id: &str, kind: &str| match kind.strip_prefix("remote::") {
        Some(kind) if !is_own && !project.providers.contains_key(id) => kind.to_owned(),
        _ => id.to_owned(),
    };
    let provider =
        |provider: starter::ProviderConfig| (name(&provider.id, &provider.provider_type), provider.base_url);
    config.providers.into_iter().map(provider).collect()
}

/// Providers that the part of a model id before its slash names.
fn named_models(models: &ModelChoices) -> Vec<String> {
    let ids = ModelKind::ALL.into_iter().flat_map(|kind| models.get(kind));
    ids.filter_map(|id| Some(id.split_once('/')?.0.to_owned())).collect()
}
