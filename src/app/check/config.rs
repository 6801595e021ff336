//! `check config`: whether run configs that were written for an earlier version still load and serve.

use super::changed::explain;
use super::said;
use super::site::Site;
use super::up::{Down, Up};
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::files::{display_name, read_text};
use crate::app::inputs::Inputs;
use crate::app::run::command::{Common, Made, make};
use crate::app::run::prepare::{only, prepare_stack};
use crate::app::run::rig::Rig;
use crate::app::run::run_folder;
use crate::app::run::signals::Signals;
use crate::app::settings::settle::RunRequest;
use crate::cli::{self, CheckConfigArgs, Format, RunArgs};
use crate::model::InferenceMode;
use crate::runner::Stop;
use crate::source::{Diagnostic, SourceFile, yaml};
use crate::stack::Stack;
use crate::text::{Redactor, plural, shorten};
use serde_json::{Value, json};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::Arc;

/// What came of one file.
struct Checked {
    file: String,
    /// What serves it, or everything that keeps it from being served.
    came: Result<Served, Vec<Diagnostic>>,
}

/// A run config that is served.
struct Served {
    stack: String,
    version: Option<String>,
    providers: Option<usize>,
    models: Option<usize>,
}

/// What is common to all files.
struct Checking<'a> {
    args: &'a CheckConfigArgs,
    common: &'a Common<'a>,
    stop: Stop,
    signals: Signals,
}

/// Starts each and prints what came of it.
///
/// # Errors
/// Wrong arguments or settings.
pub(super) async fn config(args: CheckConfigArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    // What is wrong with the arguments is wrong with all files.
    let made = make(common, request(&args, "starter"), prepare_stack).await?;
    let redactor = made.outputs.redactor;
    let prepared = made.prepared.and_then(only).map_err(CommandError::usage)?;
    prepared.notices.iter().for_each(|notice| said::note(notice, &redactor));
    let sources = read_all(&args.files, common.inputs).map_err(CommandError::usage)?;
    let stop = Stop::default();
    let checking = Checking { args: &args, common, signals: Signals::listen(stop.clone(), || ()), stop };
    let mut all = Vec::new();
    let mut interrupted = false;
    for (number, (path, source)) in args.files.iter().zip(&sources).enumerate() {
        match checking.check((path, source), number).await? {
            Some(checked) => all.push(checked),
            None => {
                interrupted = true;
                break;
            }
        }
    }
    match args.format {
        Format::Text => said::say(&text(&all, &redactor), &redactor),
        Format::Json => said::say_data(&all.iter().map(Checked::json).collect(), &redactor),
        Format::Markdown => said::say(&markdown(&all, &redactor), &redactor),
    }
    Ok(match all.iter().all(|checked| checked.came.is_ok()) {
        _ if interrupted => ExitStatus::Interrupted,
        true => ExitStatus::Passed,
        false => ExitStatus::Failed,
    })
}

/// The text of all files; one that cannot be read is a mistake in what was typed.
fn read_all(paths: &[PathBuf], inputs: &Inputs) -> Result<Vec<Arc<SourceFile>>, Vec<Diagnostic>> {
    let (mut sources, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        match read_text(&inputs.cwd, path) {
            Ok(source) => sources.push(source),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(sources) } else { Err(errors) }
}

/// As a run that replays: that a run config is served is no reason to ask a model.
fn request(args: &CheckConfigArgs, stack_config: &str) -> RunRequest {
    let target = cli::Target {
        stack_config: vec![stack_config.to_owned()],
        runtime: args.runtime.iter().cloned().collect(),
        setup: args.setup.clone(),
        env: args.env.clone(),
        ready_timeout: args.ready_timeout.clone(),
        secret: args.secret.clone(),
        ..cli::Target::default()
    };
    RunRequest::from(RunArgs {
        common: cli::Common {
            selected: cli::Selected::default(),
            target,
            models: cli::Models::default(),
            execution: cli::Execution::default(),
            output: cli::Output::default(),
        },
        inference_mode: Some(InferenceMode::Replay),
        replay_speed: None,
        strict: false,
    })
}

impl Checking<'_> {
    /// What comes of the file; `None` if the user asked for the end.
    async fn check(
        &self,
        (path, source): (&Path, &Arc<SourceFile>),
        number: usize,
    ) -> Result<Option<Checked>, CommandError> {
        let inputs = self.common.inputs;
        let file = display_name(&inputs.cwd, &inputs.cwd.join(path));
        let failed = |errors| Ok(Some(Checked { file: file.clone(), came: Err(errors) }));
        // A stack-config is taken for a path if it looks like one.
        let typed = path.to_string_lossy();
        let is_path = [".yaml", ".yml"].iter().any(|end| typed.ends_with(end)) || typed.contains('/');
        let typed = if is_path { typed.into_owned() } else { format!(".{MAIN_SEPARATOR}{typed}") };
        let Made { prepared, secrets, allow_secrets, .. } =
            make(self.common, request(self.args, &typed), prepare_stack).await?;
        let mut prepared = match prepared.and_then(only) {
            Ok(prepared) => prepared,
            Err(errors) => return failed(errors),
        };
        let run_id = format!("{}-{}", run_folder::run_id(inputs), number + 1);
        // What is asked of models would be answered from them; here, nothing is.
        prepared.settings.recordings = run_folder::of_run(inputs, &run_id).join("no-recordings");
        let rig = Rig::new(inputs, prepared, (secrets, allow_secrets), run_id);
        let up = match Up::start(&rig, &self.stop).await {
            Ok(up) => up,
            Err(Down::Interrupted) => return Ok(None),
            Err(Down::Gateway(errors)) => return failed(errors),
            Err(Down::Stack(error)) => {
                // What our reader of YAML cannot read, theirs may.
                let root = yaml::parse(source).ok();
                return failed(explain(&error, root.as_ref(), &rig.prepared.runtime));
            }
        };
        let served = up.during(&rig, &self.signals, async |stack| served(stack, self.common).await).await;
        Ok(served.map(|served| Checked { file: file.clone(), came: Ok(served) }))
    }
}

