//! What an answer does that the document does not say.

/// The kinds of violations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The document has no such route, and the server answers it.
    UndocumentedRoute,
    /// The route may not answer with this status.
    UndocumentedStatus,
    /// The route may not answer with this content type.
    UndocumentedType,
    /// There is a body, and no content type.
    MissingType,
    /// The body is not what its content type says.
    Malformed,
    /// The body, or an event of a stream, is not as its schema wants it.
    Schema,
    /// The document's schema cannot be used.
    UnusableSchema,
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::UndocumentedRoute => "undocumented route",
            Self::UndocumentedStatus => "undocumented status",
            Self::UndocumentedType => "undocumented content type",
            Self::MissingType => "missing content type",
            Self::Malformed => "malformed body",
            Self::Schema => "schema",
            Self::UnusableSchema => "unusable schema",
        }
    }
}

/// Something that an answer does and the document does not say. Two that are equal are the same violation, whatever the
/// values in the two answers were.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Violation {
    /// What it is.
    pub kind: Kind,
    /// The status of the answer.
    pub status: u16,
    /// The place in the body, as a JSON pointer with `*` for each index; an event of a stream is below `event`. Empty for the
    /// whole.
    pub place: String,
    /// What is wrong, in words, without values of the answer.
    pub what: String,
}

/// What came of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The route, as the document writes it; else the path as it was asked for.
    pub route: String,
    /// Whether the document has it.
    pub documented: bool,
    /// Everything wrong, each thing once.
    pub violations: Vec<Violation>,
}
