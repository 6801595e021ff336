//! `docs/checks.md` says what the tables say. To write it anew: `STACK_TEST_WRITE_DOCS=1 cargo test --test docs_checks`.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may: it a test may read the repository and its own switch"
)]

use stack_test::check::reference;

#[test]
fn the_page_is_what_the_tables_give() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks.md");
    if std::env::var_os("STACK_TEST_WRITE_DOCS").is_some() {
        std::fs::write(path, reference()).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        page == reference(),
        "docs/checks.md is out of date: STACK_TEST_WRITE_DOCS=1 cargo test --test docs_checks"
    );
}
