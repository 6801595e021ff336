//! What the beginning of a file says, without reading the rest.

use super::{BODIES, Owner, SESSION};
use crate::model::CaseId;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct HeadDoc<'a> {
    #[serde(borrow)]
    case: Cow<'a, str>,
}

/// Whose recording `text` is, as it says itself; `None` if it is no JSON or says nothing that could be an owner.
pub fn owner_of(text: &str) -> Option<Owner> {
    let head: HeadDoc<'_> = serde_json::from_str(text).ok()?;
    match CaseId::parse(&head.case) {
        Some(case) => Some(Owner::Case(case)),
        None => (head.case == SESSION).then_some(Owner::Session),
    }
}

/// The bodies kept apart that `text` mentions, by their paths below the setup's folder. A mention in a prompt counts,
/// too: what is only possibly referred to must not be thrown away.
pub fn bodies_of(text: &str) -> BTreeSet<String> {
    const DIGEST: usize = 32;
    let start = format!("{BODIES}/");
    let named = text.match_indices(&start).filter_map(|(at, _)| {
        let name = text.get(at..at + start.len() + DIGEST)?;
        name[start.len()..].bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| name.to_owned())
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_told_whatever_else_is_there() {
        let case = r#"{"stack-test-recording": 9, "case": "a/b::gr\u00f6\u00dfe", "new": []}"#;
        assert_eq!(owner_of(case), Some(Owner::Case(CaseId::new("a/b", "größe"))));
        assert_eq!(owner_of(r#"{"case": "_session"}"#), Some(Owner::Session));
        assert_eq!(owner_of(r#"{"case": "nobody"}"#), None);
        assert_eq!(owner_of("{"), None);
    }

    #[test]
    fn bodies_are_found_by_their_names() {
        let name = format!("{BODIES}/{}", "0a".repeat(16));
        let text = format!(r#"{{"file": "{name}"}}, {{"file": "{name}"}}, "_bodies/short", "_bodies/é"#);
        assert_eq!(bodies_of(&text), BTreeSet::from([name]));
    }
}
