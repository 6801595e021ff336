//! Which stacks the cases run against, and what they are called.

use super::record_command::nth;
use super::settling::{Said, Settling};
use crate::app::inputs::Inputs;
use crate::app::installed::runtime::RuntimeChoice;
use crate::app::project::load::Project;
use crate::cli;
use crate::plan::ModelChoices;
use crate::source::{Diagnostic, Kind, nearest};
use crate::stack_config::{Config, StackConfig, Target};
use crate::suite::ModelKind;
use crate::text::{plural, shorten};

/// Environment variables that hold the default of `--stack-config`, the first that is set.
const STACK_CONFIG_ENV: &[&str] = &["STACK_TEST_CONFIG", "LLAMA_STACK_CONFIG", "OGX_CONFIG"];
/// The environment variable that holds the default of `--runtime`.
const RUNTIME_ENV: &[&str] = &["STACK_TEST_RUNTIME"];

/// More stacks than these are a slip.
const MOST_STACKS: usize = 64;
/// Columns of a name.
const LONGEST_NAME: usize = 32;

/// A stack that was chosen.
#[derive(Debug, Clone)]
pub(in crate::app) struct StackChoice {
    /// Short, and unlike those of the others.
    pub(in crate::app) name: String,
    pub(in crate::app) config: StackConfig,
    /// Where that was said: `--stack-config`, or the name of a variable.
    pub(in crate::app) from: String,
    pub(in crate::app) runtime: RuntimeChoice,
}

impl StackChoice {
    /// Whether it is started or found by us, and no server that somebody else runs.
    pub(in crate::app) fn is_ours(&self) -> bool {
        !matches!(self.config.target(), Target::Remote { .. })
    }
}

impl Settling {
    /// The stacks that were chosen, at least one, each with who plays it.
    pub(in crate::app) fn stacks(
        &mut self,
        typed: &cli::Target,
        inputs: &Inputs,
        project: &Project,
    ) -> Vec<StackChoice> {
        let said = |flag: &str, typed: &[String], env: &[&str], key: &str| {
            let typed: Vec<Said> = typed.iter().map(|value| Said::flag(flag, value)).collect();
            let env = || inputs.first_env(env).map(|(name, value)| vec![Said::flag(name, value)]);
            let project = || match project.run.get(key).map(|node| (node, &node.kind)) {
                Some((_, Kind::List(items))) => items.iter().filter_map(Said::project).collect(),
                Some((node, _)) => Said::project(node).into_iter().collect(),
                None => Vec::new(),
            };
            if typed.is_empty() { env().unwrap_or_else(project) } else { typed }
        };
        let mut configs = said("--stack-config", &typed.stack_config, STACK_CONFIG_ENV, "stack_config");
        if configs.is_empty() {
            configs.push(Said::flag("(default)", "starter"));
        }
        let runtimes = said("--runtime", &typed.runtime, RUNTIME_ENV, "runtime");
        let count = configs.len();
        if runtimes.len() > 1 && runtimes.len() != count {
            let what = format!("there are {} runtimes for {}", runtimes.len(), plural(count, "stack"));
            let hint = "give `--runtime` once for all, or once for each `--stack-config`, in their order";
            self.errors.push(Diagnostic::new(what).hint(hint));
        }
        let each_has_its_own = runtimes.len() == count && count > 1;
        let runtimes: Vec<RuntimeChoice> = runtimes.into_iter().map(|said| self.word(Some(said))).collect();
        let mut stacks = Vec::new();
        for (n, said) in configs.iter().enumerate() {
            let config = self.stack_config(said, project);
            let runtime = runtimes.get(n).or(runtimes.first()).copied().unwrap_or_default();
            let name = short_name(&config, each_has_its_own.then_some(runtime));
            stacks.push(StackChoice { name, config, from: said.0.file.name().to_owned(), runtime });
        }
        number(&mut stacks);
        stacks
    }

