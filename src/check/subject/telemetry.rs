//! `spans` and `metrics`

use super::{Expectation, Find, Subject};
use crate::check::Telemetry;
use crate::check::answer::{Answer, Trouble};
use crate::check::found::Found;
use serde_json::Value;
use std::borrow::Cow;

/// Subjects that are about what the stack tells of its work, and not about its answer.
pub(in crate::check) const TELEMETRY: [&str; 2] = [SPANS.name, METRICS.name];

pub(super) static SPANS: Subject = Subject {
    name: "spans",
    summary: "the list of OpenTelemetry spans that the stack has sent of the case's requests, waited for",
    example: "spans: { any: { $.name: { contains: chat }, $.kind: server, $.status: ok } }",
    compile: |entry, compiler| {
        let told = Told { of: |telemetry| &telemetry.spans };
        (entry.key == "spans").then(|| Ok(vec![Expectation::of_entry("spans", entry, told, compiler)?]))
    },
};

pub(super) static METRICS: Subject = Subject {
    name: "metrics",
    summary: "the list of data points of OpenTelemetry metrics that the stack has sent since the case began, waited for",
    example: "metrics: { any: { $.name: http.server.duration, $.count: { gt: 0 } } }",
    compile: |entry, compiler| {
        let told = Told { of: |telemetry| &telemetry.metrics };
        (entry.key == "metrics").then(|| Ok(vec![Expectation::of_entry("metrics", entry, told, compiler)?]))
    },
};

#[derive(Debug)]
struct Told {
    of: fn(&Telemetry) -> &Vec<Value>,
}

impl Find for Told {
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble> {
        Ok(Found::One(Cow::Owned(Value::Array((self.of)(&answer.observed.telemetry).clone()))))
    }
}
