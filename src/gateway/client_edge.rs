//! The ids that passed between the stack and its client: the one edge. The other is the gateway's own.

use crate::recording::{Edge, ids, kind, numbered};
use std::collections::{HashMap, HashSet};

/// What is searched of one text, in bytes: ids stand in objects and prompts, not in what is longer.
const SEARCHED: usize = 4 << 20;

/// The ids that passed in one attempt at a case.
#[derive(Debug, Default)]
pub(super) struct ClientEdge {
    /// Those that the client knew before the stack did. They are the suite's words, and the same in every run.
    sent: HashSet<String>,
    /// Those that the client heard of first from the stack, in that order.
    received: Vec<String>,
    known: HashSet<String>,
}

impl ClientEdge {
    /// The client sends `text`.
    pub(super) fn sent(&mut self, text: &[u8]) {
        each_id(text, |id| {
            if !self.known.contains(id) && !self.sent.contains(id) {
                self.sent.insert(id.to_owned());
            }
        });
    }

    /// The stack has answered with `text`. Returns the ids that are new.
    pub(super) fn received(&mut self, text: &[u8]) -> Vec<String> {
        let before = self.received.len();
        each_id(text, |id| {
            if !self.sent.contains(id) && !self.known.contains(id) {
                self.known.insert(id.to_owned());
                self.received.push(id.to_owned());
            }
        });
        self.received[before..].to_vec()
    }

    /// Whether the client knew it before the stack did.
    pub(super) fn is_from_client(&self, id: &str) -> bool {
        self.sent.contains(id)
    }

    /// The names of the ids that the client heard of, but for those that are from elsewhere.
    pub(super) fn names(&self, elsewhere: impl Fn(&str) -> bool) -> HashMap<String, String> {
        let mut counter = Counter::default();
        let minted = self.received.iter().filter(|id| !elsewhere(id));
        minted.map(|id| (id.clone(), counter.next(id, Edge::Client))).collect()
    }
}

/// Counts ids by their kinds.
#[derive(Debug, Default)]
pub(super) struct Counter(HashMap<String, usize>);

impl Counter {
    /// The name of `id`, which is the next of its kind.
    pub(super) fn next(&mut self, id: &str, edge: Edge) -> String {
        let kind = kind(id);
        let count = self.0.entry(kind.to_owned()).or_default();
        *count += 1;
        numbered(kind, edge, *count)
    }

    /// How many of the kind of `id` there were.
    pub(super) fn count(&self, id: &str) -> usize {
        self.0.get(kind(id)).copied().unwrap_or_default()
    }
}

/// Calls `see` for each id; one that comes many times in a row, as in the events of a stream, once.
fn each_id(text: &[u8], mut see: impl FnMut(&str)) {
    let text = &text[..text.len().min(SEARCHED)];
    let mut last: &[u8] = b"";
    for range in ids(text) {
        let id = &text[range];
        if id != last {
            last = id;
            see(std::str::from_utf8(id).unwrap_or_default());
        }
    }
}