    /// Notes what cannot be done with several stacks, or with copies of one.
    pub(in crate::app) fn check_stacks(
        &mut self,
        stacks: &[StackChoice],
        copies: usize,
        recording: bool,
        snapshots: bool,
    ) {
        let mut refuse = |what: String, hint: &str| self.errors.push(Diagnostic::new(what).hint(hint));
        let count = stacks.len();
        if copies == 0 || copies.max(count) > MOST_STACKS {
            refuse(
                format!(
                    "from 1 to {MOST_STACKS} stacks can be used, not {}",
                    if copies == 0 { 0 } else { copies.max(count) }
                ),
                "leave `--stacks` out for one",
            );
        }
        if copies > 1 && count > 1 {
            refuse(
                format!(
                    "{copies} copies of each of {count} stacks would tell nothing that one of each does not"
                ),
                "use `--stacks` with one `--stack-config`",
            );
        }
        if let (Some(stack), true) = (stacks.first(), copies > 1)
            && !matches!(stack.config.target(), Target::Builtin(_))
        {
            refuse(
                format!("`{}` is one server, so there are no {copies} copies of it", stack.config.shown()),
                "`--stacks` needs a config alone, like `starter` or `./run.yaml`: its copies get ports of their own",
            );
        }
        if count > 1 && recording {
            refuse(
                format!(
                    "{count} stacks cannot be recorded at once: each would replace the recordings of the other"
                ),
                "record from one, and run the recordings against the others",
            );
        }
        if count > 1 && snapshots {
            refuse(
                format!("snapshots cannot be written from {count} stacks at once"),
                "use `--update-snapshots` with one `--stack-config`",
            );
        }
    }

    /// Notes models that were typed neither once nor once for each stack.
    pub(in crate::app) fn check_models(&mut self, models: &cli::Models, stacks: usize) {
        for (kind, typed) in by_kind(models) {
            if typed.len() > 1 && typed.len() != stacks {
                let flag = kind.option();
                let what = format!("there are {} of `{flag}` for {}", typed.len(), plural(stacks, "stack"));
                let hint = "one list of ids, with commas, runs each case with each; of several stacks each may have its own";
                self.errors.push(Diagnostic::new(what).hint(hint));
            }
        }
    }

    /// The models that were typed for the stack with this number.
    pub(in crate::app) fn models(&mut self, models: &cli::Models, stack: usize) -> ModelChoices {
        let mut choices = ModelChoices::default();
        for (kind, typed) in by_kind(models) {
            if let Some(Err(errors)) = nth(typed, stack).map(|list| choices.set(kind, &list)) {
                let new: Vec<_> = errors.into_iter().filter(|error| !self.errors.contains(error)).collect();
                self.errors.extend(new);
            }
        }
        choices
    }

    fn stack_config(&mut self, said: &Said, project: &Project) -> StackConfig {
        if let Some(own) = project.distributions.stack_config(said.text()) {
            return own;
        }
        match StackConfig::parse(said.0.file.name(), said.text()) {
            Ok(config) => config,
            Err(mut errors) => {
                let name = said.text().trim_start_matches("server:").split(':').next().unwrap_or_default();
                if project.distributions.has(name) && errors.len() > 1 {
                    let unknown = format!("there is no distribution `{name}`");
                    errors.retain(|error| error.what != unknown);
                } else if let (Some(near), [error]) =
                    (nearest(name, project.distributions.names()), &mut errors[..])
                {
                    error.hint = Some(format!("did you mean `{near}` of stack-test.yaml?"));
                }
                self.errors.extend(errors);
                StackConfig::Url(String::new())
            }
        }
    }
}

fn by_kind(models: &cli::Models) -> [(ModelKind, &[String]); 7] {
    [
        (ModelKind::Text, &models.text_model),
        (ModelKind::Vision, &models.vision_model),
        (ModelKind::Embedding, &models.embedding_model),
        (ModelKind::Rerank, &models.rerank_model),
        (ModelKind::Shield, &models.safety_shield),
        (ModelKind::Judge, &models.judge_model),
        (ModelKind::EmbeddingDimension, &models.embedding_dimension),
    ]
}

