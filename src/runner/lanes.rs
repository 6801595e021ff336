//! The copies of the stack, and which of them the next case goes to.

use super::Settings;
use super::client::Client;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The copies of the stack; one, as a rule.
pub(super) struct Lanes(Vec<Lane>);

struct Lane {
    client: Client,
    /// Cases in flight.
    busy: AtomicUsize,
}

/// A case's place at one of the copies, with all its attempts; given back when it is dropped.
pub(super) struct Seat<'a>(&'a Lane);

impl Lanes {
    /// # Errors
    /// What keeps the TLS library from being set up, in words.
    pub(super) fn new(settings: &Settings) -> Result<Self, String> {
        let clients = Client::of_each(settings)?.into_iter();
        Ok(Self(clients.map(|client| Lane { client, busy: AtomicUsize::new(0) }).collect()))
    }

    /// A place at the copy with the fewest cases, the first of those.
    pub(super) fn take(&self) -> Seat<'_> {
        let idlest = self.0.iter().min_by_key(|lane| lane.busy.load(Ordering::Relaxed));
        let lane = idlest.expect("a run has at least one stack");
        lane.busy.fetch_add(1, Ordering::Relaxed);
        Seat(lane)
    }
}

impl Deref for Seat<'_> {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0.client
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}
