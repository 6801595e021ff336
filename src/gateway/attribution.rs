//! Which case asks: a ladder, from what is sure to what is likely.

use crate::model::{CaseId, Decided};
use crate::wire::trace::{BAGGAGE, case_in_baggage};
use http::HeaderMap;

/// Headers in which Llama Stack, under its two names, passes a test's own data on.
const PROVIDER_DATA: [&str; 2] = ["x-llamastack-provider-data", "x-ogx-provider-data"];

/// The case that the request names itself. The second rung, a token in the base URL, will be taken off the path in
/// `server` and come in here.
pub(super) fn named(headers: &HeaderMap) -> Option<(CaseId, Decided)> {
    let texts = |name| headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    if let Some(case) = texts(BAGGAGE).find_map(case_in_baggage) {
        return Some((case, Decided::Baggage));
    }
    let case = PROVIDER_DATA.into_iter().flat_map(texts).find_map(|data| {
        let data: serde_json::Value = serde_json::from_str(data).ok()?;
        CaseId::parse(data.get("__test_id")?.as_str()?)
    })?;
    Some((case, Decided::ProviderData))
}