/// The name by which people know it: of a server its host and port, of pairs the provider of inference, of a run config its file and
/// folder.
fn short_name(config: &StackConfig, runtime: Option<RuntimeChoice>) -> String {
    let with_port =
        |name: String, port: Option<u16>| port.map_or_else(|| name.clone(), |port| format!("{name}:{port}"));
    let name = match config {
        StackConfig::Url(url) => host(url),
        StackConfig::Private(config) => of_config(config),
        StackConfig::Server { config, port } => with_port(of_config(config), *port),
        StackConfig::Docker { image, port } => with_port(end_of_path(&image.to_string(), 1), *port),
    };
    let name = shorten(&name, LONGEST_NAME).into_owned();
    match runtime {
        Some(runtime) if !matches!(config, StackConfig::Url(_)) => format!("{name}@{runtime}"),
        _ => name,
    }
}

fn of_config(config: &Config) -> String {
    match config {
        Config::Distro(name) => name.clone(),
        Config::DistroFile { distro, file } => format!("{distro}::{file}"),
        Config::Path(path) => end_of_path(path, 2),
        Config::Pairs(pairs) => {
            let inference = pairs.iter().filter(|pair| pair.api == "inference");
            let ids: Vec<&str> = inference.map(|pair| pair.provider.id.as_str()).collect();
            let first = || pairs.first().map(|pair| pair.provider.id.clone()).unwrap_or_default();
            if ids.is_empty() { first() } else { ids.join("+") }
        }
    }
}

/// The last `steps` of a path.
fn end_of_path(path: &str, steps: usize) -> String {
    let all: Vec<&str> = path.split(['/', '\\']).filter(|step| !step.is_empty() && *step != ".").collect();
    all[all.len().saturating_sub(steps)..].join("/")
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority).to_owned()
}

/// Numbers those that are called the same, from the second on.
fn number(stacks: &mut [StackChoice]) {
    let names: Vec<String> = stacks.iter().map(|stack| stack.name.clone()).collect();
    for (n, stack) in stacks.iter_mut().enumerate() {
        let same = names[..n].iter().filter(|name| **name == stack.name).count();
        if same > 0 {
            stack.name = format!("{}#{}", stack.name, same + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(configs: &[(&str, Option<RuntimeChoice>)]) -> Vec<String> {
        let choice = |(text, runtime): &(&str, Option<RuntimeChoice>)| {
            let config = StackConfig::parse("test", text).unwrap();
            let name = short_name(&config, *runtime);
            StackChoice { name, config, from: String::new(), runtime: RuntimeChoice::Auto }
        };
        let mut stacks: Vec<_> = configs.iter().map(choice).collect();
        number(&mut stacks);
        stacks.into_iter().map(|stack| stack.name).collect()
    }

    #[test]
    fn names_are_short_and_unlike_each_other() {
        let plain = |text| (text, None);
        assert_eq!(
            names(
                &["starter", "https://me:pw@example.com/v1", "http://127.0.0.1:8000", "starter", "starter"]
                    .map(plain)
            ),
            ["starter", "example.com", "127.0.0.1:8000", "starter#2", "starter#3"]
        );
        assert_eq!(
            names(
                &[
                    "inference=vllm,files=localfs",
                    "server:inference=openai:8322",
                    "./old/run.yaml",
                    "/x/new/run.yaml",
                    "server:starter"
                ]
                .map(plain)
            ),
            ["vllm", "openai:8322", "old/run.yaml", "new/run.yaml", "starter"]
        );
        let by = [("starter", Some(RuntimeChoice::Builtin)), ("http://h:1", Some(RuntimeChoice::Auto))];
        assert_eq!(names(&by), ["starter@builtin", "h:1"]);
    }
}
