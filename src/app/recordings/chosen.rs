//! Which recordings a command is about, and what it says of them.

use crate::app::error::CommandError;
use crate::app::files::display_name;
use crate::app::inputs::Inputs;
use crate::app::project::load::Project;
use crate::app::providers;
use crate::app::run::command::Common;
use crate::cli::Chosen;
use crate::gateway::{self, Store, setups};
use crate::plan::Filter;
use crate::recording::{Masks, Owner, SESSION, Set, owner_of};
use crate::source::{Diagnostic, Kind, nearest};
use crate::text::Redactor;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The recordings folder, and what was chosen of it.
pub(super) struct Recordings<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) project: Project,
    pub(super) root: PathBuf,
    pub(super) redactor: Redactor,
    /// What must be in no recording.
    pub(super) masks: Masks,
    /// As typed, and as they are in ids.
    pub(super) names: Vec<(String, String)>,
    filter: Option<Filter>,
    pub(super) setup: Option<String>,
}

/// A set on disk.
pub(super) struct Kept {
    pub(super) setup: String,
    pub(super) path: PathBuf,
    pub(super) set: Set,
    /// What is in the file.
    pub(super) text: String,
}

impl<'a> Recordings<'a> {
    /// What `chosen` says, where the project's settings do not.
    ///
    /// # Errors
    /// The project's settings or the pattern are wrong, or the folder that was named holds no recordings.
    pub(super) fn open(common: &Common<'a>, chosen: &Chosen) -> Result<Self, CommandError> {
        let project = common.load_project()?;
        let filter = chosen.pattern.as_deref().map(Filter::parse).transpose();
        let filter = filter.map_err(|error| CommandError::usage(vec![error]))?;
        let secrets = providers::secrets(&project, common.inputs, &[], &[]);
        let redactor = Redactor::new(secrets.iter().map(|(_, secret)| secret.expose()))
            .allowing(project.allow_secrets.iter().cloned());
        let masks = Masks::new(&secrets).allowing(&project.allow_secrets);
        let mut recordings = Self {
            inputs: common.inputs,
            root: PathBuf::new(),
            redactor,
            masks,
            names: chosen.names.iter().map(|name| (name.clone(), plain_name(name))).collect(),
            filter,
            setup: chosen.setup.clone(),
            project,
        };
        recordings.root = recordings.folder(chosen.recordings.as_deref(), "recordings");
        if chosen.recordings.is_some() {
            recordings.check_folder()?;
        }
        Ok(recordings)
    }

    /// A folder as a flag, the project or custom names it.
    pub(super) fn folder(&self, flag: Option<&Path>, key: &str) -> PathBuf {
        let said = match self.project.run.get(key).map(|node| &node.kind) {
            Some(Kind::String(text)) => text.as_str(),
            _ => key.strip_suffix("_dir").unwrap_or(key),
        };
        let base = self.project.root.as_deref().unwrap_or(&self.inputs.cwd);
        flag.map_or_else(|| base.join(said), |flag| self.inputs.cwd.join(flag))
    }

    /// The setups, those that were not asked for left out.
    ///
    /// # Errors
    /// The folder cannot be read, or has no recordings of the setup asked for.
    pub(super) fn stores(&self) -> Result<Vec<(String, Store)>, CommandError> {
        let mut found = setups(&self.root).map_err(unreadable)?;
        let Some(wanted) = &self.setup else { return Ok(found) };
        let names: Vec<String> = found.iter().map(|(name, _)| name.clone()).collect();
        found.retain(|(name, _)| name == wanted);
        if !found.is_empty() {
            return Ok(found);
        }
        let what = format!("`{}` has no recordings of the setup `{wanted}`", self.shown(&self.root));
        let error = Diagnostic::new(what);
        Err(CommandError::usage(vec![match nearest(wanted, names.iter().map(String::as_str)) {
            Some(name) => error.hint(format!("did you mean `{name}`?")),
            None if names.is_empty() => error,
            None => error.hint(format!("it has those of {}", names.join(", "))),
        }]))
    }

    /// Whether the recordings of `owner` were asked for.
    pub(super) fn wants(&self, owner: &Owner) -> bool {
        let matches = |filter: &Filter| matches!(owner, Owner::Case(case) if filter.matches(case));
        (self.names.is_empty() || self.is_named(owner, |_| true)) && self.filter.as_ref().is_none_or(matches)
    }

