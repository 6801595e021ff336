//! What passed the gateway on behalf of one case.

use super::Miss;

/// The provider calls of one case (or of a whole run, summed).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Calls answered from recordings.
    pub replayed: usize,
    /// Calls answered by a provider and kept.
    pub recorded: usize,
    /// Calls answered by a provider and not kept.
    pub live: usize,
    /// Calls that no recording answers.
    pub misses: Vec<Miss>,
    /// Calls to which the answer was an error (a status from 400 on, or none at all), recorded or not. They are counted above,
    /// too.
    pub failed: usize,
    /// Recorded answers that nothing asked for.
    pub unused: usize,
    /// What told the gateway that the calls belong to this case; `None` where there was no call.
    pub decided: Option<Decided>,
    /// What else there is to know about whose calls these are.
    pub notes: Vec<String>,
}

impl Traffic {
    /// The note on a case that was skipped after a provider call of its own had failed: most likely an error in disguise.
    pub const SKIPPED_AFTER_FAILURE: &str = "skipped after a failed provider call";

    /// Adds the counts and misses of `other`.
    pub fn add(&mut self, other: &Self) {
        self.replayed += other.replayed;
        self.recorded += other.recorded;
        self.live += other.live;
        self.failed += other.failed;
        self.unused += other.unused;
        self.misses.extend(other.misses.iter().cloned());
        self.decided = self.decided.max(other.decided);
        other.notes.iter().for_each(|note| self.note(note.clone()));
    }

    /// Adds a note, once.
    pub fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// The rung of the attribution ladder that decided which case a provider call belongs to, surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decided {
    /// The header that was chosen for it named the case (`stack-test gateway --case-header`).
    CaseHeader,
    /// W3C baggage named the case.
    Baggage,
    /// A token in the base URL named the case.
    BaseUrl,
    /// Provider data in a header named the case.
    ProviderData,
    /// Only one case was in flight.
    OnlyOneInFlight,
    /// The content of the call matched one case's recordings.
    Content,
}

impl Decided {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::CaseHeader => "the case header",
            Self::Baggage => "baggage",
            Self::BaseUrl => "base URL",
            Self::ProviderData => "provider data",
            Self::OnlyOneInFlight => "the only case in flight",
            Self::Content => "content",
        }
    }
}
