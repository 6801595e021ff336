//! What a stack-config string comes down to.

use super::{Config, Image, StackConfig};
use crate::source::{Origin, SourceFile, Span};

/// What has to be started or reached. A new way of starting a stack is a variant here; the exhaustive matches lead to
/// everything else that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A stack of our own, private to the run.
    Builtin(Config),
    /// A server process, shared with whoever finds it on its port.
    Process {
        /// What it serves.
        config: Config,
        /// Its port.
        port: u16,
    },
    /// A container.
    Container {
        /// What it is made from.
        image: Image,
        /// Its port.
        port: u16,
    },
    /// A server that somebody else runs.
    Remote {
        /// Its URL, without a slash at the end.
        url: String,
    },
}

impl StackConfig {
    /// The port of a server that was given none: that of Llama Stack.
    pub const DEFAULT_PORT: u16 = 8321;

    /// Where `word` stands in it; `from` says where the whole was given.
    pub fn origin_of(&self, word: &str, from: &str) -> Origin {
        let file = SourceFile::new(from, self.shown());
        let start = file.text().find(word).unwrap_or_default();
        let end = (start + word.len()).min(file.text().len());
        Origin { file, span: Span { start, end } }
    }

    /// What has to be started or reached.
    pub fn target(&self) -> Target {
        match self.clone() {
            Self::Server { config, port } => {
                Target::Process { config, port: port.unwrap_or(Self::DEFAULT_PORT) }
            }
            Self::Docker { image, port } => {
                Target::Container { image, port: port.unwrap_or(Self::DEFAULT_PORT) }
            }
            Self::Url(url) => Target::Remote { url },
            Self::Private(config) => Target::Builtin(config),
        }
    }
}
