//! An answer that was seen.

/// An answer that was seen, and what was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// In capitals.
    pub method: &'a str,
    /// The path below the server, with or without its query.
    pub path: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// The content type as it was said, if it was.
    pub content_type: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
    /// Whether the body came to its end. Of one that did not, nobody can say what it would have been.
    pub whole: bool,
}
