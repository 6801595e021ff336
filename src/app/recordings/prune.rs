//! `recordings prune`: away with what nothing needs.

use super::chosen::{Recordings, unreadable};
use super::dead::{Cases, left_over, unmentioned};
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::run::Common;
use crate::cli::PruneArgs;
use crate::gateway::Store;
use crate::text::plural;
use std::io::{BufRead, Write};
use std::path::PathBuf;

/// A file that may go, and why.
struct Dead {
    path: PathBuf,
    why: String,
    store: Store,
}

/// Shows what would go, asks, and removes it.
///
/// # Errors
/// A suite is broken, a folder cannot be read, a file cannot be removed.
pub(super) fn prune(args: &PruneArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let recordings = Recordings::open(common, &args.chosen)?;
    let mut removed = 0;
    // Bodies may become unused by the removal of sets: they are looked at again when those are gone.
    let mut dead = find(&recordings, args)?;
    if dead.is_empty() {
        recordings.say("nothing to prune\n");
        return Ok(ExitStatus::Passed);
    }
    let list: String =
        dead.iter().map(|dead| format!("{}: {}\n", recordings.shown(&dead.path), dead.why)).collect();
    recordings.say(&list);
    let files = plural(dead.len(), "file");
    if !args.yes {
        if !recordings.inputs.stdin_tty {
            recordings.say(&format!(
                "{files} to remove; nothing was, as there is no terminal to ask on: `--yes` removes them\n"
            ));
            return Ok(ExitStatus::Failed);
        }
        if !agreed(&recordings, &format!("remove {files}? [y/N] ")) {
            recordings.say("nothing removed\n");
            return Ok(ExitStatus::Failed);
        }
    }
    while !dead.is_empty() {
        for Dead { path, store, .. } in &dead {
            store.remove(path).map_err(unreadable)?;
            removed += 1;
        }
        dead = find(&recordings, args)?;
    }
    recordings.say(&format!("{} removed\n", plural(removed, "file")));
    Ok(ExitStatus::Passed)
}

fn agreed(recordings: &Recordings<'_>, question: &str) -> bool {
    recordings.say(question);
    let _ = std::io::stdout().flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

fn find(recordings: &Recordings<'_>, args: &PruneArgs) -> Result<Vec<Dead>, CommandError> {
    let stores = recordings.stores()?;
    let folder = recordings.folder(args.suites_dir.as_deref(), "suites_dir");
    // No models are needed: parameters do not decide whether a case is gone.
    let cases = Cases::read(recordings, &folder, &[])?;
    let mut dead = Vec::new();
    for (_, store) in &stores {
        let survey = store.survey().map_err(unreadable)?;
        let mut add = |path: PathBuf, why: String| dead.push(Dead { path, why, store: store.clone() });
        for path in &survey.sets {
            // What cannot be read may be anybody's.
            let Ok((set, _)) = store.read(path) else { continue };
            if cases.as_ref().is_some_and(|cases| cases.is_gone(&set.owner)) && recordings.wants(&set.owner) {
                add(path.clone(), format!("no suite has the case `{}`", set.owner));
            }
        }
        unmentioned(store, &survey)
            .into_iter()
            .for_each(|path| add(path, "no set refers to this body".into()));
        let left = left_over(&survey, recordings.inputs.now);
        left.into_iter().for_each(|path| add(path, "a run that was killed left it behind".into()));
    }
    Ok(dead)
}
