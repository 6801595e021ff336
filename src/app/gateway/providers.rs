//! The providers of `stack-test gateway`: what was typed, on top of what the project and the shipped settings know.

use crate::app::inputs::Inputs;
use crate::app::project::load::{Project, Setup};
use crate::app::project::provider::Provider;
use crate::app::project::provider::dialect;
use crate::app::proxy;
use crate::gateway::{DUMMY_KEY, Gateway, Upstream};
use crate::model::{InferenceMode, Secret};
use crate::source::{Diagnostic, nearest};
use crate::wire::dialect::for_provider;

/// What may follow the name and the URL.
const KEYS: &[&str] = &["dialect", "key_env", "url_env"];

/// A provider behind the gateway.
#[derive(Debug)]
pub(super) struct Behind {
    pub(super) upstream: Upstream,
    /// The variable that leads a client to it, if there is one.
    url_env: Option<String>,
    key_env: Option<String>,
    /// Its key, which the gateway puts in.
    key: Option<Secret>,
}

/// Reads every `--provider`.
///
/// # Errors
/// Everything wrong with them.
pub(super) fn read(
    typed: &[String],
    project: &Project,
    setup: Option<&Setup>,
    inputs: &Inputs,
) -> Result<Vec<Behind>, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut all = Vec::new();
    for typed in typed {
        match one(typed, project, setup, inputs) {
            Ok(behind) => all.push(behind),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(all) } else { Err(errors) }
}

fn one(typed: &str, project: &Project, setup: Option<&Setup>, inputs: &Inputs) -> Result<Behind, Diagnostic> {
    let mut parts = typed.split(',');
    let first = parts.next().unwrap_or_default();
    let (name, url) = first.split_once('=').map_or((first, None), |(name, url)| (name, Some(url)));
    let known = project.providers.get(name);
    let mut provider = match (known, url) {
        (Some(known), _) => known.clone(),
        (None, Some(_)) => unknown(name),
        (None, None) => return Err(nowhere(name, project)),
    };
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match key {
            _ if value.is_empty() => return Err(no_such(name, key)),
            "dialect" => provider.dialect = dialect(value)?,
            "key_env" => provider.key_env = Some(value.to_owned()),
            "url_env" => provider.url_env = Some(value.to_owned()),
            _ => return Err(no_such(name, key)),
        }
    }
    let dialect = provider.dialect;
    let of_setup = |variable: &str| {
        let pairs = setup.map(|setup| setup.env.as_slice()).unwrap_or_default();
        pairs.iter().find(|(name, _)| name == variable).map(|(_, value)| value.as_str())
    };
    let variable = provider.url_env.as_deref();
    let outside = variable.and_then(|name| inputs.env(name).or_else(|| of_setup(name)));
    let url = url.or(outside).unwrap_or(&provider.upstream);
    let mut upstream = Upstream::new(name, url, dialect);
    upstream.hosts.clone_from(&provider.hosts);
    upstream.sigv4 = proxy::sigv4(dialect, &|name| inputs.env(name));
    let key = provider.key_env.as_deref().and_then(|name| inputs.env(name)).map(Secret::new);
    Ok(Behind { upstream, url_env: provider.url_env, key_env: provider.key_env, key })
}

/// One that no settings know: the variable of its URL is made of its name.
pub(super) fn unknown(name: &str) -> Provider {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    Provider {
        url_env: Some(format!("{}_BASE_URL", name.chars().map(upper).collect::<String>())),
        upstream: String::new(),
        key_env: None,
        dialect: for_provider(name),
        hosts: Vec::new(),
    }
}

fn nowhere(name: &str, project: &Project) -> Diagnostic {
    let error = Diagnostic::new(format!("no settings know a provider `{name}`, and it is given no URL"));
    match nearest(name, project.providers.keys().map(String::as_str)) {
        Some(known) => error.hint(format!("did you mean `{known}`? Any other needs `--provider {name}=URL`")),
        None => error.hint(format!("write `--provider {name}=http://host/v1`")),
    }
}

fn no_such(name: &str, key: &str) -> Diagnostic {
    let error = Diagnostic::new(format!("`--provider {name}`: `{key}` sets nothing"));
    error.hint(format!("after the URL there may be {}, each as key=value", KEYS.join(", ")))
}

impl Behind {
    /// The key, for masks.
    pub(super) fn secret(&self) -> Option<(String, Secret)> {
        Some((self.key_env.clone()?, self.key.clone()?))
    }

    /// The provider as the gateway knows it: where one may be asked, with the key, so that no client has to hold it.
    pub(super) fn upstream(&self, mode: InferenceMode) -> Upstream {
        let mut upstream = self.upstream.clone();
        if let Some(key) = self.key.as_ref().filter(|_| mode != InferenceMode::Replay) {
            let header = upstream.dialect.secret_headers.first().copied().unwrap_or("authorization");
            let bearer = || Secret::new(format!("Bearer {}", key.expose()));
            let value = if header == "authorization" { bearer() } else { key.clone() };
            upstream.headers.push((header.to_owned(), value));
        }
        upstream
    }

    /// The variables that lead a client to the gateway instead of the provider. The key is a dummy where the gateway puts
    /// the real one in or none is needed.
    pub(super) fn env(&self, gateway: &Gateway, mode: InferenceMode) -> Vec<(String, String)> {
        let led = |name: &String| (name.clone(), gateway.base_url(&self.upstream.name));
        let mut env: Vec<(String, String)> = self.url_env.iter().map(led).collect();
        if let Some(key_env) = &self.key_env
            && (self.key.is_some() || mode == InferenceMode::Replay)
        {
            env.push((key_env.clone(), DUMMY_KEY.to_owned()));
        }
        env
    }
}
