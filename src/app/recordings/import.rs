//! `stack-test recordings import`: recordings of another tool become ours.

use super::chosen::Recordings;
use super::secrets;
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::files::display_name;
use crate::app::run::command::Common;
use crate::cli::{Chosen, ImportArgs};
use crate::gateway::Store;
use crate::recording::{IMPORTERS, ImportedSet, Importer, Set, SourceFile};
use crate::source::{Diagnostic, nearest};
use crate::text::plural;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Imports and says what came of it, warnings last.
///
/// # Errors
/// An unknown tool, a path that cannot be read, recordings that cannot be written.
pub(super) fn import(args: &ImportArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let inputs = common.inputs;
    let recordings = Recordings::open(common, &Chosen::default())?;
    let importer = find(&args.from).map_err(|error| CommandError::usage(vec![error]))?;
    let path = inputs.cwd.join(&args.path);
    let files = read(&path).map_err(|error| {
        let what = format!("`{}` cannot be read: {error}", display_name(&inputs.cwd, &path));
        CommandError::usage(vec![Diagnostic::new(what)])
    })?;
    let imported = (importer.import)(&files);
    let mut interactions = 0;
    let sets = imported.sets.len();
    for ImportedSet { setup, set } in imported.sets {
        interactions += set.exchanges.len();
        let setup = args.setup.clone().unwrap_or(setup);
        let exchanges =
            set.exchanges.into_iter().map(|exchange| recordings.masks.exchange(exchange)).collect();
        let set = Set { owner: set.owner, exchanges };
        if let Some(found) = secrets::findings(&recordings, &set).first() {
            let owner = set.owner.to_string();
            let owner = recordings.masks.text(&owner);
            let what = format!("what would be the recording of `{owner}` is not written: {found}");
            let error = Diagnostic::new(what).hint("take the key out of the files that are imported");
            return Err(CommandError::internal(error));
        }
        let store = Store::new(&inputs.cwd.join(&args.recordings), &setup);
        let written = store.prepare().and_then(|()| store.save(set));
        written.map_err(|error| CommandError::internal(Diagnostic::new(error.to_string())))?;
    }
    let mut out = std::io::stdout().lock();
    for warning in &imported.warnings {
        let _ = writeln!(out, "warning: {}", crate::text::one_line(warning));
    }
    let _ = writeln!(
        out,
        "{} in {} imported from {} to {}",
        plural(interactions, "provider call"),
        plural(sets, "set"),
        plural(files.len(), "file"),
        args.recordings.display()
    );
    if sets == 0 { Ok(ExitStatus::NothingSelected) } else { Ok(ExitStatus::Passed) }
}

fn find(name: &str) -> Result<&'static Importer, Diagnostic> {
    if let Some(importer) = IMPORTERS.iter().find(|importer| importer.name == name) {
        return Ok(importer);
    }
    let names: Vec<&str> = IMPORTERS.iter().map(|importer| importer.name).collect();
    let error = Diagnostic::new(format!("recordings of `{name}` cannot be imported"));
    Err(match nearest(name, names.iter().copied()) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None => error.hint(format!("those of {} can", names.join(", "))),
    })
}

/// The file at `folder`, or every file below it, in the order of their paths.
#[expect(clippy::disallowed_methods, reason = "reads the file or folder that the user named")]
fn read(folder: &Path) -> std::io::Result<Vec<SourceFile>> {
    if folder.is_file() {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Ok(vec![SourceFile { name, bytes: fs::read(folder)? }]);
    }
    let mut folders = vec![folder.to_owned()];
    let mut paths: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            // Links are not followed: they may lead in a circle, or anywhere.
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                paths.push(entry.path());
            }
        }
    }
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
        Ok(SourceFile { name, bytes: fs::read(path)? })
    };
    paths.into_iter().map(read).collect()
}
