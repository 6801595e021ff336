//! The cases of a gateway that no runner of ours steers: who named them, and what came of them.
//!
//! A case begins when it is opened, or with the first call that names it; it ends when it is closed, or with the gateway.

use super::attribution::named;
use super::ledger::Ledger;
use super::{Standalone, UnusedCall};
use crate::model::{CaseId, Decided, Traffic};
use crate::recording::Owner;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The suite of a case whose name says none.
const SUITE: &str = "gateway";

/// The cases there were.
pub(super) struct Cases {
    ledger: Arc<Ledger>,
    header: Option<HeaderName>,
    known: Mutex<HashMap<Owner, Known>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// By a call that named it.
    Begun,
    /// By name, until it is closed.
    Opened,
    Closed,
    /// Its recordings are given out from the first one on when it is named again.
    Reset,
}

struct Known {
    state: State,
    /// Of the times that are over.
    traffic: Traffic,
    /// What was left unasked when it was reset.
    left: Vec<UnusedCall>,
}

/// An owner of calls and what came of them.
pub(super) struct Seen {
    pub(super) owner: Owner,
    pub(super) is_open: bool,
    pub(super) traffic: Traffic,
}

impl Known {
    fn new(state: State) -> Self {
        Self { state, traffic: Traffic::default(), left: Vec::new() }
    }

    fn is_open(&self) -> bool {
        matches!(self.state, State::Begun | State::Opened)
    }

    /// Adds what came of one time that it was open. What is unused is so since the last time only.
    fn count(&mut self, traffic: &Traffic) {
        self.traffic.add(traffic);
        self.traffic.unused = traffic.unused;
    }
}

impl Cases {
    pub(super) fn new(standalone: &Standalone, ledger: Arc<Ledger>) -> Self {
        let session = Known::new(State::Begun);
        let known = Mutex::new(HashMap::from([(Owner::Session, session)]));
        Self { ledger, header: standalone.case_header.clone(), known }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Owner, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The case that a call names, by the chosen header or as calls of a stack do. The header is taken out: it is none
    /// of the provider's business.
    pub(super) fn named(&self, headers: &mut HeaderMap, token: Option<CaseId>) -> Option<(CaseId, Decided)> {
        let value = self.header.as_ref().and_then(|name| headers.remove(name));
        let by_header = value.as_ref().and_then(case_of).map(|case| (case, Decided::CaseHeader));
        by_header.or_else(|| named(headers, token))
    }

    /// A call names `case`, which begins with it if it has not begun.
    pub(super) fn arrive(&self, case: &CaseId) {
        let owner = Owner::Case(case.clone());
        // Held over the beginning: a second call of the case must find it begun.
        let mut known = self.lock();
        match known.get_mut(&owner) {
            Some(one) if one.state != State::Reset => return,
            _ => {}
        }
        // Calls that named nobody may have been its own by what they asked.
        let so_far = self.ledger.so_far(&owner);
        let one = known.entry(owner.clone()).or_insert_with(|| Known::new(State::Begun));
        one.state = State::Begun;
        one.traffic.add(&Traffic { unused: 0, ..so_far });
        self.ledger.admit(owner);
    }

    /// A case begins, or another attempt of it: what one that was not closed had recorded is dropped.
    pub(super) fn open(&self, case: &CaseId) {
        let owner = Owner::Case(case.clone());
        let mut known = self.lock();
        let so_far = self.ledger.so_far(&owner);
        let one = known.entry(owner).or_insert_with(|| Known::new(State::Reset));
        if one.state != State::Closed {
            let dropped = so_far.recorded;
            one.count(&Traffic { recorded: 0, live: so_far.live + dropped, ..so_far });
        }
        one.state = State::Opened;
        self.ledger.open(case);
    }

    /// A case ends; `None` if it is not open.
    pub(super) fn close(&self, case: &CaseId, keep: bool) -> Option<Traffic> {
        let owner = Owner::Case(case.clone());
        self.lock().get_mut(&owner).filter(|one| one.is_open())?.state = State::Closed;
        // Not under the lock: its set is written to disk.
        let traffic = self.ledger.close(case, keep);
        if let Some(one) = self.lock().get_mut(&owner) {
            one.count(&traffic);
        }
        Some(traffic)
    }

    /// The cases, those included that nobody named, and whose answers calls that named nobody got by what they asked.
    fn all_known(&self) -> MutexGuard<'_, HashMap<Owner, Known>> {
        let mut known = self.lock();
        for case in self.ledger.asked() {
            let one = known.entry(Owner::Case(case)).or_insert_with(|| Known::new(State::Begun));
            if one.state == State::Reset {
                one.state = State::Begun;
            }
        }
        known
    }

