//! A provider call without a recording, as JSON: the same in reports and where a gateway is asked for its misses.

use super::{Change, Difference, Mend, Miss, NearestRecording};
use serde::Serialize;

/// A miss as it is serialised. The case is not in it: it is told by what is around it.
#[derive(Debug, Serialize)]
pub struct MissForm<'a> {
    provider: &'a str,
    method: &'a str,
    path: &'a str,
    summary: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    class: &'static str,
    explanation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<Nearest<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mends: Vec<Mending<'a>>,
}

impl<'a> MissForm<'a> {
    /// `miss`, all of it but its case.
    pub fn new(miss: &'a Miss) -> Self {
        let Miss { case: _, step, place, provider, method, path, .. } = miss;
        let Miss { summary, class, explanation, nearest, mends, .. } = miss;
        Self {
            provider,
            method,
            path,
            summary,
            step: step.as_deref(),
            place: place.as_deref(),
            class: class.name(),
            explanation,
            nearest: nearest.as_ref().map(Nearest::new),
            mends: mends.iter().map(Mending::new).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Nearest<'a> {
    case: Option<String>,
    own: bool,
    call: usize,
    calls: usize,
    differences: Vec<Differing<'a>>,
    left_out: usize,
}

impl<'a> Nearest<'a> {
    fn new(nearest: &'a NearestRecording) -> Self {
        let NearestRecording { case, own, call, calls, differences, left_out } = nearest;
        Self {
            case: case.as_ref().map(ToString::to_string),
            own: *own,
            call: *call,
            calls: *calls,
            differences: differences.iter().map(Differing::new).collect(),
            left_out: *left_out,
        }
    }
}

#[derive(Debug, Serialize)]
struct Differing<'a> {
    at: &'a str,
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_character: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volatile: Option<&'static str>,
}

impl<'a> Differing<'a> {
    fn new(difference: &'a Difference) -> Self {
        let Difference { at, change, volatile } = difference;
        let (change, recorded, now, from) = match change {
            Change::Added(now) => ("added", None, Some(now), None),
            Change::Removed(recorded) => ("removed", Some(recorded), None, None),
            Change::Changed { recorded, now, from } => ("changed", Some(recorded), Some(now), *from),
        };
        Self {
            at,
            change,
            recorded: recorded.map(String::as_str),
            now: now.map(String::as_str),
            from_character: from,
            volatile: *volatile,
        }
    }
}

#[derive(Debug, Serialize)]
struct Mending<'a> {
    kind: &'static str,
    text: &'a str,
}

impl<'a> Mending<'a> {
    fn new(mend: &'a Mend) -> Self {
        let kind = match mend {
            Mend::Command(_) => "command",
            Mend::Rule(_) => "rule",
            Mend::Advice(_) => "advice",
        };
        Self { kind, text: mend.text() }
    }
}
