//! What a project or a suite declares to be of no importance in a provider call.

/// Something in provider calls that differs from run to run and changes nothing. It counts when calls are compared; what
/// is kept and sent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchRule {
    /// What does not count.
    pub what: Insignificant,
    /// Only in calls of this provider; in all, if it is `None`.
    pub provider: Option<String>,
}

/// What does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insignificant {
    /// A place: a JSON pointer into the body, in which `*` is any one step, or `?name` for a parameter of the query. Whether
    /// there is something at all does not count, either.
    Place {
        /// The place.
        place: String,
        /// Only where it has this value, in a body; whatever it is, if there is none.
        value: Option<serde_json::Value>,
    },
    /// What a regular expression finds in the path, the query and the strings of the body.
    Text {
        /// The regular expression.
        pattern: String,
        /// What is read in its place.
        name: String,
    },
}
