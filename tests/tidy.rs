//! What would dodge `tests/layers.rs`, and what a reader should not have to find: held by reading the text.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a test may")]

use std::fs;
use std::path::{Path, PathBuf};

/// No file of the rooms may be longer; one that grows past it has two subjects.
const LONGEST_FILE: usize = 600;

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn offences(files: &[PathBuf], offends: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (line, text) in fs::read_to_string(file).unwrap().lines().enumerate() {
            if offends(text) {
                found.push(format!("{}:{}: {}", file.display(), line + 1, text.trim()));
            }
        }
    }
    found
}

#[test]
fn no_path_dodges_the_table_of_rooms() {
    let reaches_over = |line: &str| line.contains("super::super::super");
    assert_eq!(offences(&files("src", "rs"), reaches_over), Vec::<String>::new());
    let re_exports = |line: &str| line.trim_start().starts_with("pub use crate::");
    assert_eq!(offences(&files("src", "rs"), re_exports), Vec::<String>::new());
}

#[test]
fn a_mod_file_holds_only_the_why_and_the_names() {
    for file in files("src", "rs").iter().filter(|file| file.ends_with("mod.rs")) {
        let text = fs::read_to_string(file).unwrap();
        assert!(text.starts_with("//!"), "{} does not say why it is there", file.display());
        let code = text
            .lines()
            .any(|line| line.starts_with("fn ") || line.starts_with("pub fn ") || line.starts_with("impl "));
        assert!(!code, "{} holds code; a file's name should tell what is in it", file.display());
    }
}

#[test]
fn no_file_has_two_subjects() {
    for file in files("src", "rs") {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !["util", "utils", "helper", "helpers", "misc", "imp", "common"].contains(&name.as_str()),
            "{}",
            file.display()
        );
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines; at most {LONGEST_FILE}", file.display());
    }
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents = files("docs", "md");
    documents.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root.join(name)));
    let mut broken = Vec::new();
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            let outside = path.is_empty() || path.contains("://") || path.contains(' ');
            if !outside && !document.parent().unwrap().join(path).exists() {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn every_test_that_the_documents_promise_is_there() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/failures-of-others.md");
    let page = fs::read_to_string(page).unwrap();
    let tests: String = files("tests", "rs")
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect::<Vec<_>>()
        .concat();
    let words = page.split('`').skip(1).step_by(2);
    let promised: Vec<&str> = words.filter(|word| word.matches('_').count() > 2).collect();
    assert!(promised.len() > 20, "{promised:?}");
    let missing: Vec<_> = promised.iter().filter(|name| !tests.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "there are no such tests: {missing:?}");
}
