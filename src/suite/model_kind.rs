//! The kinds of model a case may ask for.

/// A kind of model (or a property of one) that is chosen on the command line and asked for by `models:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "their names say it")]
pub enum ModelKind {
    Text,
    Vision,
    Embedding,
    Shield,
    Judge,
    EmbeddingDimension,
    Rerank,
}

impl ModelKind {
    /// Every kind, in the order in which their ids appear in a case id.
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Vision,
        Self::Embedding,
        Self::Shield,
        Self::Judge,
        Self::EmbeddingDimension,
        Self::Rerank,
    ];

    /// The word in `models:` and in templates: `text_model`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text_model",
            Self::Vision => "vision_model",
            Self::Embedding => "embedding_model",
            Self::Shield => "safety_shield",
            Self::Judge => "judge_model",
            Self::EmbeddingDimension => "embedding_dimension",
            Self::Rerank => "rerank_model",
        }
    }

    /// What stands before `=` in a case id: `txt`.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Vision => "vis",
            Self::Embedding => "emb",
            Self::Shield => "shield",
            Self::Judge => "judge",
            Self::EmbeddingDimension => "dim",
            Self::Rerank => "rerank",
        }
    }

    /// The option that chooses it: `--text-model`.
    pub const fn option(self) -> &'static str {
        match self {
            Self::Text => "--text-model",
            Self::Vision => "--vision-model",
            Self::Embedding => "--embedding-model",
            Self::Shield => "--safety-shield",
            Self::Judge => "--judge-model",
            Self::EmbeddingDimension => "--embedding-dimension",
            Self::Rerank => "--rerank-model",
        }
    }

    /// Why what needs it is skipped where none is chosen: `no text model given (--text-model)`.
    pub fn missing(self) -> String {
        format!("no {} given ({})", self.name().replace('_', " "), self.option())
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
