//! One file per subject: what of an answer an expectation is about; [`SUBJECTS`] is the table of them.

mod body;
mod contract;
mod duration;
mod header;
mod json;
mod lines;
mod status;
mod stream;
mod telemetry;

pub(super) use contract::{Expectation, Find, Subject, compile};
pub(super) use stream::FIELDS;
pub(super) use telemetry::TELEMETRY;
pub(super) use {body::Body, header::Header, json::Json, status::Status, stream::StreamField};

/// All subjects, in the order of the reference page.
pub(super) static SUBJECTS: &[&Subject] = &[
    &status::SUBJECT,
    &header::SUBJECT,
    &body::SUBJECT,
    &json::SUBJECT,
    &lines::SUBJECT,
    &stream::SUBJECT,
    &duration::SUBJECT,
    &telemetry::SPANS,
    &telemetry::METRICS,
];
