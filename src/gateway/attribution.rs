//! Which case asks: a ladder, from what is sure to what is likely.

use super::ledger::{Inner, Ledger};
use super::spellings::Spellings;
use crate::model::{CaseId, Decided, InferenceMode};
use crate::recording::{Owner, Question, RuleBook, Spelling};
use crate::wire::message::Request;
use crate::wire::trace::{BAGGAGE, case_in_baggage, is_of_session};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;

/// Headers in which Llama Stack, under its two names, passes a test's own data on.
const PROVIDER_DATA: [&str; 2] = ["x-llamastack-provider-data", "x-ogx-provider-data"];

/// The case that the request names itself: in its baggage, in the `token` of its base URL, in its provider data.
pub(super) fn named(headers: &HeaderMap, token: Option<CaseId>) -> Option<(CaseId, Decided)> {
    let texts = |name| headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    if let Some(case) = texts(BAGGAGE).find_map(case_in_baggage) {
        return Some((case, Decided::Baggage));
    }
    if let Some(case) = token {
        return Some((case, Decided::BaseUrl));
    }
    let case = PROVIDER_DATA.into_iter().flat_map(texts).find_map(|data| {
        let data: serde_json::Value = serde_json::from_str(data).ok()?;
        CaseId::parse(data.get("__test_id")?.as_str()?)
    })?;
    Some((case, Decided::ProviderData))
}

/// Whether the baggage says that the call is of no case, which goes before all else that it says.
pub(super) fn of_session(headers: &HeaderMap) -> bool {
    headers.get_all(BAGGAGE).into_iter().filter_map(|value| value.to_str().ok()).any(is_of_session)
}

/// What a base URL has before the provider's name where it is one case's own: `@` and the case, in letters that no client
/// writes in another way.
pub(super) fn token(case: &CaseId) -> String {
    format!("@{}", URL_SAFE_NO_PAD.encode(case.to_string()))
}

/// The case of a step that [`token`] made; `None` if it made none such.
pub(super) fn case_of_token(step: &str) -> Option<CaseId> {
    let text = URL_SAFE_NO_PAD.decode(step.strip_prefix('@')?).ok()?;
    CaseId::parse(std::str::from_utf8(&text).ok()?)
}

/// A call, and what it asks by the rules of whoever may have made it.
pub(super) struct Asked<'a> {
    pub(super) request: &'a Request,
    rules: &'a RuleBook,
    spellings: &'a Spellings,
    /// By suite; most projects have the same rules everywhere, and one question.
    questions: Vec<(Option<String>, Question)>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(request: &'a Request, rules: &'a RuleBook, spellings: &'a Spellings) -> Self {
        Self { request, rules, spellings, questions: Vec::new() }
    }

    /// The question, if it is a call of `owner`.
    pub(super) fn by(&mut self, owner: &Owner) -> &Question {
        let suite = self.rules.suite_of(owner);
        let known = self.questions.iter().position(|(known, _)| known.as_deref() == suite);
        let place = known.unwrap_or_else(|| {
            let spelled = self.spellings.question(&Spelling::of(self.request), suite).cloned();
            let question = spelled.unwrap_or_else(|| Question::of(self.request, self.rules.of(owner)));
            self.questions.push((suite.map(str::to_owned), question));
            self.questions.len() - 1
        });
        &self.questions[place].1
    }
}

/// Whose call it is.
pub(super) enum Claim {
    /// Its owner, and what decided if it is a case.
    Of(Owner, Option<Decided>),
    /// The case whose content it has, though the baggage names another one.
    Despite(CaseId, CaseId),
    /// It has the content of several cases in flight, with different answers.
    Open(Vec<CaseId>),
}

impl Ledger {
    /// The rungs of the ladder that need to know what runs and what is recorded.
    pub(super) fn claim(
        &self,
        inner: &mut Inner,
        asked: &mut Asked<'_>,
        named: Option<(CaseId, Decided)>,
    ) -> Claim {
        match named {
            Some((case, decided)) => self.named(inner, asked, case, decided),
            None => self.unnamed(inner, asked),
        }
    }

    fn named(&self, inner: &mut Inner, asked: &mut Asked<'_>, case: CaseId, decided: Decided) -> Claim {
        let owner = Owner::Case(case);
        if !inner.owners.contains_key(&owner) {
            self.load(inner, &owner);
        }
        let question = asked.by(&owner);
        let known = inner.knows(&owner, question);
        if known && (inner.is_open(&owner) || inner.has_answer(&owner, question)) {
            return Claim::Of(owner, Some(decided));
        }
        // What is polled may be asked on behalf of any case: the first that comes after a cache ran out.
        if !known && inner.knows(&Owner::Session, asked.by(&Owner::Session)) {
            return Claim::Of(Owner::Session, None);
        }
        if decided == Decided::Baggage
            && self.replays()
            && !inner.is_recorded(&owner)
            && let Some(other) = inner.only_other(&owner, asked)
            && let Owner::Case(named) = owner
        {
            return Claim::Despite(other, named);
        }
        Claim::Of(owner, Some(decided))
    }

