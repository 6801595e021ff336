//! Who may import whom. `docs/ARCHITECTURE.md` tells the reasons; this table is the law.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A room, and the rooms it may import: only rooms above it in this table.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("text", &[]),
    ("source", &["text"]),
    ("events", &["model", "source"]),
    ("wire", &["model"]),
    ("stack_config", &["model", "source"]),
    ("suite", &["model", "source"]),
    ("check", &["model", "source", "wire"]),
    ("recording", &["model", "text", "wire"]),
    ("contract", &["text", "wire"]),
    ("compare", &["model", "wire", "check"]),
    ("plan", &["model", "source", "stack_config", "suite", "check"]),
    ("starter", &["model", "wire"]),
    ("process", &["text"]),
    ("stack", &["model", "text", "source", "events", "stack_config", "starter", "process"]),
    ("gateway", &["model", "events", "wire", "recording"]),
    ("fixtures", &["source", "check", "plan"]),
    ("external", &["model", "text", "wire", "process"]),
    ("runner", &["model", "source", "events", "wire", "check", "plan", "fixtures", "external"]),
    ("report", &["model", "text", "source", "events"]),
    ("cli", &["model", "stack_config", "plan", "report"]),
    (
        "app",
        &[
            "model",
            "text",
            "source",
            "events",
            "wire",
            "stack_config",
            "suite",
            "check",
            "recording",
            "contract",
            "compare",
            "plan",
            "starter",
            "process",
            "stack",
            "gateway",
            "fixtures",
            "external",
            "runner",
            "report",
            "cli",
        ],
    ),
];

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The rooms named by `crate::<room>` in `text`, also in `use crate::{a::…, b::…}`.
fn rooms_used(text: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut start = 0;
            for (index, character) in group.char_indices() {
                match character {
                    '{' => depth += 1,
                    '}' if depth > 0 => depth -= 1,
                    ',' | '}' if depth == 0 => {
                        used.insert(word(group[start..index].trim()));
                        start = index + 1;
                        if character == '}' {
                            break;
                        }
                    }
                    _ => {}
                }
            }
        } else {
            used.insert(word(rest));
        }
    }
    used
}

fn word(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

#[test]
fn the_table_has_every_room_and_no_cycle() {
    let names: Vec<&str> = ROOMS.iter().map(|(name, _)| *name).collect();
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        for import in *allowed {
            let above = names.iter().position(|name| name == import);
            assert!(
                above.is_some_and(|above| above < at),
                "{room} may import only rooms above it, not {import}"
            );
        }
    }
    let on_disk: BTreeSet<String> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(on_disk, names.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn every_room_imports_only_what_it_may() {
    let mut offences = BTreeMap::new();
    for (room, allowed) in ROOMS {
        for file in source_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room)) {
            let used = rooms_used(&fs::read_to_string(&file).unwrap());
            let forbidden: Vec<_> = used
                .into_iter()
                .filter(|name| ROOMS.iter().any(|(other, _)| other == name))
                .filter(|name| name != room && !allowed.contains(&name.as_str()))
                .collect();
            if !forbidden.is_empty() {
                offences.insert(file, forbidden);
            }
        }
    }
    assert!(offences.is_empty(), "rooms that import what they may not: {offences:#?}");
}
