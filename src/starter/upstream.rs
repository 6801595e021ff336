//! Calling a provider.

use super::api_error::ApiError;
use super::call_context::CallContext;
use super::config::ProviderConfig;
use super::error::ServeError;
use super::provider::instances;
use crate::model::Secret;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use std::error::Error;
use std::time::Duration;

/// How long a provider may take to accept a connection. There is no limit on answers: a model may think for minutes, and
/// whoever asked has a timeout of his own.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a provider may take to list its models.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// The client for provider calls.
///
/// Redirects are not followed: no provider's API has them, and a key would travel along. Where all base URLs are plain
/// HTTP the system's certificates are not read, which takes longer than the rest of the start and fails in an image
/// that has none. Where all are on this machine, as they are behind a gateway, a proxy that the environment names is not for
/// them.
///
/// # Errors
/// A TLS set-up that does not work.
pub(crate) fn client(providers: &[ProviderConfig]) -> Result<Client, ServeError> {
    // An error means that somebody else installed one, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(Policy::none())
        .user_agent(concat!("stack-test/", env!("CARGO_PKG_VERSION")))
        .tcp_nodelay(true);
    let plain = providers.iter().all(|provider| provider.base_url.starts_with("http://"));
    let builder = if plain { builder.tls_certs_only([]) } else { builder };
    let builder = if providers.iter().all(|provider| is_local(&provider.base_url)) {
        builder.no_proxy()
    } else {
        builder
    };
    builder.build().map_err(ServeError::Client)
}

fn is_local(base_url: &str) -> bool {
    let url = url::Url::parse(base_url).ok();
    url.and_then(|url| url.host().map(|host| host.to_owned())).is_none_or(|host| match host {
        url::Host::Domain(name) => name == "localhost",
        url::Host::Ipv4(address) => address.is_loopback() || address.is_unspecified(),
        url::Host::Ipv6(address) => address.is_loopback() || address.is_unspecified(),
    })
}

/// Sends `body` to `path` below the provider's base URL.
///
/// # Errors
/// 502 where no answer comes.
pub(crate) async fn post(
    client: &Client,
    provider: &ProviderConfig,
    path: &str,
    context: &CallContext,
    body: String,
) -> Result<Response, ApiError> {
    let url = format!("{}{path}", provider.base_url);
    let mut headers = authorization(provider, context)?;
    headers.extend(context.trace().clone());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    let sent = client.post(url).headers(headers).body(body).send().await;
    sent.map_err(|error| ApiError::provider(&provider.id, format!("cannot be reached: {}", explain(error))))
}

/// The provider's answer to `GET /models`.
///
/// # Errors
/// In words: what did not work.
pub(crate) async fn list_models(
    client: &Client,
    provider: &ProviderConfig,
) -> Result<serde_json::Value, String> {
    let headers = authorization(provider, &CallContext::default()).map_err(|error| error.message)?;
    let url = format!("{}/models", provider.base_url);
    let answer = client.get(url).headers(headers).timeout(LIST_TIMEOUT).send().await.map_err(explain)?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("GET /models was answered with {status}"));
    }
    answer.json().await.map_err(|error| format!("the answer to GET /models is no JSON: {}", explain(error)))
}

/// The words of an error and of what caused it, without the URL, which may hold a password.
pub(crate) fn explain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}

fn authorization(provider: &ProviderConfig, context: &CallContext) -> Result<HeaderMap, ApiError> {
    let own = instances()
        .find(|(_, instance)| instance.id == provider.id)
        .and_then(|(_, instance)| instance.provider_data_key)
        .and_then(|name| context.key(name));
    let mut headers = HeaderMap::new();
    if let Some(key) = own.or(provider.api_key.as_ref()) {
        headers.insert(AUTHORIZATION, bearer(provider, key)?);
    }
    Ok(headers)
}

fn bearer(provider: &ProviderConfig, key: &Secret) -> Result<HeaderValue, ApiError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose())).map_err(|_| {
        ApiError::provider(&provider.id, "has a key that cannot stand in a header").coded("invalid_api_key")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
