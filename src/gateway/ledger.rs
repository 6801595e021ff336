//! What each case may still be given, and what it has asked.

mod missing;

pub(super) use missing::Unanswered;

use super::loaded::Loaded;
use super::recorder::Recorder;
use super::{Error, Finished, Store};
use crate::model::{CaseId, Decided, InferenceMode, Traffic};
use crate::recording::{Key, Masks, Owner, Set};
use crate::wire::dialect::Dialect;
use crate::wire::message::{Exchange, Request, Response};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The state of all owners of calls. One lock, held for a lookup, never while a provider is asked; in replay a set that
/// nobody announced is read under it.
pub(super) struct Ledger {
    mode: InferenceMode,
    store: Store,
    /// Where recorded sets are written; the same as `store`, unless they are to be proven first.
    kept: Store,
    masks: Masks,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The setup's name, for messages.
    setup: Arc<str>,
    owners: HashMap<Owner, State>,
    in_flight: Vec<CaseId>,
    /// Whose sets were written.
    recorded: Vec<Owner>,
    errors: Vec<Error>,
}

#[derive(Default)]
struct State {
    /// Its recordings, where it may be answered from them.
    loaded: Option<Arc<Loaded>>,
    /// Why its recordings cannot be used.
    broken: Option<String>,
    /// How often each question was asked.
    asked: HashMap<Key, usize>,
    /// What is recorded for it, if it is being recorded.
    recorder: Option<Recorder>,
    /// Counts openings, so that an answer for an earlier attempt is not kept for this one.
    attempt: usize,
    /// Closed to be kept, but calls were pending.
    closing: bool,
    traffic: Traffic,
}

/// What is to be done with a call.
pub(super) enum Verdict {
    /// Answer with this exchange of this set.
    Replay(Arc<Loaded>, usize),
    /// There is no answer.
    Miss(Box<Unanswered>),
    /// Ask the provider, and keep the answer if there is a ticket.
    Forward(Option<Ticket>),
}

/// The right to keep an answer.
#[derive(Debug)]
pub(super) struct Ticket {
    owner: Owner,
    attempt: usize,
    slot: usize,
}

