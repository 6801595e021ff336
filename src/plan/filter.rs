//! `-k`: which cases, by words in their ids.

use super::filter_syntax;
use crate::model::CaseId;
use crate::source::Diagnostic;
use std::fmt;

/// A `-k` expression, as in pytest: words that the case id holds, whatever their case, joined by `and`, `or`, `not` and
/// parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    expression: Expression,
}

/// What a filter is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    /// Nothing was asked for: every case.
    Everything,
    /// The id holds this.
    Word(Word),
    /// The inner one does not match.
    Not(Box<Expression>),
    /// All match; there are at least two.
    And(Vec<Expression>),
    /// At least one matches; there are at least two.
    Or(Vec<Expression>),
}

/// A word to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    text: String,
    lower: String,
}

impl Word {
    pub(super) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let lower = text.to_lowercase();
        Self { text, lower }
    }
}

impl Filter {
    /// Reads an expression; an empty one matches every case.
    ///
    /// # Errors
    /// What was expected, and where.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        filter_syntax::parse(text).map(|expression| Self { expression })
    }

    /// Whether a case is wanted.
    pub fn matches(&self, id: &CaseId) -> bool {
        self.expression.matches(&id.to_string().to_lowercase())
    }
}

impl Expression {
    fn matches(&self, id: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Word(word) => id.contains(&word.lower),
            Self::Not(inner) => !inner.matches(id),
            Self::And(all) => all.iter().all(|inner| inner.matches(id)),
            Self::Or(any) => any.iter().any(|inner| inner.matches(id)),
        }
    }

    /// How tightly it holds its parts together; what holds less tightly than its surroundings is put in parentheses.
    fn strength(&self) -> u8 {
        match self {
            Self::Or(_) => 0,
            Self::And(_) => 1,
            Self::Not(_) => 2,
            Self::Everything | Self::Word(_) => 3,
        }
    }

    fn print(&self, f: &mut fmt::Formatter<'_>, least: u8) -> fmt::Result {
        if self.strength() < least {
            f.write_str("(")?;
            self.print(f, 0)?;
            return f.write_str(")");
        }
        match self {
            Self::Everything => Ok(()),
            Self::Word(word) => f.write_str(&filter_syntax::quoted(&word.text)),
            Self::Not(inner) => {
                f.write_str("not ")?;
                inner.print(f, 2)
            }
            Self::And(parts) => print_joined(f, parts, " and ", 2),
            Self::Or(parts) => print_joined(f, parts, " or ", 1),
        }
    }
}

fn print_joined(f: &mut fmt::Formatter<'_>, parts: &[Expression], by: &str, least: u8) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(by)?;
        }
        part.print(f, least)?;
    }
    Ok(())
}

impl fmt::Display for Filter {
    /// The expression in its plainest form; reading it gives the same filter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.print(f, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(filter: &str, id: &str) -> bool {
        Filter::parse(filter).unwrap().matches(&CaseId::parse(id).unwrap())
    }

    #[test]
    fn words_are_looked_for_in_the_id() {
        let id = "inference/chat::Streaming[txt=a/b:1-saturn]";
        for filter in [
            "streaming",
            "chat and saturn",
            "earth or SATURN",
            "not earth",
            "not (earth or mars)",
            "[txt=a/b:1-",
            "inference/chat::",
            "not earth and chat",
            "",
            "\"and\" or chat",
            "chat and(saturn)",
            "not not chat",
        ] {
            assert!(matches(filter, id), "{filter}");
        }
        for filter in ["earth", "not chat", "chat and earth", "earth or mars", "not (chat)", "\"and\""] {
            assert!(!matches(filter, id), "{filter}");
        }
        assert!(matches("'two words'", "a::of two words"));
        assert!(matches("ÄPFEL", "a::äpfel"));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(matches("a or b and zzz", "a::x"));
        assert!(!matches("(a or b) and zzz", "a::x"));
    }

    fn expression() -> impl Strategy<Value = Expression> {
        let word = prop_oneof![
            Just("and".to_owned()),
            Just("not".to_owned()),
            "[a-z\\[\\]=/:.\"' ()\\\\é]{1,8}",
            Just("'".to_owned()),
        ];
        let word = word.prop_map(|text| Expression::Word(Word::new(text)));
        word.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(|inner| Expression::Not(Box::new(inner))),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::And),
                prop::collection::vec(inner, 2..4).prop_map(Expression::Or),
            ]
        })
    }

    proptest! {
        #[test]
        fn reading_what_was_printed_gives_the_same(expression in expression()) {
            let filter = Filter { expression };
            let text = filter.to_string();
            prop_assert_eq!(Filter::parse(&text).unwrap(), filter, "{}", text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            if let Err(error) = Filter::parse(&text) {
                prop_assert!(error.origin.unwrap().span.end <= text.len());
            }
        }
    }
}
