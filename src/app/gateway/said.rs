//! What a gateway says: where it is, and what came of the calls.

use super::round::Round;
use crate::model::{InferenceMode, Miss, Traffic};
use crate::text::{Redactor, plural, sanitize};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;

/// Unused calls that are listed.
const LISTED: usize = 20;

/// What whoever wants to use the gateway has to know.
pub(super) struct Told {
    pub(super) url: String,
    pub(super) mode: InferenceMode,
    /// Which recordings.
    pub(super) shown: String,
    pub(super) env: Vec<(String, String)>,
}

impl Told {
    /// Says it: for a person, in lines that a shell understands, or for a program.
    pub(super) fn announce(&self, json: bool, out: &mut dyn Write) {
        let version = env!("CARGO_PKG_VERSION");
        let Self { url, mode, shown, env } = self;
        let said = if json {
            let env: BTreeMap<&str, &str> =
                env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let pid = std::process::id();
            let mode = mode.name();
            json!({"url": url, "mode": mode, "env": env, "version": version, "pid": pid}).to_string() + "\n"
        } else {
            let lines: String = env.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
            format!("# gateway {version} on {url}: {mode}, {shown}\n{lines}")
        };
        // Nobody may listen; the gateway serves all the same.
        let _ = out.write_all(said.as_bytes());
        let _ = out.flush();
    }
}

/// The calls in one line.
pub(super) fn summary(traffic: &Traffic, cases: usize) -> String {
    let mut parts = Vec::new();
    for (count, what) in
        [(traffic.replayed, "replayed"), (traffic.recorded, "recorded"), (traffic.live, "live")]
    {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    if !traffic.misses.is_empty() {
        let count = traffic.misses.len();
        parts.push(format!("{count} {}", if count == 1 { "miss" } else { "misses" }));
    }
    if traffic.unused > 0 {
        parts.push(format!("{} unused", plural(traffic.unused, "recording")));
    }
    let calls = if parts.is_empty() { "none".to_owned() } else { parts.join(", ") };
    format!("provider calls: {calls}; {}", plural(cases, "case"))
}

/// What came of the calls: counts, each miss with what mends it, problems, and, if it is `strict`, what was left unasked.
pub(super) fn conclusion(round: &Round, strict: bool) -> Vec<String> {
    let traffic = round.traffic();
    let mut lines = vec![summary(&traffic, round.cases.len())];
    lines.extend(traffic.misses.iter().map(missed));
    if strict {
        let each = |(case, calls): &(_, Vec<crate::gateway::UnusedCall>)| -> Vec<String> {
            let line = |call: &crate::gateway::UnusedCall| {
                let crate::gateway::UnusedCall { call, provider, method, path } = call;
                format!("unused: call {call} of `{case}`: {provider} {method} {path}")
            };
            calls.iter().map(line).collect()
        };
        let all: Vec<String> = round.unused.iter().flat_map(each).collect();
        let more = all.len().saturating_sub(LISTED);
        lines.extend(all.into_iter().take(LISTED));
        lines.extend((more > 0).then(|| format!("unused: and {more} more")));
    }
    let (notices, errors): (Vec<_>, Vec<_>) =
        round.finished.errors.iter().partition(|error| error.is_notice());
    lines.extend(notices.iter().map(|notice| format!("note: {notice}")));
    lines.extend(errors.iter().map(|error| format!("error: {error}")));
    lines
}

/// A miss with all that is known about it.
fn missed(miss: &Miss) -> String {
    let of = miss.case.as_ref().map_or(String::new(), |case| format!(" of `{case}`"));
    let mut text = format!("miss: {miss}{of} ({})", miss.class.name());
    for lines in miss.facts().into_iter().chain(miss.help()) {
        lines.lines().for_each(|line| text.push_str(&format!("\n  {line}")));
    }
    text
}

/// Prints lines to standard error, as they may be shown.
pub(super) fn say(lines: &[String], redactor: &Redactor) {
    for line in lines {
        let _ = writeln!(std::io::stderr(), "{}", redactor.redact(&sanitize(line)));
    }
}
