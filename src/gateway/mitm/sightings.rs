//! What the report says about connections that went by the gateway as a proxy.

use super::hosts::Destination;
use crate::gateway::Error;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Different things that are remembered; a stack that wanders the whole net is told about in full by its first hosts.
const REMEMBERED: usize = 100;

/// What was seen, and how often.
#[derive(Debug, Default)]
pub(super) struct Sightings(Mutex<BTreeMap<Sighting, usize>>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sighting {
    Egress { to: String, refused: bool },
    Handshake { host: String, problem: String },
}

impl Sightings {
    /// A connection to a host that is no provider's.
    pub(super) fn egress(&self, to: &Destination, refused: bool) {
        self.add(Sighting::Egress { to: to.to_string(), refused });
    }

    /// A client that did not get along with the certificate for `host`.
    pub(super) fn handshake(&self, host: &str, problem: String) {
        self.add(Sighting::Handshake { host: host.to_owned(), problem });
    }

    fn add(&self, sighting: Sighting) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(times) = seen.get_mut(&sighting) {
            *times += 1;
        } else if seen.len() < REMEMBERED {
            seen.insert(sighting, 1);
        }
    }

    /// What there is to say, in a settled order.
    pub(super) fn take(&self) -> Vec<Error> {
        let seen = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let tell = |(sighting, times)| match sighting {
            Sighting::Egress { to, refused } => Error::Egress { to, refused, times },
            Sighting::Handshake { host, problem } => Error::Handshake { host, problem, times },
        };
        seen.into_iter().map(tell).collect()
    }
}
