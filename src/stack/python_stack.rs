//! Starting a Llama Stack or OGX that is installed.
//!
//! Not by its command alone: what it would listen on is every interface, it would outlive us, and some providers' URLs are
//! literals in its run configs. `python/launch.py` starts the same function in the same Python and mends the three; see
//! docs/decisions/0009-python-stacks.md.

use super::StackRequest;
use super::child::Launch;
use super::runtime::{Product, PythonStack};
use crate::stack_config::{Config, Pair, ProviderKind};

/// The script around the command's own function.
const LAUNCHER: &str = include_str!("python/launch.py");

/// Variables that switch its own recorder off, under both names: the gateway records.
const RECORDER_OFF: [(&str, &str); 2] =
    [("LLAMA_STACK_TEST_INFERENCE_MODE", "live"), ("OGX_TEST_INFERENCE_MODE", "live")];

/// OpenTelemetry forwards what it is given and sends nothing of its own.
const SILENT_TELEMETRY: [(&str, &str); 3] =
    [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")];

/// What is started for `config` on `port`.
pub(super) fn launch(request: &StackRequest, config: &Config, port: u16, stack: &PythonStack) -> Launch {
    let (module, function) = stack.product.entry();
    let python = stack.python.display().to_string();
    let mut words: Vec<String> = Vec::new();
    if stack.instrumented {
        words.extend([stack.instrumentation().display().to_string(), python]);
    } else {
        words.push(python);
    }
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
    Launch { program: program.into(), args: words, env: env(request, port, stack) }
}

fn env(request: &StackRequest, port: u16, stack: &PythonStack) -> Vec<(String, String)> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut env: Vec<(String, String)> = RECORDER_OFF.into_iter().map(owned).collect();
    if stack.instrumented {
        env.extend(SILENT_TELEMETRY.into_iter().map(owned));
    }
    let store = request.log_dir.join("store").display().to_string();
    env.push(("SQLITE_STORE_DIR".to_owned(), store));
    for prefix in ["LLAMA_STACK", "OGX"] {
        env.push((format!("{prefix}_PORT"), port.to_string()));
    }
    // Its log is a file.
    env.push(("NO_COLOR".to_owned(), "1".to_owned()));
    env.extend(stack.env.iter().cloned());
    env
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
