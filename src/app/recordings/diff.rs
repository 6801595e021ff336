//! `recordings diff`: what changed since a git revision.

use super::chosen::{Recordings, unreadable};
use super::git::Revision;
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::run::command::Common;
use crate::cli::DiffArgs;
use crate::gateway::Store;
use crate::recording::{
    BODIES, Change, ChangeKind, Owner, Pointed, Set, bodies_of, changes, owner_of, parse,
};
use crate::source::Diagnostic;
use crate::text::{one_line, plural, shorten};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Pointers that are shown of one call; JSON has all of them.
const SHOWN: usize = 12;
/// Columns of a value.
const VALUE: usize = 60;

/// A set that is not as it was.
struct Changed {
    setup: String,
    owner: Owner,
    /// What became of the calls, or why that cannot be said.
    calls: Result<Vec<Change>, String>,
}

/// Compares.
///
/// # Errors
/// No git, no such revision, a recordings folder that is not there.
pub(super) fn diff(args: &DiffArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let recordings = Recordings::open(common, &args.chosen)?;
    if !recordings.root.is_dir() {
        let what = format!("there is no folder `{}`", recordings.shown(&recordings.root));
        return Err(CommandError::usage(vec![
            Diagnostic::new(what).hint("name the recordings folder with --recordings"),
        ]));
    }
    let usage = |error| CommandError::usage(vec![error]);
    let revision = Revision::find(&recordings.root, &args.revision).map_err(usage)?;
    let mut found = Vec::new();
    let mut stores = crate::gateway::setups(&recordings.root).map_err(unreadable)?;
    let files = revision.changed().map_err(usage)?;
    for path in &files {
        found.extend(compare(&recordings, (&revision, &stores), path)?);
    }
    for path in with_changed_bodies(&recordings, &stores, &files)? {
        // That a text mentions the body need not mean that it is its own.
        let changed = compare(&recordings, (&revision, &stores), &path)?;
        found.extend(changed.filter(|changed| !matches!(&changed.calls, Ok(calls) if calls.is_empty())));
    }
    if let Some(wanted) = &args.chosen.setup {
        found.retain(|changed| changed.setup == *wanted);
        if found.is_empty() {
            stores = recordings.stores()?;
        }
        stores.retain(|(name, _)| name == wanted);
    }
    let mut owners = recordings.owners(&stores)?;
    owners.extend(found.iter().map(|changed| changed.owner.clone()));
    recordings.check_names_among(owners)?;
    found.retain(|changed| recordings.wants(&changed.owner));
    found.sort_by(|one, other| (&one.setup, &one.owner).cmp(&(&other.setup, &other.owner)));
    if args.json {
        recordings.say_data(&found.iter().map(json_of).collect());
    } else {
        recordings.say(&found.iter().map(drawn).collect::<String>());
        recordings.say(&summary(&found, &args.revision));
    }
    Ok(if found.is_empty() { ExitStatus::Passed } else { ExitStatus::Failed })
}

/// The sets that are as they were and mention a body that is not, by their paths below the folder.
fn with_changed_bodies(
    recordings: &Recordings<'_>,
    stores: &[(String, Store)],
    files: &[String],
) -> Result<Vec<String>, CommandError> {
    let mut found = Vec::new();
    for (_, store) in stores {
        let Ok(folder) = store.folder().strip_prefix(&recordings.root) else { continue };
        let bodies = format!("{}/{BODIES}/", folder.display());
        let changed: Vec<String> = files
            .iter()
            .filter_map(|file| Some(format!("{BODIES}/{}", file.strip_prefix(&bodies)?)))
            .collect();
        if changed.is_empty() {
            continue;
        }
        for path in store.survey().map_err(unreadable)?.sets {
            let mentioned = store.text(&path).map(|text| bodies_of(&text)).unwrap_or_default();
            let below = path.strip_prefix(&recordings.root).unwrap_or(&path).to_string_lossy().into_owned();
            if changed.iter().any(|body| mentioned.contains(body)) && !files.contains(&below) {
                found.push(below);
            }
        }
    }
    Ok(found)
}

