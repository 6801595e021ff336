//! Starting a Llama Stack or OGX that is installed.
//!
//! Not by its command alone: what it would listen on is every interface, it would outlive us, and some providers' URLs are
//! literals in its run configs. `python/launch.py` starts the same function in the same Python and mends the three; see
//! docs/decisions/0009-python-stacks.md.

use super::runtime::{Product, PythonStack};
use super::{Error, StackRequest};
use crate::process::{self, Launch};
use crate::stack_config::{Config, Pair, ProviderKind};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The script around the command's own function.
const LAUNCHER: &str = include_str!("python/launch.py");

/// Variables that switch its own recorder off, under both names: the gateway records.
const RECORDER_OFF: [(&str, &str); 2] =
    [("LLAMA_STACK_TEST_INFERENCE_MODE", "live"), ("OGX_TEST_INFERENCE_MODE", "live")];

/// OpenTelemetry forwards what it is given and sends nothing of its own. Nor does it sample: where a span is recorded, both
/// stacks add `stream_options` to what they ask providers, and a recording would be one of a telemetry.
const SILENT_TELEMETRY: [(&str, &str); 6] = [
    ("OTEL_TRACES_SAMPLER", "always_off"),
    ("OTEL_TRACES_EXPORTER", "none"),
    ("OTEL_METRICS_EXPORTER", "none"),
    ("OTEL_LOGS_EXPORTER", "none"),
    ("OTEL_PROPAGATORS", "tracecontext,baggage"),
    ("OTEL_SDK_DISABLED", "false"),
];

/// The variable in which the launcher is told where providers are asked whose URL is a literal.
const URLS_ENV: &str = "STACK_TEST_PROVIDER_URLS";

/// What is started for `config` on `port`.
///
/// # Errors
/// There is no folder for what it stores.
pub(super) fn launch(
    request: &StackRequest,
    config: &Config,
    port: u16,
    stack: &PythonStack,
) -> Result<Launch, Error> {
    let (module, function) = stack.product.entry();
    let python = stack.python.display().to_string();
    let mut words: Vec<String> = Vec::new();
    words.extend(stack.instrument.iter().map(|instrument| instrument.display().to_string()));
    words.push(python);
    words.extend(["-c", LAUNCHER, module, function, stack.product.command()].map(str::to_owned));
    words.extend(stack.product.run().iter().map(|word| (*word).to_owned()));
    match config {
        Config::Distro(name) => words.push(name.clone()),
        Config::Path(path) => words.push(path.clone()),
        Config::DistroFile { distro, file } => words.push(format!("{distro}::{file}")),
        Config::Pairs(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|pair| spelled(pair, stack.product)).collect();
            words.extend(["--providers".to_owned(), pairs.join(",")]);
        }
    }
    words.extend(["--port".to_owned(), port.to_string()]);
    let program = words.remove(0);
    let store = fresh_folder(&request.log_dir)?;
    let env = env(request, config, (port, &store), stack);
    Ok(Launch { program: program.into(), args: words, env, cwd: None })
}

/// A folder that nothing was stored in. A run that proves what it recorded starts the stack once more, and that one must not
/// find what the one before left.
fn fresh_folder(log_dir: &Path) -> Result<PathBuf, Error> {
    let mut path = log_dir.join("store");
    let failed = |path: &Path, source| process::Error::Log { path: path.to_owned(), source }.into();
    std::fs::create_dir_all(log_dir).map_err(|source| failed(log_dir, source))?;
    for number in 2.. {
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&path, error)),
            Ok(()) => break,
        }
        path = log_dir.join(format!("store-{number}"));
    }
    Ok(path)
}

fn env(
    request: &StackRequest,
    config: &Config,
    (port, store): (u16, &Path),
    stack: &PythonStack,
) -> Vec<(String, String)> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut env: Vec<(String, String)> = RECORDER_OFF.into_iter().map(owned).collect();
    if stack.instrument.is_some() {
        env.extend(SILENT_TELEMETRY.into_iter().map(owned));
    }
    env.push(("SQLITE_STORE_DIR".to_owned(), store.display().to_string()));
    env.push(("FILES_STORAGE_DIR".to_owned(), store.join("files").display().to_string()));
    env.extend(config_folder(request, config, store, stack.product));
    if !request.provider_urls.is_empty() {
        let urls: serde_json::Map<_, _> =
            request.provider_urls.iter().map(|(name, url)| (name.clone(), url.as_str().into())).collect();
        env.push((URLS_ENV.to_owned(), serde_json::Value::from(urls).to_string()));
    }
    for prefix in ["LLAMA_STACK", "OGX"] {
        env.push((format!("{prefix}_PORT"), port.to_string()));
    }
    // Its log is a file.
    env.push(("NO_COLOR".to_owned(), "1".to_owned()));
    env.extend(stack.env.iter().cloned());
    env
}

/// The folder of its own that it keeps run configs in. `--providers` writes one there, always at the same path: two runs at
/// once would serve each other's. Distributions of the user's are in the usual folder; told so, OGX does not rename the
/// folder of a Llama Stack to it.
fn config_folder(
    request: &StackRequest,
    config: &Config,
    store: &Path,
    product: Product,
) -> Option<(String, String)> {
    let (name, usual) = match product {
        Product::Ogx => ("OGX_CONFIG_DIR", Some(".ogx")),
        Product::LlamaStack => ("LLAMA_STACK_CONFIG_DIR", None),
    };
    let folder = if matches!(config, Config::Pairs(_)) {
        store.display().to_string()
    } else if let Some(folder) = request.process_env.get(name) {
        folder.clone()
    } else {
        let home = request.process_env.get("HOME")?;
        Path::new(home).join(usual?).display().to_string()
    };
    Some((name.to_owned(), folder))
}

/// A provider as `--providers` wants it: always with its kind.
fn spelled(pair: &Pair, product: Product) -> String {
    let kind = pair.provider.kind.unwrap_or_else(|| usual_kind(&pair.api, &pair.provider.id));
    let options = match (product, pair.options.as_slice()) {
        (Product::LlamaStack, _) | (_, []) => String::new(),
        (Product::Ogx, options) => {
            let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(options).finish();
            format!("?{text}")
        }
    };
    format!("{}={}::{}{options}", pair.api, kind.name(), pair.provider.id)
}

/// Models are elsewhere, most of what the stack does itself is not.
fn usual_kind(api: &str, id: &str) -> ProviderKind {
    const INLINE: [&str; 3] = ["sentence-transformers", "meta-reference", "transformers"];
    if api == "inference" && !INLINE.contains(&id) { ProviderKind::Remote } else { ProviderKind::Inline }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack_config::StackConfig;

    #[test]
    fn pairs_are_spelled_out() {
        let parsed = StackConfig::parse("test", "inference=ollama,files=inline::localfs,batches=reference");
        let Ok(StackConfig::Private(Config::Pairs(pairs))) = parsed else { panic!("pairs") };
        let spelled: Vec<String> = pairs.iter().map(|pair| spelled(pair, Product::LlamaStack)).collect();
        assert_eq!(
            spelled,
            ["inference=remote::ollama", "files=inline::localfs", "batches=inline::reference"]
        );
    }
}
