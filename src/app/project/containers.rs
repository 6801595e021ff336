//! `containers:` of `stack-test.yaml`, and what becomes of `docker:<image>` by it.

use super::fields::{any_fields, fields, flag, route, strings, text};
use super::placeholders;
use super::told::Told;
use crate::app::inputs::Inputs;
use crate::source::{Diagnostic, Kind, Node, nearest};
use crate::stack::{Client, ContainerSpec, ImageSource, Network};
use crate::stack_config::{DISTROS, Distro, Image, StackConfig, Target};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The environment variable with the command that runs containers.
const COMMAND_ENV: &str = "STACK_TEST_CONTAINER_COMMAND";
/// The commands that are looked for.
const COMMANDS: [&str; 2] = ["docker", "podman"];
/// What an image's entry point is given, unless its settings say something else.
const ARGS: [&str; 2] = ["--port", "{{ port }}"];
/// Where Llama Stack publishes its distributions.
const PUBLISHED: &str = "llamastack/distribution-";

const KEYS: &[&str] = &["command", "run_args", "network", "images"];
const IMAGE_KEYS: &[&str] =
    &["image", "containerfile", "context", "args", "health", "providers", "forwards_baggage"];
const NETWORKS: [(&str, Network); 2] = [("host", Network::Host), ("bridge", Network::Bridge)];

/// What a project says of containers.
#[derive(Debug, Default)]
pub(in crate::app) struct Containers {
    command: Option<Vec<String>>,
    run_args: Vec<String>,
    network: Option<Network>,
    images: BTreeMap<String, Declared>,
}

/// An image by a name of the project's.
#[derive(Debug)]
struct Declared {
    source: DeclaredSource,
    args: Option<Vec<String>>,
    /// What it answers with 2xx when it is well.
    health: Option<String>,
    forwards_baggage: bool,
    told: Told,
}

#[derive(Debug)]
enum DeclaredSource {
    Image(String),
    /// Relative to the project's folder.
    Containerfile {
        path: String,
        context: Option<String>,
    },
}

impl Containers {
    /// Reads the value of `containers:`; what is wrong is noted in `errors`.
    pub(in crate::app) fn read(&mut self, node: &Node, errors: &mut Vec<Diagnostic>) {
        for field in fields(node, "`containers`", KEYS, errors) {
            match field.key.as_str() {
                "command" => self.command = words(&field.value, errors),
                "run_args" => self.run_args = strings(&field.value, errors),
                "network" => self.network = network(&field.value, errors),
                _ => {
                    for entry in any_fields(&field.value, errors) {
                        let declared = Declared::read(&entry.key, &entry.value, errors);
                        self.images.extend(declared.map(|declared| (entry.key.clone(), declared)));
                    }
                }
            }
        }
    }

    /// What each of the project's images is told of its providers.
    pub(in crate::app) fn told(&self) -> impl Iterator<Item = &Told> {
        self.images.values().map(|declared| &declared.told)
    }

    /// What the image that `target` runs is told of its providers, if it is the project's.
    pub(in crate::app) fn told_to(&self, target: &Target) -> Option<&Told> {
        let Target::Container { image: Image::Distro(name) | Image::Named(name), .. } = target else {
            return None;
        };
        self.images.get(name).map(|declared| &declared.told)
    }

    /// The names of the project's images, and what each is.
    pub(in crate::app) fn images(&self) -> Vec<[String; 2]> {
        let what = |source: &DeclaredSource| match source {
            DeclaredSource::Image(image) => image.clone(),
            DeclaredSource::Containerfile { path, .. } => format!("built from {path}"),
        };
        self.images.iter().map(|(name, declared)| [name.clone(), what(&declared.source)]).collect()
    }

    /// What may run containers, the first choice first, as far as it is on PATH.
    pub(in crate::app) fn clients(&self, inputs: &Inputs) -> Vec<Client> {
        let of_env = inputs.env(COMMAND_ENV).map(|text| text.split_whitespace().map(str::to_owned).collect());
        let said: Option<Vec<String>> = of_env.or_else(|| self.command.clone());
        let all = said.map_or_else(|| COMMANDS.map(|name| vec![name.to_owned()]).to_vec(), |said| vec![said]);
        let found = all.into_iter().filter_map(|words| {
            let (program, args) = words.split_first()?;
            let program = which::which_in(program, inputs.env("PATH"), &inputs.cwd).ok()?;
            Some(Client { program, args: args.to_vec() })
        });
        found.collect()
    }
}

