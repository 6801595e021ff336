//! No text makes the reader of recordings panic; what it understands is written and read to the same.
#![no_main]

mod shared;

use libfuzzer_sys::fuzz_target;
use stack_test::model::CaseId;
use stack_test::recording::{FormatError, Owner, Problem, Set, parse};

/// The set in the text, whoever it belongs to.
fn read(text: &str) -> Result<Set, FormatError> {
    let read = parse(text, &Owner::Session, &|_| None);
    let Err(FormatError { problem: Problem::OtherCase { found, .. }, .. }) = &read else { return read };
    match found.split_once("::") {
        Some((suite, case)) => parse(text, &Owner::Case(CaseId::new(suite, case)), &|_| None),
        None => read,
    }
}

fuzz_target!(|text: &str| {
    match read(text) {
        Ok(set) => shared::assert_read_as_written(&set),
        Err(error) => assert!(error.line > 0 && !error.to_string().is_empty()),
    }
});
