//! Who may come in, where the port can be reached by more than this machine: a container's bridge has others on it.
//!
//! Base URLs have a first step that nobody can guess, and the proxy's URL has it as a password. On the loopback interface
//! there is none of it.

use super::answer::{AnswerBody, own};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, StatusCode, Uri};

/// The user of the proxy.
const USER: &str = "stack-test";

/// What lets a client in.
pub(super) struct Entrance {
    token: String,
    /// The first step of paths: `/~…`.
    step: String,
    /// The value of `proxy-authorization`.
    basic: String,
}

impl Entrance {
    pub(super) fn new(token: &str) -> Self {
        let basic = format!("Basic {}", STANDARD.encode(format!("{USER}:{token}")));
        Self { token: token.to_owned(), step: format!("/~{token}"), basic }
    }

    /// The first step of base URLs.
    pub(super) fn step(&self) -> &str {
        &self.step
    }

    /// What stands before the address in the URL of the proxy.
    pub(super) fn user(&self) -> String {
        format!("{USER}:{}@", self.token)
    }

    /// The request without what let it in.
    ///
    /// # Errors
    /// The answer to one that may not come in.
    pub(super) fn admit<B>(&self, mut request: Request<B>) -> Result<Request<B>, Box<Response<AnswerBody>>> {
        let for_proxy = request.uri().authority().is_some();
        let by_proxy = request.headers_mut().remove(PROXY_AUTHORIZATION);
        let by_proxy = by_proxy.is_some_and(|value| value.as_bytes() == self.basic.as_bytes());
        let inside = self.without_step(request.uri());
        match (for_proxy, by_proxy, inside) {
            (true, false, _) => {
                let what = "this proxy is for the stack under test, which has a password";
                let mut answer = own(StatusCode::PROXY_AUTHENTICATION_REQUIRED, "request", what);
                answer.headers_mut().insert(PROXY_AUTHENTICATE, HeaderValue::from_static("Basic"));
                Err(answer.into())
            }
            (false, _, None) => {
                let what = "the path does not begin as the base URL of the run does";
                Err(own(StatusCode::FORBIDDEN, "request", what).into())
            }
            (_, _, inside) => {
                if let Some(uri) = inside {
                    *request.uri_mut() = uri;
                }
                Ok(request)
            }
        }
    }

    fn without_step(&self, uri: &Uri) -> Option<Uri> {
        let rest = uri.path_and_query()?.as_str().strip_prefix(&self.step)?;
        let rest = PathAndQuery::try_from(rest).ok().filter(|_| rest.starts_with('/'))?;
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(rest);
        Uri::from_parts(parts).ok()
    }
}
