//! Questions that need no reading: nearly every call of a stack is spelled to the byte as when it was recorded.

use super::loaded::Loaded;
use crate::recording::{Question, RuleBook, Spelling};
use std::collections::HashMap;

/// What recorded requests ask, by their bytes.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    /// With the suite by whose rules it asks that; `None` for the rules of everybody.
    known: HashMap<Spelling, Vec<(Option<String>, Question)>>,
}

impl Spellings {
    /// Those of the requests of `sets`.
    pub(super) fn of<'a>(sets: impl IntoIterator<Item = &'a Loaded>, rules: &RuleBook) -> Self {
        let mut known: HashMap<Spelling, Vec<(Option<String>, Question)>> = HashMap::new();
        for loaded in sets {
            let suite = rules.suite_of(&loaded.set.owner);
            for (at, question) in loaded.questions() {
                let same = known.entry(Spelling::of(&loaded.set.exchanges[at].request)).or_default();
                if same.iter().all(|(known, _)| known.as_deref() != suite) {
                    same.push((suite.map(str::to_owned), question));
                }
            }
        }
        Self { known }
    }

    /// What a request so spelled asks by the rules of `suite`, if it is known.
    pub(super) fn question(&self, spelling: &Spelling, suite: Option<&str>) -> Option<&Question> {
        let same = self.known.get(spelling)?;
        same.iter().find(|(known, _)| known.as_deref() == suite).map(|(_, question)| question)
    }
}
