//! What can go wrong before the embedded stack serves. What goes wrong afterwards is an answer: see `api_error.rs`.

/// A configuration that makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A provider that the embedded stack does not have.
    #[error("the embedded stack has no provider `{name}` for `{api}`; it has {known}")]
    UnknownProvider {
        /// The API it was asked for.
        api: String,
        /// The provider's name as given.
        name: String,
        /// What there is.
        known: String,
    },
    /// An API that the embedded stack does not have.
    #[error("the embedded stack has no API `{api}`; it has {known}")]
    UnknownApi {
        /// The API as given.
        api: String,
        /// What there is.
        known: String,
    },
    /// A base URL that is none. The URL itself is not shown: it may hold a password.
    #[error("{variable} is not a base URL that can be called: {reason}; an example is {example}")]
    BadUrl {
        /// The environment variable it came from.
        variable: String,
        /// What is wrong with it.
        reason: String,
        /// A right one.
        example: String,
    },
}

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener is of no use.
    #[error("the listener has no address: {0}")]
    Listener(#[from] std::io::Error),
    /// The client for the provider calls cannot be made, for example because the system's certificates cannot be read.
    #[error("cannot set up the client for provider calls: {0}")]
    Client(#[source] reqwest::Error),
}