async fn served(stack: &Stack, common: &Common<'_>) -> Served {
    let list = match Site::of_stack(stack.url(), common.inputs) {
        Ok(site) => site.json("/v1/providers").await,
        Err(_) => None,
    };
    let count = |list: Value| list.get("data").and_then(Value::as_array).map(Vec::len);
    Served {
        stack: stack.info().taken.clone(),
        version: stack.info().version.clone(),
        providers: list.and_then(count),
        models: stack.capabilities().models.as_ref().map(std::collections::BTreeSet::len),
    }
}

/// Characters of a table about what is told whole above it.
const LONGEST: usize = 100;

const HEADS: [&str; 5] = ["run config", "", "providers", "models", "what"];

impl Checked {
    fn row(&self) -> Vec<String> {
        let count = |count: Option<usize>| count.map_or_else(|| "?".to_owned(), |count| count.to_string());
        match &self.came {
            Ok(served) => {
                let version =
                    served.version.as_ref().map(|version| format!(", version {version}")).unwrap_or_default();
                let stack = format!("{}{version}", served.stack);
                vec![self.file.clone(), "OK".to_owned(), count(served.providers), count(served.models), stack]
            }
            Err(errors) => {
                let first = errors.first().map(Diagnostic::one_line).unwrap_or_default();
                let first = shorten(&first, LONGEST).into_owned();
                vec![self.file.clone(), "FAIL".to_owned(), String::new(), String::new(), first]
            }
        }
    }

    fn json(&self) -> Value {
        match &self.came {
            Ok(served) => json!({
                "file": self.file, "ok": true, "stack": served.stack, "version": served.version,
                "providers": served.providers, "models": served.models,
            }),
            Err(errors) => {
                let problem = |error: &Diagnostic| {
                    let place = error.origin.as_ref().map(ToString::to_string);
                    json!({"what": error.what, "place": place, "hint": error.hint, "notes": error.notes})
                };
                json!({"file": self.file, "ok": false, "problems": errors.iter().map(problem).collect::<Vec<_>>()})
            }
        }
    }
}

fn summary(all: &[Checked]) -> String {
    let failed = all.iter().filter(|checked| checked.came.is_err()).count();
    let count = plural(all.len(), "run config");
    if failed == 0 {
        format!("{count}: all load and serve")
    } else {
        format!("{count}: {failed} no longer load and serve")
    }
}

fn text(all: &[Checked], redactor: &Redactor) -> String {
    let mut text = String::new();
    for checked in all {
        for error in checked.came.as_ref().err().into_iter().flatten() {
            text.push_str(&format!("{}\n\n", error.render(false)));
        }
    }
    let rows: Vec<Vec<String>> = all.iter().map(Checked::row).collect();
    format!("{text}{}\n{}\n", said::table(&HEADS, &rows, redactor), summary(all))
}

fn markdown(all: &[Checked], redactor: &Redactor) -> String {
    let hidden = |row: Vec<String>| row.iter().map(|cell| redactor.redact(cell).into_owned()).collect();
    let rows: Vec<Vec<String>> = all.iter().map(Checked::row).map(hidden).collect();
    format!("### Run configs of earlier versions\n\n{}\n\n{}", summary(all), said::markdown(&HEADS, &rows))
}