    /// The recorded calls that nobody made, of each case that has some, by name.
    pub(super) fn unused(&self) -> Vec<(CaseId, Vec<UnusedCall>)> {
        let mut all = Vec::new();
        for (owner, one) in self.all_known().iter() {
            let Owner::Case(case) = owner else { continue };
            let calls = match one.state {
                State::Reset => one.left.clone(),
                _ => self.ledger.unused(owner),
            };
            if !calls.is_empty() {
                all.push((case.clone(), calls));
            }
        }
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    }

    /// Ends what is open, the recording of calls outside cases included unless `keep`, and gives what every case came to, by name.
    pub(super) fn close_all(&self, keep: bool) -> Vec<(CaseId, Traffic)> {
        let mut known = self.all_known();
        let mut all: Vec<(CaseId, Traffic)> = Vec::new();
        for (owner, one) in known.iter_mut() {
            let Owner::Case(case) = owner else { continue };
            if one.is_open() {
                one.state = State::Closed;
                one.count(&self.ledger.close(case, keep));
            }
            all.push((case.clone(), one.traffic.clone()));
        }
        if !keep {
            self.ledger.drop_session();
        }
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    }

    /// What calls outside cases came to before they were reset.
    pub(super) fn session_before(&self) -> Traffic {
        self.lock().get(&Owner::Session).map(|one| one.traffic.clone()).unwrap_or_default()
    }

    /// Gives recordings out from the first one on again: those of one case, or all. What was counted stays counted. For
    /// replay: it would drop what is being recorded.
    pub(super) fn reset(&self, only: Option<&CaseId>) {
        let meant = |owner: &Owner| match (owner, only) {
            (Owner::Case(case), Some(only)) => case == only,
            (_, only) => only.is_none(),
        };
        for (owner, one) in self.all_known().iter_mut().filter(|(owner, _)| meant(owner)) {
            if one.is_open() {
                one.count(&self.ledger.so_far(owner));
            }
            if *owner != Owner::Session && one.state != State::Opened {
                if one.state != State::Reset {
                    one.left = self.ledger.unused(owner);
                }
                one.state = State::Reset;
            }
            self.ledger.admit(owner.clone());
        }
    }

    /// What there is of every case, by name, after the calls outside cases.
    pub(super) fn all(&self) -> Vec<Seen> {
        let known = self.all_known();
        let mut all: Vec<Seen> = known
            .iter()
            .map(|(owner, one)| {
                let mut traffic = one.traffic.clone();
                if one.is_open() {
                    let so_far = self.ledger.so_far(owner);
                    traffic.add(&so_far);
                    traffic.unused = so_far.unused;
                }
                Seen { owner: owner.clone(), is_open: one.is_open(), traffic }
            })
            .collect();
        all.sort_by(|one, other| one.owner.cmp(&other.owner));
        all
    }
}

/// The case that a text stands for: `suite::case`, or any text, which is the name of a case of the suite `gateway`.
pub(super) fn case_named(text: &str) -> Option<CaseId> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    Some(CaseId::parse(text).unwrap_or_else(|| CaseId::new(SUITE, text)))
}

/// A header is bytes: UTF-8 as most clients send it, else Latin-1 as the old rule has it.
fn case_of(value: &HeaderValue) -> Option<CaseId> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => case_named(text),
        Err(_) => case_named(&value.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>()),
    }
}
