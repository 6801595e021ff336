//! A URL: a server that somebody else runs, of whatever make.

use super::capabilities::HealthRoute;
use super::http::Http;
use super::process::SETTLE;
use super::ready::{self, GaveUp, Wanted};
use super::running::Started;
use super::{Error, StackRequest};

pub(super) async fn reach(request: &StackRequest, url: &str) -> Result<Started, Error> {
    // SDKs are given `…/v1`; suites write the `/v1` in their paths.
    let base = url.strip_suffix("/v1").unwrap_or(url).to_owned();
    let shown = without_credentials(&base);
    let http = Http::new(&base)?;
    let wanted = Wanted {
        models: &request.wanted_models,
        health: HealthRoute::Any,
        settle: SETTLE,
        timeout: request.ready_timeout,
    };
    let ready = ready::wait(&http, &wanted, true).await.map_err(|gave_up| match gave_up {
        GaveUp::Refused(why) => Error::Unreachable { url: shown.clone(), why },
        GaveUp::NotReady(not_ready) => not_ready.error(&shown, None),
    })?;
    Ok(Started::elsewhere(format!("server at {shown}, which somebody else runs"), base, ready))
}

/// The URL for messages.
pub(super) fn without_credentials(url: &str) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else { return "an unreadable URL".to_owned() };
    if parsed.username().is_empty() && parsed.password().is_none() {
        return url.to_owned();
    }
    // Both fail for URLs without a host only, and those have no credentials.
    let _ = parsed.set_username("");
    let _ = parsed.set_password(None);
    parsed.as_str().trim_end_matches('/').to_owned()
}