    /// Whether one of the names that `counts` stands for the recordings of `owner`.
    pub(super) fn is_named(&self, owner: &Owner, counts: impl Fn(&str) -> bool) -> bool {
        self.names.iter().any(|(_, name)| counts(name) && stands_for(name, owner))
    }

    /// Whether the file at `path`, which cannot be read, was asked for: by its name, or by what it says itself.
    pub(super) fn wants_broken(&self, store: &Store, path: &Path) -> bool {
        let said = store.text(path).and_then(|text| owner_of(&text));
        self.wants(&store.owner_at(path)) || said.is_some_and(|owner| self.wants(&owner))
    }

    /// Gives each set that was asked for to `visit`, one at a time, and returns what is wrong with those that cannot be
    /// read.
    ///
    /// # Errors
    /// A folder cannot be read, or a name stands for nothing.
    pub(super) fn each(&self, mut visit: impl FnMut(Kept)) -> Result<Vec<gateway::Error>, CommandError> {
        self.check_names()?;
        let mut errors = Vec::new();
        for (setup, store) in self.stores()? {
            for path in store.survey().map_err(unreadable)?.sets {
                match store.read(&path) {
                    Ok((set, text)) if self.wants(&set.owner) => {
                        visit(Kept { setup: setup.clone(), path, set, text });
                    }
                    Ok(_) => {}
                    Err(error) if self.wants_broken(&store, &path) => errors.push(error),
                    Err(_) => {}
                }
            }
        }
        Ok(errors)
    }

    /// `path` as the user would type it.
    pub(super) fn shown(&self, path: &Path) -> String {
        let name = display_name(&self.inputs.cwd, path);
        if name.is_empty() { ".".to_owned() } else { name }
    }

    /// `text` as it may be printed: without secrets, and without what a terminal would act upon.
    pub(super) fn printable(&self, text: &str) -> String {
        crate::text::sanitize(&self.redactor.redact(text)).into_owned()
    }

    /// Prints to standard output.
    pub(super) fn say(&self, text: &str) {
        let _ = write!(std::io::stdout(), "{}", self.printable(text));
    }

    /// Prints data for other programs, which need control characters as they are: JSON escapes them.
    pub(super) fn say_data(&self, data: &serde_json::Value) {
        let text = serde_json::to_string_pretty(data).unwrap_or_default();
        let _ = writeln!(std::io::stdout(), "{}", self.redactor.redact(&text));
    }

    /// Prints what is wrong to standard error.
    pub(super) fn complain(&self, errors: &[gateway::Error]) {
        for error in errors {
            let _ = writeln!(std::io::stderr(), "error: {}", self.printable(&error.to_string()));
        }
    }
}

/// Whether `name`, of a suite, a folder, a case, or a class or file of another runner's tests, stands for the recordings of
/// `owner`.
pub(super) fn stands_for(name: &str, owner: &Owner) -> bool {
    let Owner::Case(case) = owner else { return name == SESSION };
    let id = owner.to_string();
    let below = name.is_empty() || case.suite().starts_with(&format!("{name}/"));
    let rest = id.strip_prefix(name);
    below
        || rest.is_some_and(|rest| {
            rest.is_empty() || ["[", "::", " > "].iter().any(|next| rest.starts_with(next))
        })
}

/// What could not be read of the recordings folder.
pub(super) fn unreadable(error: gateway::Error) -> CommandError {
    CommandError::internal(Diagnostic::new(error.to_string()))
}

/// A name as it is in ids: `suites/inference/chat.yaml` and `inference/` are what they are on the command line of a run.
fn plain_name(name: &str) -> String {
    let name = name.strip_prefix("./").unwrap_or(name);
    let name = name.strip_prefix("suites/").unwrap_or(name);
    let name = name.strip_suffix(".yaml").unwrap_or(name);
    if name == "." { String::new() } else { name.trim_end_matches('/').to_owned() }
}

/// Bytes, for people.
pub(super) fn size(bytes: usize) -> String {
    const STEPS: [(usize, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match STEPS.into_iter().find(|(step, _)| bytes >= *step) {
        Some((step, unit)) => {
            let tenths = bytes / (step / 10);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}