    fn unnamed(&self, inner: &mut Inner, asked: &mut Asked<'_>) -> Claim {
        let of_session = inner.knows(&Owner::Session, asked.by(&Owner::Session));
        let asked_by_chance = matches!(asked.request.method.as_str(), "GET" | "HEAD");
        if let ([only], true) = (inner.in_flight.as_slice(), inner.paused.is_empty()) {
            let owner = Owner::Case(only.clone());
            let shared = if inner.is_recorded(&owner) { asked_by_chance } else { of_session };
            if inner.knows(&owner, asked.by(&owner)) || !shared {
                return Claim::Of(owner, Some(Decided::OnlyOneInFlight));
            }
            return Claim::Of(Owner::Session, None);
        }
        let asking = inner.in_flight.iter().filter(|case| !inner.paused.contains(case));
        let asking: Vec<Owner> = asking.cloned().map(Owner::Case).collect();
        if asking.is_empty() && !inner.paused.is_empty() && self.mode != InferenceMode::Replay {
            return Claim::Of(Owner::Session, None);
        }
        let somebody_asks = !asking.is_empty();
        let open: Vec<Owner> =
            asking.into_iter().filter(|owner| inner.has_answer(owner, asked.by(owner))).collect();
        if self.strict && inner.disagree(&open, asked) {
            return Claim::Open(open.into_iter().filter_map(case_of).collect());
        }
        if let Some(owner) = open.into_iter().next() {
            return Claim::Of(owner, Some(Decided::Content));
        }
        if !of_session {
            if let Some(owner) = inner.any_with_answer(asked) {
                return Claim::Of(owner, Some(Decided::Content));
            }
            if somebody_asks && !asked_by_chance && self.mode != InferenceMode::Replay {
                inner.unattributed(asked.request);
            }
        }
        Claim::Of(Owner::Session, None)
    }
}

impl Inner {
    fn is_open(&self, owner: &Owner) -> bool {
        matches!(owner, Owner::Case(case) if self.in_flight.contains(case))
    }

    /// The one case, other than `named`, that has an answer for the call: of those in flight, else, if `named` is over, of
    /// those that are still to come. A worker that lives on inherits the baggage of the first request it served.
    fn only_other(&self, named: &Owner, asked: &mut Asked<'_>) -> Option<CaseId> {
        let mut only = |owners: Vec<Owner>| {
            let mut knowing = owners.into_iter().filter(|owner| {
                owner != named && *owner != Owner::Session && self.has_answer(owner, asked.by(owner))
            });
            let first = knowing.next();
            (first.is_some(), first.filter(|_| knowing.next().is_none()).and_then(case_of))
        };
        let open = self.in_flight.iter().cloned().map(Owner::Case).collect();
        match only(open) {
            (false, _) if !self.is_open(named) => only(self.to_come()).1,
            (_, found) => found,
        }
    }

    /// The first by name who has an answer left. There may be tens of thousands: only those are looked at who have the
    /// question, which is another one by the rules of each suite.
    fn any_with_answer(&self, asked: &mut Asked<'_>) -> Option<Owner> {
        let rules = asked.rules;
        let own = rules.suites().map(|suite| Owner::Case(CaseId::new(suite, "")));
        let mut first: Option<&Owner> = None;
        for by in std::iter::once(Owner::Session).chain(own) {
            for owner in self.knowing(asked.by(&by)) {
                if first.is_none_or(|first| owner < first) && self.has_answer(owner, asked.by(owner)) {
                    first = Some(owner);
                }
            }
        }
        first.cloned()
    }

    /// Whether the next answers of `owners` to the call are not all the same.
    fn disagree(&self, owners: &[Owner], asked: &mut Asked<'_>) -> bool {
        let mut answers = owners.iter().filter_map(|owner| self.next_answer(owner, asked.by(owner)));
        let first = answers.next();
        first.is_some_and(|first| answers.any(|answer| !first.response.says_what(&answer.response)))
    }
}

fn case_of(owner: Owner) -> Option<CaseId> {
    match owner {
        Owner::Case(case) => Some(case),
        Owner::Session => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_case_in_letters_that_stay_as_they_are() {
        let case = CaseId::new("inference/chat", "größe[txt=a/b:c d]");
        let token = token(&case);
        assert!(
            token[1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
            "{token}"
        );
        assert_eq!(case_of_token(&token), Some(case));
        for wrong in ["@", "@%%%", "openai", "@bm8"] {
            assert_eq!(case_of_token(wrong), None, "{wrong}");
        }
    }
}