impl Declared {
    fn read(name: &str, node: &Node, errors: &mut Vec<Diagnostic>) -> Option<Self> {
        fields(node, "an image", IMAGE_KEYS, errors).for_each(drop);
        let mut read = |key| node.get(key).and_then(|node| text(node, errors));
        let (image, path, context) = (read("image"), read("containerfile"), read("context"));
        let args = node.get("args").map(|node| {
            placeholders::check(node, &ContainerSpec::NAMES, errors);
            placeholders::check_single(node, &ContainerSpec::NAMES, errors);
            strings(node, errors)
        });
        let health = node.get("health").and_then(|node| route(node, errors));
        let told = Told::read(node, errors);
        let forwards_baggage = node.get("forwards_baggage").is_some_and(|node| flag(node, errors));
        let source = match (image, path, context) {
            (Some(image), None, None) => DeclaredSource::Image(image),
            (None, Some(path), context) => DeclaredSource::Containerfile { path, context },
            _ => {
                let what = format!("the image `{name}` has either an `image` or a `containerfile`");
                errors.push(node.diagnostic(what).hint(
                    "`image` is one that there is; `containerfile` one that is built, with the files in `context`, which is its folder if nothing else is said",
                ));
                return None;
            }
        };
        Some(Self { source, args, health, forwards_baggage, told })
    }
}

/// A command: a text, taken apart at its spaces, or a list.
fn words(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<Vec<String>> {
    let words = match &node.kind {
        Kind::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        _ => strings(node, errors),
    };
    if words.is_empty() {
        errors.push(
            node.diagnostic("a command is wanted here").hint("`podman`, or `[podman, --runtime, runc]`"),
        );
        return None;
    }
    Some(words)
}

fn network(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<Network> {
    let text = text(node, errors)?;
    let found = NETWORKS.iter().find(|(name, _)| *name == text).map(|(_, network)| *network);
    if found.is_none() {
        errors
            .push(node.diagnostic(format!("there is no network `{text}`")).hint("there are host and bridge"));
    }
    found
}

/// How the container of the stack-config is run, which is written in `from`; `None` if it wants none. `folder` is the project's.
///
/// # Errors
/// There is no such image, or nothing to run it with.
pub(in crate::app) fn resolve(
    containers: &Containers,
    (config, from): (&StackConfig, &str),
    folder: &Path,
    inputs: &Inputs,
) -> Result<Option<ContainerSpec>, Diagnostic> {
    let Target::Container { image, .. } = config.target() else { return Ok(None) };
    let (name, declared) = match &image {
        Image::Distro(name) | Image::Named(name) => (name, containers.images.get(name)),
    };
    let source = match (declared.map(|declared| &declared.source), &image) {
        (Some(DeclaredSource::Image(image)), _) => ImageSource::Named(image.clone()),
        (Some(DeclaredSource::Containerfile { path, context }), _) => {
            let containerfile = folder.join(path);
            let beside = containerfile.parent().map_or_else(|| folder.to_owned(), PathBuf::from);
            let context = context.as_ref().map_or(beside, |context| folder.join(context));
            ImageSource::Built { name: name.clone(), containerfile, context }
        }
        (None, Image::Named(_)) => ImageSource::Named(name.clone()),
        (None, Image::Distro(_)) if Distro::find(name).is_some() => {
            ImageSource::Named(format!("{PUBLISHED}{name}"))
        }
        (None, Image::Distro(_)) => return Err(unknown(name, (config, from), containers)),
    };
    let clients = containers.clients(inputs);
    if clients.is_empty() {
        let said = inputs.env(COMMAND_ENV).map(str::to_owned);
        let said = said.or_else(|| containers.command.as_ref().map(|words| words.join(" ")));
        let what = said.map_or_else(|| "docker or podman".to_owned(), |said| format!("`{said}`"));
        let error = Diagnostic::new(format!("there is no {what} on PATH, which `docker:{name}` is run by"));
        return Err(error.hint("install podman, or use `starter`, which needs no container"));
    }
    let args = declared.and_then(|declared| declared.args.clone());
    // Elsewhere the host of containers is a virtual machine.
    let usual = if cfg!(target_os = "linux") { Network::Host } else { Network::Bridge };
    Ok(Some(ContainerSpec {
        clients,
        run_args: containers.run_args.clone(),
        image: source,
        args: args.unwrap_or_else(|| ARGS.map(str::to_owned).to_vec()),
        health: declared.and_then(|declared| declared.health.clone()),
        forwards_baggage: declared.is_some_and(|declared| declared.forwards_baggage),
        network: containers.network.unwrap_or(usual),
        run_id: String::new(),
        files: Vec::new(),
    }))
}

fn unknown(name: &str, (config, from): (&StackConfig, &str), containers: &Containers) -> Diagnostic {
    let error = Diagnostic::at(config.origin_of(name, from), format!("there is no image `{name}`"));
    let known =
        || containers.images.keys().map(String::as_str).chain(DISTROS.iter().map(|distro| distro.name));
    match nearest(name, known()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!(
            "one that is not under `containers: images:` in stack-test.yaml is a distribution ({}), or has a slash, a dot or a tag in its name",
            known().collect::<Vec<_>>().join(", ")
        )),
    }
}
