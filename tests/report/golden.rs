//! The reports, to the letter. `STACK_TEST_UPDATE_GOLDEN=1 cargo test --test report` writes the files anew.
#![expect(clippy::disallowed_methods, reason = "golden files are read and written here")]

use super::{canned, console_text, report};
use stack_test::report::{ConsoleSettings, REPORTERS, Verbosity};
use std::path::Path;

fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/report").join(name);
    let text = text.replace(concat!("stack-test ", env!("CARGO_PKG_VERSION")), "stack-test <version>");
    if std::env::var_os("STACK_TEST_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let golden = golden.replace("\r\n", "\n");
    assert!(golden == text, "{} differs from what is reported now:\n{text}", path.display());
}

fn extension(reporter: &str) -> &'static str {
    match reporter {
        "junit" | "junit-strict" => "xml",
        "json" => "json",
        "markdown" => "md",
        _ => "txt",
    }
}

#[test]
fn every_reporter_writes_its_golden_file() {
    for spec in REPORTERS {
        let (name, extension) = (spec.name(), extension(spec.name()));
        compare(&format!("{name}.{extension}"), &report(name, &canned::events()));
        compare(&format!("two-stacks-{name}.{extension}"), &report(name, &canned::of_two_stacks()));
    }
}

#[test]
fn the_console_prints_its_golden_files() {
    for (name, color, verbosity) in [
        ("console.txt", false, Verbosity::Normal),
        ("console-quiet.txt", false, Verbosity::Quiet),
        ("console-verbose.txt", false, Verbosity::Verbose),
        ("console-color.txt", true, Verbosity::Normal),
    ] {
        let settings = ConsoleSettings { color, verbosity, durations: 3, ..ConsoleSettings::default() };
        compare(name, &console_text(settings, &canned::events()));
    }
    let settings = ConsoleSettings { durations: 3, ..ConsoleSettings::default() };
    compare("two-stacks-console.txt", &console_text(settings, &canned::of_two_stacks()));
}
