//! `recordings prune`: away with what nothing needs.

use super::chosen::{Recordings, unreadable};
use super::dead::{Cases, Standing, left_over, unmentioned};
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::run::command::Common;
use crate::cli::PruneArgs;
use crate::gateway::Store;
use crate::recording::Owner;
use crate::source::Diagnostic;
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
/// A suite is broken, a folder cannot be read, a file cannot be removed; sets of suites that are gone are to go, and
/// there are no suites at all.
pub(super) fn prune(args: &PruneArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let recordings = Recordings::open(common, &args.chosen)?;
    recordings.check_names()?;
    let mut removed = 0;
    // Bodies may become unused by the removal of sets: they are looked at again when those are gone.
    let (mut dead, homeless) = find(&recordings, args)?;
    if homeless > 0 {
        let sets = plural(homeless, "set");
        let stay = if homeless == 1 { "stays" } else { "stay" };
        recordings.say(&format!(
            "note: {sets} of no suite here {stay}: recorded by the gateway alone, or the suite is gone (then --gone-suites \
             removes them)\n"
        ));
    }
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
        (dead, _) = find(&recordings, args)?;
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

/// What may go, and how many sets stay that are of no suite.
fn find(recordings: &Recordings<'_>, args: &PruneArgs) -> Result<(Vec<Dead>, usize), CommandError> {
    let stores = recordings.stores()?;
    let folder = recordings.folder(args.suites_dir.as_deref(), "suites_dir");
    // No models are needed: parameters do not decide whether a case is gone.
    let cases = Cases::read(recordings, &folder, &[])?;
    if cases.is_none() && args.gone_suites {
        let what = format!("there is no folder `{}`: all suites would be gone", recordings.shown(&folder));
        let error =
            Diagnostic::new(what).hint("name the suites folder with --suites-dir, or name what is to go");
        return Err(CommandError::usage(vec![error]));
    }
    let (mut dead, mut homeless) = (Vec::new(), 0);
    for (_, store) in &stores {
        let survey = store.survey().map_err(unreadable)?;
        let mut add = |path: PathBuf, why: String| dead.push(Dead { path, why, store: store.clone() });
        for path in &survey.sets {
            // What cannot be read may be anybody's.
            let Ok((set, _)) = store.read(path) else { continue };
            if !recordings.wants(&set.owner) {
                continue;
            }
            let standing = cases.as_ref().map_or(Standing::NoSuite, |cases| cases.standing(&set.owner));
            match (standing, &set.owner) {
                (Standing::CaseGone, owner) => add(path.clone(), format!("no suite has the case `{owner}`")),
                (Standing::NoSuite, owner @ Owner::Case(_))
                    if args.gone_suites || recordings.is_named(owner, |name| !name.is_empty()) =>
                {
                    add(path.clone(), format!("`{owner}` belongs to no suite here"));
                }
                (Standing::NoSuite, Owner::Case(_)) => homeless += usize::from(cases.is_some()),
                _ => {}
            }
        }
        unmentioned(store, &survey)
            .into_iter()
            .for_each(|path| add(path, "no set refers to this body".into()));
        let left = left_over(&survey, recordings.inputs.now);
        left.into_iter().for_each(|path| add(path, "a run that was killed left it behind".into()));
    }
    Ok((dead, homeless))
}
