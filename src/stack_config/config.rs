//! What was typed, understood.

/// A stack-config string. [`std::fmt::Display`] prints it so that parsing gives the same again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackConfig {
    /// `server:<config>[:port]`: reuse the server on the port, else start one.
    Server {
        /// What is served.
        config: Config,
        /// The port; `None` for the default of Llama Stack.
        port: Option<u16>,
    },
    /// `docker:<distro or image>[:port]`.
    Docker {
        /// What is run.
        image: Image,
        /// The port; `None` for the default of Llama Stack.
        port: Option<u16>,
    },
    /// `http://…` or `https://…`: a server that somebody else runs. Without a slash at the end.
    Url(String),
    /// A config alone: a stack that is private to the run.
    Private(Config),
}

/// What a stack is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Config {
    /// The name of a distribution in [`super::DISTROS`].
    Distro(String),
    /// A path to a run config.
    Path(String),
    /// `distro::file.yaml`: a run config that comes with a distribution.
    DistroFile {
        /// The distribution.
        distro: String,
        /// A file name without a folder.
        file: String,
    },
    /// `api=provider,…`: at least one.
    Pairs(Vec<Pair>),
}

/// `api=provider?key=value&…`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// An API in [`super::APIS`].
    pub api: String,
    /// Who provides it.
    pub provider: Provider,
    /// Settings of the provider, decoded, in the order they were given; the keys differ from each other.
    pub options: Vec<(String, String)>,
}

/// `ollama`, `remote::ollama` or `inline::localfs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// What stands before the `::`.
    pub kind: Option<ProviderKind>,
    /// What stands after it.
    pub id: String,
}

/// Where a provider works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    /// Elsewhere, behind a network.
    Remote,
    /// Within the stack.
    Inline,
}

/// What a container is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// A name of the project's, or else of a distribution, for its published image.
    Distro(String),
    /// An image by name: it has a slash, a dot or a tag.
    Named(String),
}

impl ProviderKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Remote, Self::Inline];

    /// The word before the `::`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Remote => "remote",
            Self::Inline => "inline",
        }
    }
}