impl Ledger {
    /// `stores`: where recordings are read, and where they are written.
    pub(super) fn new(mode: InferenceMode, stores: (Store, Store), masks: Masks, setup: &str) -> Self {
        let inner = Mutex::new(Inner { setup: setup.into(), ..Inner::default() });
        let ledger = Self { mode, store: stores.0, kept: stores.1, masks, inner };
        if matches!(mode, InferenceMode::Record | InferenceMode::RecordIfMissing) {
            ledger.lock().state(Owner::Session).recorder = Some(Recorder::default());
        }
        ledger
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replays(&self) -> bool {
        matches!(self.mode, InferenceMode::Replay | InferenceMode::RecordIfMissing)
    }

    /// Takes sets that were read ahead.
    pub(super) fn preload(&self, sets: Vec<Set>) {
        let mut inner = self.lock();
        for set in sets {
            let owner = set.owner.clone();
            inner.state(owner).loaded = Some(Arc::new(Loaded::new(set)));
        }
    }

    /// A case, or another attempt of it, begins.
    pub(super) fn open(&self, case: &CaseId) {
        let owner = Owner::Case(case.clone());
        let mut inner = self.lock();
        self.load(&mut inner, &owner);
        let state = inner.state(owner);
        let records = match self.mode {
            InferenceMode::Record => true,
            InferenceMode::RecordIfMissing => state.loaded.is_none() && state.broken.is_none(),
            InferenceMode::Replay | InferenceMode::Live => false,
        };
        state.asked.clear();
        state.traffic = Traffic::default();
        state.attempt += 1;
        state.closing = false;
        state.recorder = records.then(Recorder::default);
        if !inner.in_flight.contains(case) {
            inner.in_flight.push(case.clone());
        }
    }

    /// A case ends. `keep` says whether what was recorded replaces the old set.
    pub(super) fn close(&self, case: &CaseId, keep: bool) -> Traffic {
        let owner = Owner::Case(case.clone());
        let mut inner = self.lock();
        inner.in_flight.retain(|open| open != case);
        let state = inner.state(owner.clone());
        let mut traffic = std::mem::take(&mut state.traffic);
        let mut finished = None;
        if let Some(recorder) = &state.recorder {
            if keep {
                traffic.recorded = recorder.calls();
                state.closing = recorder.pending() > 0;
            } else {
                traffic.live = recorder.calls();
            }
            if !state.closing {
                finished = state.recorder.take().filter(|_| keep);
            }
        } else if let Some(loaded) = &state.loaded {
            traffic.unused = loaded.unused(&state.asked);
        }
        drop(inner);
        if let Some(recorder) = finished {
            self.save(recorder.into_set(owner));
        }
        traffic
    }

    fn save(&self, set: Set) {
        let owner = set.owner.clone();
        match self.kept.save(self.masked(set)) {
            Ok(_) => self.lock().recorded.push(owner),
            Err(error) => self.complain(error),
        }
    }

    /// Keeps a problem that is no failure of a case for the end of the run.
    fn complain(&self, error: Error) {
        self.lock().errors.push(error);
    }

    fn load(&self, inner: &mut Inner, owner: &Owner) {
        if !self.replays() || inner.owners.get(owner).is_some_and(|state| state.loaded.is_some()) {
            return;
        }
        let loaded = self.store.load(owner);
        let state = inner.state(owner.clone());
        match loaded {
            Ok(set) => state.loaded = set.map(|set| Arc::new(Loaded::new(set))),
            Err(error) => state.broken = Some(error.to_string()),
        }
    }

    /// What to do with `request`, which names the case `named` itself or none. What is `polled` belongs to no case.
    pub(super) fn decide(&self, request: Request, named: Option<(CaseId, Decided)>, polled: bool) -> Verdict {
        let request = crate::recording::with_fixed_boundary(self.masks.request(request));
        let key = Key::of(&request);
        let mut inner = self.lock();
        // A recording by another hand may have it with a case.
        let elsewhere = || self.mode == InferenceMode::Replay && !inner.knows(&Owner::Session, &key);
        let (owner, decided) = if polled && !elsewhere() {
            (Owner::Session, None)
        } else {
            self.owner(&mut inner, &request, &key, named)
        };
        if let Some(decided) = decided {
            let state = inner.state_of(&owner);
            state.traffic.decided = state.traffic.decided.max(Some(decided));
        }
        match self.mode {
            InferenceMode::Live => {
                inner.state(owner).traffic.live += 1;
                Verdict::Forward(None)
            }
            InferenceMode::Record => inner.record(owner, request),
            InferenceMode::Replay => inner.replay(owner, &request, key),
            InferenceMode::RecordIfMissing => {
                let state = inner.state(owner.clone());
                let known = state.loaded.as_ref().is_some_and(|loaded| loaded.knows(&key));
                if state.recorder.is_some() && !known {
                    inner.record(owner, request)
                } else {
                    inner.replay(owner, &request, key)
                }
            }
        }
    }

    /// The rungs of the ladder that need to know what runs and what is recorded.
    fn owner(
        &self,
        inner: &mut Inner,
        request: &Request,
        key: &Key,
        named: Option<(CaseId, Decided)>,
    ) -> (Owner, Option<Decided>) {
        if let Some((case, decided)) = named {
            let owner = Owner::Case(case);
            if !inner.owners.contains_key(&owner) {
                self.load(inner, &owner);
            }
            // What is polled may be asked on behalf of any case: the first that comes after a cache ran out.
            let shared = inner.knows(&Owner::Session, key) && !inner.knows(&owner, key);
            return if shared { (Owner::Session, None) } else { (owner, Some(decided)) };
        }
        let asked_by_chance = matches!(request.method.as_str(), "GET" | "HEAD");
        if let [only] = inner.in_flight.as_slice() {
            let owner = Owner::Case(only.clone());
            let recording = inner.owners.get(&owner).is_some_and(|state| state.recorder.is_some());
            let shared = if recording { asked_by_chance } else { inner.knows(&Owner::Session, key) };
            if inner.knows(&owner, key) || !shared {
                return (owner, Some(Decided::OnlyOneInFlight));
            }
            return (Owner::Session, None);
        }
        let mut open = inner.in_flight.iter().map(|case| Owner::Case(case.clone()));
        if let Some(owner) = open.find(|owner| inner.has_answer(owner, key)) {
            return (owner, Some(Decided::Content));
        }
        if !inner.knows(&Owner::Session, key) {
            let mut over: Vec<&Owner> =
                inner.owners.keys().filter(|owner| inner.has_answer(owner, key)).collect();
            over.sort();
            if let Some(owner) = over.first().copied().cloned() {
                return (owner, Some(Decided::Content));
            }
            if !inner.in_flight.is_empty() && !asked_by_chance && self.mode != InferenceMode::Replay {
                let call = format!("{} {} {}", request.provider, request.method, request.path);
                inner.errors.push(Error::Unattributed { call });
            }
        }
        (Owner::Session, None)
    }

    /// Keeps the answer to the call of `ticket`; `None` if there is none that could be kept.
    pub(super) fn complete(&self, ticket: &Ticket, dialect: &Dialect, response: Option<Response>) {
        let mut inner = self.lock();
        let state = inner.state(ticket.owner.clone());
        if state.attempt != ticket.attempt {
            return;
        }
        let Some(recorder) = &mut state.recorder else { return };
        let pending = recorder.end(ticket.slot, dialect, response);
        if state.closing && pending == 0 {
            let finished = state.recorder.take();
            state.closing = false;
            drop(inner);
            if let Some(recorder) = finished {
                self.save(recorder.into_set(ticket.owner.clone()));
            }
        }
    }

    /// The set without secrets, as it is written.
    fn masked(&self, set: Set) -> Set {
        let exchanges: Vec<Exchange> =
            set.exchanges.into_iter().map(|exchange| self.masks.exchange(exchange)).collect();
        Set { owner: set.owner, exchanges }
    }

    /// Whether an answer is still to come that will be kept: of a case that passed, or outside any case.
    pub(super) fn awaits_answers(&self) -> bool {
        let inner = self.lock();
        let session = inner.owners.get(&Owner::Session).and_then(|session| session.recorder.as_ref());
        session.is_some_and(|recorder| recorder.pending() > 0)
            || inner.owners.values().any(|state| state.closing)
    }

    /// Ends the run: writes the calls outside cases.
    pub(super) fn finish(&self) -> Finished {
        let mut inner = self.lock();
        let mut late = inner.left_over();
        inner.errors.append(&mut late);
        let session = inner.state(Owner::Session);
        let mut traffic = std::mem::take(&mut session.traffic);
        let recorder = session.recorder.take();
        drop(inner);
        if let Some(recorder) = recorder.filter(|recorder| recorder.calls() > 0) {
            traffic.recorded = recorder.calls();
            match self.store.load(&Owner::Session) {
                Ok(old) => self.save(recorder.into_session(old.as_ref())),
                Err(_) => self.save(recorder.into_session(None)),
            }
        }
        let mut inner = self.lock();
        let (recorded, errors) = (std::mem::take(&mut inner.recorded), std::mem::take(&mut inner.errors));
        Finished { session: traffic, recorded, errors }
    }
}

impl Inner {
    fn state(&mut self, owner: Owner) -> &mut State {
        self.owners.entry(owner).or_default()
    }

