//! One file per capture: where in an answer a value is that later steps use; [`CAPTURES`] is the table of them.

mod body;
mod contract;
mod header;
mod json;
mod regex;
mod status;
mod stream;

pub(super) use contract::{Capture, Kind, compile};

/// All captures, in the order of the reference page.
pub(super) static CAPTURES: &[&Kind] =
    &[&json::KIND, &header::KIND, &status::KIND, &body::KIND, &stream::KIND, &regex::KIND];