/// What became of the set in the file at `path`, if it is one.
fn compare(
    recordings: &Recordings<'_>,
    (revision, stores): (&Revision<'_>, &[(String, Store)]),
    path: &str,
) -> Result<Option<Changed>, CommandError> {
    let Some((folder, below)) = path.split_once('/') else { return Ok(None) };
    if !path.ends_with(".json") || below.starts_with("_bodies/") {
        return Ok(None);
    }
    let usage = |error| CommandError::usage(vec![error]);
    let before =
        revision.file(path).map_err(usage)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let store = stores.iter().find(|(_, store)| store.folder().ends_with(folder));
    let place = recordings.root.join(path);
    let now = store.and_then(|(_, store)| store.text(&place));
    let owner = now.as_deref().and_then(owner_of).or_else(|| before.as_deref().and_then(owner_of));
    // What says nothing of itself, now and then, is known by the name of the file.
    let owner = owner.or_else(|| store.map(|(_, store)| store.owner_at(&place)));
    let Some(owner) = owner else { return Ok(None) };
    let setup = store.map_or(folder.to_owned(), |(name, _)| name.clone());
    let old_body = |name: &str| Some(revision.file(&format!("{folder}/{name}")).ok()??.into());
    let old = read(before.as_deref(), &owner, |text| {
        parse(text, &owner, &old_body).map_err(|error| format!("as it was, it cannot be read: {error}"))
    });
    // A file that is no text, or a link, is there all the same.
    let is_there = place.exists() || place.is_symlink();
    let new = read(is_there.then_some(""), &owner, |_| match store.map(|(_, store)| store.read(&place)) {
        Some(Ok((set, _))) => Ok(set),
        Some(Err(error)) => Err(format!("as it is, it cannot be read: {error}")),
        None => Err("as it is, it cannot be read".to_owned()),
    });
    let calls = old.and_then(|old| Ok(changes(&old, &new?)));
    Ok(Some(Changed { setup, owner, calls }))
}

/// A set that is not there has no calls.
fn read(
    text: Option<&str>,
    owner: &Owner,
    read: impl Fn(&str) -> Result<Set, String>,
) -> Result<Set, String> {
    text.map_or_else(|| Ok(Set::new(owner.clone())), read)
}

fn drawn(changed: &Changed) -> String {
    let mut out = format!("{}  ({})\n", changed.owner, changed.setup);
    match &changed.calls {
        Err(why) => out.push_str(&format!("  {}\n", one_line(why))),
        Ok(calls) if calls.is_empty() => out.push_str("  only the spelling of the file\n"),
        Ok(calls) => calls.iter().for_each(|change| out.push_str(&drawn_call(change))),
    }
    out.push('\n');
    out
}

fn drawn_call(change: &Change) -> String {
    let mut out =
        format!("  call {}  {}  {}\n", change.call + 1, one_line(&change.request), change.kind.name());
    for Pointed { pointer, was, now } in change.differences.iter().take(SHOWN) {
        let value = |value: &Option<Value>| match value {
            Some(value) => shorten(&one_line(&value.to_string()), VALUE).into_owned(),
            None => "(nothing)".to_owned(),
        };
        out.push_str(&format!("    {}\n      - {}\n      + {}\n", one_line(pointer), value(was), value(now)));
    }
    if change.differences.len() > SHOWN {
        out.push_str(&format!("    and {} more\n", change.differences.len() - SHOWN));
    }
    out
}

fn summary(found: &[Changed], revision: &str) -> String {
    if found.is_empty() {
        return format!("the recordings are as they were in {revision}\n");
    }
    let mut kinds: BTreeMap<ChangeKind, usize> = BTreeMap::new();
    for change in found.iter().filter_map(|changed| changed.calls.as_ref().ok()).flatten() {
        *kinds.entry(change.kind).or_default() += 1;
    }
    let counts: Vec<String> =
        kinds.into_iter().map(|(kind, count)| format!("{count} {}", kind.name())).collect();
    let calls = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    format!("{} changed since {revision}{calls}\n", plural(found.len(), "set"))
}

fn json_of(changed: &Changed) -> Value {
    let difference =
        |Pointed { pointer, was, now }: &Pointed| json!({"pointer": pointer, "was": was, "now": now});
    let call = |change: &Change| {
        json!({
            "call": change.call + 1, "kind": change.kind.name(), "request": change.request,
            "differences": change.differences.iter().map(difference).collect::<Vec<_>>(),
        })
    };
    let mut out = json!({"setup": changed.setup, "case": changed.owner.to_string()});
    match &changed.calls {
        Ok(calls) => out["calls"] = calls.iter().map(call).collect(),
        Err(why) => out["error"] = why.as_str().into(),
    }
    out
}
