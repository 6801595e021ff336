//! What mends a miss.

use super::super::{NO_SETUP, Owner};
use super::difference::{Entry, Found, Rule};
use crate::model::{Mend, MissClass, NearestRecording};

/// What to do about a miss of `class`, likeliest first; `command` records the call.
pub(super) fn mends(
    class: MissClass,
    command: String,
    nearest: Option<&NearestRecording>,
    found: Option<&Found>,
) -> Vec<Mend> {
    let mut mends = Vec::new();
    // Which thing an id names matters: a rule would hide that it is another one.
    let ids = class == MissClass::OtherIds;
    let rules = found.map(|found| rules(found, class)).filter(|rules| !rules.is_empty() && !ids);
    let rule = rules.map(|rules| Mend::Rule(format!("match:\n{}", rules.join("\n"))));
    // Where more than volatile values differ, a rule alone mends nothing.
    let (first, last) = if class == MissClass::Volatile { (rule, None) } else { (None, rule) };
    mends.extend(first);
    if ids {
        mends.push(Mend::Advice("see whether the stack asks about the right one".into()));
    }
    if class == MissClass::OneTooMany {
        mends.push(Mend::Advice(
            "see whether the stack asked again after an error, or asks more often".into(),
        ));
    }
    if let Some(nearest) = nearest.filter(|nearest| !nearest.own && nearest.differences.is_empty())
        && let Some(case) = &nearest.case
    {
        mends.push(Mend::Advice(format!(
            "if the case was called `{case}`, move its recordings to its new name: the file, and `case` in it"
        )));
    }
    mends.push(Mend::Command(command));
    mends.extend(last);
    mends
}

/// The command that records the calls of `owner`.
pub(super) fn record(owner: &Owner, setup: &str) -> String {
    let flag = if setup == NO_SETUP { String::new() } else { format!(" --setup {setup}") };
    command_for(&format!("stack-test record{flag}"), owner)
}

/// `command`, which records, with the case that it is to record behind it.
pub fn command_for(command: &str, owner: &Owner) -> String {
    match owner {
        Owner::Case(case) => format!("{command} '{}'", case.to_string().replace('\'', r"'\''")),
        Owner::Session => command.to_owned(),
    }
}

/// The entries of `match:` that make the volatile values not count, each once; and numbers, where nothing else differs.
fn rules(found: &Found, class: MissClass) -> Vec<String> {
    let settled = |entry: &Entry| !entry.rules.is_empty() || entry.perhaps.is_some();
    let numbers = class == MissClass::ParameterChanged && found.entries.iter().all(settled);
    let perhaps = |entry: &'_ Entry| entry.perhaps.clone().filter(|_| numbers);
    let mut lines: Vec<String> = Vec::new();
    for rule in found.entries.iter().flat_map(|entry| entry.rules.iter().cloned().chain(perhaps(entry))) {
        let line = match rule {
            Rule::Ignore(pointer) => format!("  - ignore: {}", scalar(&pointer)),
            Rule::Mask { pattern, name } => format!("  - mask: {}\n    name: {name}", quoted(&pattern)),
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// A pointer as YAML: plain if that is safe.
fn scalar(pointer: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.*~".contains(c);
    if pointer.chars().all(plain) { pointer.to_owned() } else { quoted(pointer) }
}

/// A YAML text in which nothing needs an escape but the quote.
fn quoted(text: &str) -> String {
    if text.chars().any(char::is_control) {
        return serde_json::Value::from(text).to_string();
    }
    format!("'{}'", text.replace('\'', "''"))
}
