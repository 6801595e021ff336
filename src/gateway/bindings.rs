//! Which recorded id is which live one, in one attempt at a case.

use super::client_edge::{ClientEdge, Counter};
use super::loaded::Loaded;
use crate::recording::{Edge, number_of};
use std::collections::HashMap;

/// Recorded and live ids, one to one.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    live: HashMap<String, String>,
    recorded: HashMap<String, String>,
    /// Counts what the client was told, as it was counted when the case was recorded.
    told: Counter,
}

/// A recorded id and the live one that is to stand for it.
pub(super) type Pair = (String, String);

impl Bindings {
    /// The client was told `id`, which neither it nor a provider knew before: it is the next of its kind.
    pub(super) fn told(&mut self, id: &str) {
        let name = self.told.next(id, Edge::Client);
        if !self.recorded.contains_key(id) && !self.live.contains_key(&name) {
            self.bind(&name, id);
        }
    }

    fn bind(&mut self, recorded: &str, live: &str) {
        self.live.insert(recorded.to_owned(), live.to_owned());
        self.recorded.insert(live.to_owned(), recorded.to_owned());
    }

    /// Takes what [`Bindings::unify`] found.
    pub(super) fn bind_all(&mut self, pairs: &[Pair]) {
        for (recorded, live) in pairs {
            self.bind(recorded, live);
        }
    }

    /// Live ids by recorded ones.
    pub(super) fn live(&self) -> &HashMap<String, String> {
        &self.live
    }

    /// Recorded ids by live ones.
    pub(super) fn recorded(&self) -> &HashMap<String, String> {
        &self.recorded
    }

    /// What is to be bound for `live` to be `recorded`; `None` if it cannot be.
    ///
    /// An id that has no number in the recording is a word like any other. One that has stands for one that the stack has
    /// minted in this attempt: the very one, if the client was told of either; else any that stands for none yet.
    pub(super) fn unify(
        &self,
        recorded: &[String],
        live: &[String],
        (loaded, client): (&Loaded, &ClientEdge),
    ) -> Option<Vec<Pair>> {
        let mut pairs: Vec<Pair> = Vec::new();
        if recorded.len() != live.len() {
            return None;
        }
        for (name, id) in recorded.iter().zip(live) {
            let Some((edge, number)) = number_of(name) else {
                if name != id {
                    return None;
                }
                continue;
            };
            let bound = self.live.get(name);
            let bound = bound.or_else(|| pairs.iter().find(|(known, _)| known == name).map(|(_, id)| id));
            if let Some(bound) = bound {
                if bound != id {
                    return None;
                }
                continue;
            }
            let taken = self.recorded.contains_key(id) || pairs.iter().any(|(_, known)| known == id);
            // What the client was told by now would be bound, if it were this.
            let told = edge == Edge::Client && number <= self.told.count(name);
            if taken || told || client.is_from_client(id) || loaded.is_from_provider(id) {
                return None;
            }
            pairs.push((name.clone(), id.clone()));
        }
        Some(pairs)
    }
}
