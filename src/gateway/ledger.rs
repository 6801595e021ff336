//! What each case may still be given, and what it has asked.

mod doubtful;
mod missing;
mod unreached;
mod unsteered;

pub(super) use missing::Unanswered;

use super::attribution::{Asked, Claim};
use super::client_edge::ClientEdge;
use super::loaded::{Given, Loaded};
use super::recorder::Recorder;
use super::spellings::Spellings;
use super::{Error, Finished, GatewayConfig, Store};
use crate::model::{CaseId, Decided, InferenceMode, MissClass, Traffic};
use crate::recording::{Key, Masks, Owner, Question, RuleBook, Set, scan, usage_of};
use crate::wire::dialect::Dialect;
use crate::wire::message::{Exchange, Request, Response};
use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The state of all owners of calls. One lock, held for a lookup, never while a provider is asked; in replay a set that
/// nobody announced is read under it.
pub(super) struct Ledger {
    max_tokens: Option<u64>,
    /// Whether it is recorded that a provider could not be reached.
    keeps_unreached: bool,
    /// Those of the sets that were read ahead.
    spellings: OnceLock<Spellings>,
    pub(super) mode: InferenceMode,
    /// Whether a call is refused that cases with different answers may have made.
    pub(super) strict: bool,
    store: Store,
    /// Where recorded sets are written; the same as `store`, unless they are to be proven first.
    kept: Store,
    masks: Masks,
    rules: Arc<RuleBook>,
    /// All sets of the setup, whatever cases run: read once, where a case without a set misses a call.
    on_disk: OnceLock<Vec<Set>>,
    /// How many calls were looked for in them.
    searches: AtomicUsize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
pub(super) struct Inner {
    /// The setup's name, for messages.
    setup: Arc<str>,
    /// The command that records, where it is not `stack-test record`.
    command: Option<Arc<str>>,
    /// What it needs behind it to record the calls outside cases of what this run selects.
    selection: Arc<str>,
    /// Whether that command records whatever is asked, so that no case is named behind it.
    commands_all: bool,
    pub(super) owners: HashMap<Owner, State>,
    /// Who has recorded a question, ids aside.
    knowing: HashMap<Key, Vec<Owner>>,
    pub(super) in_flight: Vec<CaseId>,
    /// Those of them in which something asks that is not their own.
    pub(super) paused: Vec<CaseId>,
    /// Tokens that the providers counted in what was recorded.
    spent: u64,
    /// Whose sets were written.
    recorded: Vec<Owner>,
    pub(super) errors: Vec<Error>,
}

#[derive(Default)]
pub(super) struct State {
    /// Its recordings, where it may be answered from them.
    pub(super) loaded: Option<Arc<Loaded>>,
    /// Why its recordings cannot be used.
    broken: Option<String>,
    /// What was given of them, and the ids that passed.
    pub(super) given: Given,
    /// What is recorded for it, if it is being recorded.
    pub(super) recorder: Option<Recorder>,
    /// Counts openings, so that an answer for an earlier attempt is not kept for this one.
    pub(super) attempt: usize,
    /// Closed to be kept, but calls were pending.
    pub(super) closing: bool,
    pub(super) traffic: Traffic,
}

/// What is to be done with a call.
pub(super) enum Verdict {
    /// Answer with this exchange of this set.
    Replay(Arc<Loaded>, usize),
    /// Answer with this exchange, which quotes ids of this run.
    Quote(Box<Exchange>),
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
    pub(super) fn new(config: &GatewayConfig, stores: (Store, Store), masks: Masks) -> Self {
        let command = config.record_command.as_deref().map(|command| masks.text(command).into());
        let commands_all = config.standalone.is_some();
        let setup = config.setup.as_str().into();
        let selection = masks.text(&config.record_selection).into();
        let inner = Mutex::new(Inner { setup, command, selection, commands_all, ..Inner::default() });
        let (mode, strict, rules) = (config.mode, config.strict, Arc::clone(&config.rules));
        let spellings = OnceLock::new();
        let ledger = Self {
            max_tokens: config.max_tokens,
            keeps_unreached: config.keep_unreached,
            spellings,
            mode,
            strict,
            store: stores.0,
            kept: stores.1,
            masks,
            rules,
            on_disk: OnceLock::new(),
            searches: AtomicUsize::new(0),
            inner,
        };
        if mode.records() {
            ledger.lock().state(Owner::Session).recorder = Some(Recorder::default());
        }
        ledger
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn replays(&self) -> bool {
        matches!(self.mode, InferenceMode::Replay | InferenceMode::RecordIfMissing)
    }

    /// Takes sets that were read ahead.
    pub(super) fn preload(&self, sets: Vec<Loaded>) {
        // Later ones, of cases that nobody announced, are read each time.
        let _first = self.spellings.set(Spellings::of(&sets, &self.rules));
        let mut inner = self.lock();
        for loaded in sets {
            let owner = loaded.set.owner.clone();
            inner.take(owner, loaded);
        }
    }

    /// A case, or another attempt of it, begins.
    pub(super) fn open(&self, case: &CaseId) {
        let mut inner = self.lock();
        self.begin(&mut inner, Owner::Case(case.clone()));
        if !inner.in_flight.contains(case) {
            inner.in_flight.push(case.clone());
        }
    }

    /// What is asked meanwhile and names nobody is not of `case`, though it has not ended.
    pub(super) fn pause(&self, case: &CaseId) {
        self.lock().paused.push(case.clone());
    }

    /// The end of a [`Ledger::pause`].
    pub(super) fn resume(&self, case: &CaseId) {
        self.lock().paused.retain(|paused| paused != case);
    }

    fn begin(&self, inner: &mut Inner, owner: Owner) {
        self.load(inner, &owner);
        let state = inner.state(owner.clone());
        let records = match self.mode {
            InferenceMode::Record => true,
            InferenceMode::RecordIfMissing => state.loaded.is_none() && state.broken.is_none(),
            InferenceMode::Replay | InferenceMode::Live => false,
        };
        state.given = Given::default();
        state.traffic = Traffic::default();
        state.attempt += 1;
        state.closing = false;
        state.recorder = records.then(Recorder::default);
        if records {
            inner.forget_unreached(&owner);
        }
    }

    /// A case ends. `keep` says whether what was recorded replaces the old set.
    pub(super) fn close(&self, case: &CaseId, keep: bool) -> Traffic {
        let owner = Owner::Case(case.clone());
        let mut inner = self.lock();
        inner.in_flight.retain(|open| open != case);
        inner.paused.retain(|paused| paused != case);
        let state = inner.state(owner.clone());
        let mut traffic = std::mem::take(&mut state.traffic);
        let mut finished = None;
        let mut unreached = Vec::new();
        if let Some(recorder) = &state.recorder {
            if keep {
                traffic.recorded = recorder.kept();
                state.closing = recorder.pending() > 0;
            } else {
                traffic.live = recorder.calls();
                unreached = recorder.unreached().to_vec();
            }
            if !state.closing {
                finished = state.recorder.take().filter(|recorder| keep && recorder.is_whole());
            }
        } else if let Some(loaded) = &state.loaded {
            traffic.unused = loaded.unused(&state.given).count();
        }
        // Of what is still to be answered, the ids are numbered then.
        let client = match finished {
            Some(_) => std::mem::take(&mut state.given.client),
            None => ClientEdge::default(),
        };
        inner.not_recorded(&owner, unreached);
        drop(inner);
        if let Some(recorder) = finished {
            self.save_case(owner, recorder, &client);
        }
        traffic
    }

    /// The client of `case` sends `text` to the stack.
    pub(super) fn sent(&self, case: &CaseId, text: &[u8]) {
        if let Some(state) = self.lock().minding_ids(case) {
            state.given.client.sent(text);
        }
    }

    /// The stack has answered the client of `case` with `text`.
    pub(super) fn received(&self, case: &CaseId, text: &[u8]) {
        if let Some(State { given, loaded, recorder, .. }) = self.lock().minding_ids(case) {
            match loaded {
                Some(loaded) if recorder.is_none() => loaded.told(text, given),
                _ => drop(given.client.received(text)),
            }
        }
    }

    fn save_case(&self, owner: Owner, recorder: Recorder, client: &ClientEdge) {
        if recorder.unreached().is_empty() {
            self.save(recorder.into_set(owner, client));
        } else {
            self.lock().not_recorded(&owner, recorder.unreached().to_vec());
        }
    }

    /// Whether it was written.
    fn save(&self, set: Set) -> bool {
        let owner = set.owner.clone();
        let rules = self.rules.of(&set.owner);
        let old = self.store.load(&set.owner).unwrap_or_default();
        let lost = set.unanswered();
        if lost > 0 && old.as_ref().is_some_and(|old| old.unanswered() == 0) {
            self.complain(Error::Unanswered { owner: owner.to_string(), calls: lost });
            return false;
        }
        // Also what differs only in what does not count has not changed.
        let set = match old.as_ref().filter(|_| !rules.is_empty()) {
            Some(old) => set.settle_by(old, rules),
            None => set,
        };
        let saved = self.masked(set).and_then(|set| {
            let doubtful = doubtful::new_ones(&set, old.as_ref());
            self.kept.save(set).map(|_| doubtful)
        });
        match saved {
            Ok(doubtful) => {
                let mut inner = self.lock();
                inner.doubt(&owner, doubtful);
                inner.recorded.push(owner);
                true
            }
            Err(error) => {
                self.complain(error);
                false
            }
        }
    }

    /// Keeps a problem that is no failure of a case for the end of the run.
    fn complain(&self, error: Error) {
        self.lock().errors.push(error);
    }

    pub(super) fn load(&self, inner: &mut Inner, owner: &Owner) {
        if !self.replays() || inner.owners.get(owner).is_some_and(|state| state.loaded.is_some()) {
            return;
        }
        let loaded = self.store.load(owner);
        match loaded {
            Ok(Some(set)) => inner.take(owner.clone(), Loaded::new(set, self.rules.of(owner))),
            Ok(None) => drop(inner.state(owner.clone())),
            Err(error) => inner.state(owner.clone()).broken = Some(error.to_string()),
        }
    }

    /// What to do with `request`, which names the case `named` itself or none. What is `common` belongs to no case.
    pub(super) fn decide(&self, request: Request, named: Option<(CaseId, Decided)>, common: bool) -> Verdict {
        let request = crate::recording::with_fixed_boundary(self.masks.request(request));
        let rules = Arc::clone(&self.rules);
        let mut asked = Asked::new(&request, &rules, self.spellings.get_or_init(Spellings::default));
        // What most calls need is computed before the lock is taken.
        match &named {
            Some((case, _)) if !common => asked.by(&Owner::Case(case.clone())),
            _ => asked.by(&Owner::Session),
        };
        let mut inner = self.lock();
        // A recording by another hand may have it with a case; and a worker that lives on says of all its calls what was true
        // of the first.
        let mut elsewhere =
            || self.mode == InferenceMode::Replay && !inner.knows(&Owner::Session, asked.by(&Owner::Session));
        let claim = if common && !elsewhere() {
            Claim::Of(Owner::Session, None)
        } else {
            self.claim(&mut inner, &mut asked, named)
        };
        let (owner, decided) = match claim {
            Claim::Of(owner, decided) => (owner, decided),
            Claim::Despite(case, named) => {
                let owner = Owner::Case(case);
                inner
                    .state_of(&owner)
                    .traffic
                    .note(format!("the baggage of a call named {named}; its content decided"));
                (owner, Some(Decided::Content))
            }
            Claim::Open(cases) => {
                // It may be the call of each of them, and none of them can pass without it.
                let owners: Vec<Owner> = cases.iter().cloned().map(Owner::Case).collect();
                let why = Some((MissClass::Ambiguous, ambiguous(&cases)));
                let question = asked.by(&owners[0]);
                return Verdict::Miss(Box::new(inner.unanswered(&owners, &request, question, why)));
            }
        };
        if let Some(decided) = decided {
            let state = inner.state_of(&owner);
            state.traffic.decided = state.traffic.decided.max(Some(decided));
        }
        let question = asked.by(&owner);
        match self.mode {
            InferenceMode::Live => {
                inner.state(owner).traffic.live += 1;
                Verdict::Forward(None)
            }
            InferenceMode::Replay => inner.replay(owner, &request, question),
            InferenceMode::RecordIfMissing if !inner.is_recorded(&owner) || inner.knows(&owner, question) => {
                inner.replay(owner, &request, question)
            }
            InferenceMode::Record | InferenceMode::RecordIfMissing if self.is_spent(&inner, &request) => {
                let why = Some((MissClass::TokensSpent, spent(inner.spent)));
                Verdict::Miss(Box::new(inner.unanswered(&[owner], &request, question, why)))
            }
            InferenceMode::Record | InferenceMode::RecordIfMissing => inner.record(owner, request, &rules),
        }
    }

    /// Whether the tokens are spent, so that no provider may be asked. Lists of models cost none.
    fn is_spent(&self, inner: &Inner, request: &Request) -> bool {
        request.method != "GET" && self.max_tokens.is_some_and(|most| inner.spent >= most)
    }

    /// How many tokens the providers counted, once there are no more to be spent.
    pub(super) fn spent(&self) -> Option<u64> {
        let spent = self.lock().spent;
        self.max_tokens.filter(|most| spent >= *most).map(|_| spent)
    }

    /// Keeps the answer to the call of `ticket`; `None` if there is none that could be kept.
    pub(super) fn complete(&self, ticket: &Ticket, dialect: &'static Dialect, response: Option<Response>) {
        let counted = response.as_ref().filter(|_| self.max_tokens.is_some());
        let tokens = counted.map_or(0, |response| usage_of(response).total());
        let mut inner = self.lock();
        inner.spent = inner.spent.saturating_add(tokens);
        let state = inner.state(ticket.owner.clone());
        if state.attempt != ticket.attempt {
            return;
        }
        let Some(recorder) = &mut state.recorder else { return };
        state.traffic.failed += usize::from(response.as_ref().is_some_and(is_error));
        let pending = recorder.end(ticket.slot, dialect, response);
        if state.closing && pending == 0 {
            let finished = state.recorder.take().filter(Recorder::is_whole);
            let client = std::mem::take(&mut state.given.client);
            state.closing = false;
            drop(inner);
            if let Some(recorder) = finished {
                self.save_case(ticket.owner.clone(), recorder, &client);
            }
        }
    }

    /// A call of `case` that is not kept was answered with an error.
    pub(super) fn failed(&self, case: CaseId) {
        self.lock().state(Owner::Case(case)).traffic.failed += 1;
    }

    /// The answer to the call of `ticket` is too large to be kept, so that the old set of its case must stay.
    pub(super) fn give_up(&self, ticket: &Ticket, provider: &str, dialect: &'static Dialect) {
        let mut inner = self.lock();
        let owner = ticket.owner.to_string();
        inner.errors.push(Error::TooLarge { owner, provider: provider.to_owned() });
        let state = inner.state(ticket.owner.clone());
        if let Some(recorder) = state.recorder.as_mut().filter(|_| state.attempt == ticket.attempt) {
            recorder.give_up();
        }
        drop(inner);
        self.complete(ticket, dialect, None);
    }

    /// The set without secrets, as it is written.
    ///
    /// # Errors
    /// It holds one that cannot be masked.
    fn masked(&self, set: Set) -> Result<Set, Error> {
        let exchanges: Vec<Exchange> =
            set.exchanges.into_iter().map(|exchange| self.masks.exchange(exchange)).collect();
        let set = Set { owner: set.owner, exchanges };
        let findings = scan(&set, &self.masks);
        if findings.is_empty() {
            return Ok(set);
        }
        let is_named = findings.iter().all(|found| found.call.is_some());
        Err(Error::Secrets { path: is_named.then(|| self.store.path(&set.owner)), findings })
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
            let calls = recorder.calls();
            if self.session_set(recorder).is_some_and(|set| self.save(set)) {
                traffic.recorded = calls;
            } else {
                traffic.live += calls;
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
    pub(super) fn state_of(&mut self, owner: &Owner) -> &mut State {
        if !self.owners.contains_key(owner) {
            self.owners.insert(owner.clone(), State::default());
        }
        self.owners.get_mut(owner).expect("it was there, or was just put there")
    }

    fn take(&mut self, owner: Owner, loaded: Loaded) {
        for key in loaded.keys() {
            self.knowing.entry(key).or_default().push(owner.clone());
        }
        self.state(owner).loaded = Some(Arc::new(loaded));
    }

    /// The owners who have recorded the question, ids aside, in no order.
    pub(super) fn knowing(&self, question: &Question) -> &[Owner] {
        self.knowing.get(&question.key).map(Vec::as_slice).unwrap_or_default()
    }

    fn replay(&mut self, owner: Owner, request: &Request, question: &Question) -> Verdict {
        let state = self.state_of(&owner);
        if let Some(loaded) = &state.loaded
            && let Some(place) = loaded.give(question, &mut state.given, owner == Owner::Session)
        {
            state.traffic.replayed += 1;
            state.traffic.failed += usize::from(is_error(&loaded.set.exchanges[place].response));
            return match loaded.quoting(place, &state.given) {
                Some(exchange) => Verdict::Quote(Box::new(exchange)),
                None => Verdict::Replay(Arc::clone(loaded), place),
            };
        }
        Verdict::Miss(Box::new(self.unanswered(&[owner], request, question, None)))
    }

    fn record(&mut self, owner: Owner, request: Request, rules: &RuleBook) -> Verdict {
        let call = format!("{} {} {}", request.provider, request.method, request.path);
        let state = self.state(owner.clone());
        let open = !state.closing;
        if let Some(recorder) = state.recorder.as_mut().filter(|_| open) {
            let slot = recorder.begin(request, rules.of(&owner));
            return Verdict::Forward(Some(Ticket { attempt: state.attempt, owner, slot }));
        }
        if let Owner::Case(case) = owner {
            self.errors.push(Error::Late { case, call });
        }
        Verdict::Forward(None)
    }
}

/// Whether a provider's answer is an error, or none at all.
fn is_error(response: &Response) -> bool {
    response.head.as_ref().is_none_or(|head| head.status >= 400)
}

fn spent(tokens: u64) -> String {
    format!("the providers counted {tokens} tokens, and no more are to be spent (--max-tokens)")
}

fn ambiguous(cases: &[CaseId]) -> String {
    let cases: Vec<String> = cases.iter().map(CaseId::to_string).collect();
    format!(
        "it names no case, and {} are running and have different answers to it; --strict takes no guess: run with -j 1, or let the server pass `baggage` on",
        cases.join(" and ")
    )
}