    /// The same, for one that is most likely there.
    fn state_of(&mut self, owner: &Owner) -> &mut State {
        if !self.owners.contains_key(owner) {
            self.owners.insert(owner.clone(), State::default());
        }
        self.owners.get_mut(owner).expect("it was there, or was just put there")
    }

    /// What came of cases after they were closed.
    fn left_over(&self) -> Vec<Error> {
        let mut cases: Vec<_> = self.owners.iter().filter(|(owner, _)| **owner != Owner::Session).collect();
        cases.sort_by_key(|(owner, _)| *owner);
        let mut errors = Vec::new();
        for (owner, state) in cases {
            let case = owner.to_string();
            errors.extend(state.traffic.misses.iter().map(|miss| Error::LateMiss {
                case: case.clone(),
                call: miss.to_string(),
                explanation: miss.one_line(),
            }));
            if state.closing {
                errors.push(Error::Unfinished { case });
            }
        }
        errors
    }

    fn knows(&self, owner: &Owner, key: &Key) -> bool {
        let loaded = self.owners.get(owner).and_then(|state| state.loaded.as_ref());
        loaded.is_some_and(|loaded| loaded.knows(key))
    }

    /// Whether an answer to the question is left.
    fn has_answer(&self, owner: &Owner, key: &Key) -> bool {
        self.owners.get(owner).is_some_and(|state| {
            let asked = state.asked.get(key).copied().unwrap_or_default();
            state.loaded.as_ref().is_some_and(|loaded| loaded.answer(key, asked, false).is_some())
        })
    }

    fn replay(&mut self, owner: Owner, request: &Request, key: Key) -> Verdict {
        let state = self.state_of(&owner);
        let asked = state.asked.entry(key).or_default();
        let times = *asked;
        *asked += 1;
        if let Some(loaded) = &state.loaded
            && let Some(place) = loaded.answer(&key, times, owner == Owner::Session)
        {
            state.traffic.replayed += 1;
            return Verdict::Replay(Arc::clone(loaded), place);
        }
        Verdict::Miss(Box::new(self.unanswered(owner, request, &key)))
    }

    fn record(&mut self, owner: Owner, request: Request) -> Verdict {
        let call = format!("{} {} {}", request.provider, request.method, request.path);
        let state = self.state(owner.clone());
        let open = !state.closing;
        if let Some(recorder) = state.recorder.as_mut().filter(|_| open) {
            let slot = recorder.begin(request);
            return Verdict::Forward(Some(Ticket { attempt: state.attempt, owner, slot }));
        }
        if let Owner::Case(case) = owner {
            self.errors.push(Error::Late { case, call });
        }
        Verdict::Forward(None)
    }
}
