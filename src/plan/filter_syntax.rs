//! How a `-k` expression is written.
//!
//! ```text
//! or   := and ("or" and)*
//! and  := not ("and" not)*
//! not  := "not" not | "(" or ")" | word
//! word := anything without white space and parentheses, or "anything" or 'anything' with \ before a quote or a \
//! ```

use super::filter::{Expression, Word};
use crate::source::{Diagnostic, Origin, SourceFile, Span};
use std::sync::Arc;

/// How deep parentheses and `not` may go.
const DEEPEST: usize = 100;

pub(super) fn parse(text: &str) -> Result<Expression, Diagnostic> {
    let file = SourceFile::new("-k", text);
    let tokens = tokens(&file)?;
    let mut parser = Parser { file, tokens, at: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Ok(Expression::Everything);
    }
    let expression = parser.or()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expression),
        Some((Token::Close, span)) => Err(parser.error(*span, "this parenthesis closes nothing")),
        Some((_, span)) => {
            let error = parser.error(*span, "expected `and` or `or` before this");
            Err(error.hint("join words with `and` or `or`, or put \"words in quotes\" that belong together"))
        }
    }
}

/// A word as it must be written to be read as one.
pub(super) fn quoted(word: &str) -> String {
    let special = |c: char| c.is_whitespace() || matches!(c, '(' | ')');
    let plain = !word.is_empty()
        && !word.contains(special)
        && !word.starts_with(['"', '\''])
        && !matches!(word, "and" | "or" | "not");
    if plain {
        return word.to_owned();
    }
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Word(String),
}

fn tokens(file: &Arc<SourceFile>) -> Result<Vec<(Token, Span)>, Diagnostic> {
    let text = file.text();
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        let rest = &text[start..];
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '"' | '\'' => quotation(file, start, first)?,
            white if white.is_whitespace() => {
                start += white.len_utf8();
                continue;
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')');
                let length = rest.find(ends).unwrap_or(rest.len());
                (keyword(&rest[..length]), length)
            }
        };
        tokens.push((token, Span { start, end: start + length }));
        start += length;
    }
    Ok(tokens)
}

fn keyword(word: &str) -> Token {
    match word {
        "and" => Token::And,
        "or" => Token::Or,
        "not" => Token::Not,
        word => Token::Word(word.to_owned()),
    }
}

/// A word in quotes, and its length with them.
fn quotation(file: &Arc<SourceFile>, start: usize, quote: char) -> Result<(Token, usize), Diagnostic> {
    let rest = &file.text()[start..];
    let mut word = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => word.extend(chars.next().map(|(_, escaped)| escaped)),
            c if c == quote => return Ok((Token::Word(word), at + 1)),
            c => word.push(c),
        }
    }
    let origin = Origin { file: Arc::clone(file), span: Span { start, end: start + rest.len() } };
    Err(Diagnostic::at(origin, "this quotation is not closed"))
}

struct Parser {
    file: Arc<SourceFile>,
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn or(&mut self) -> Result<Expression, Diagnostic> {
        self.joined(&Token::Or, Self::and, Expression::Or)
    }

    fn and(&mut self) -> Result<Expression, Diagnostic> {
        self.joined(&Token::And, Self::not, Expression::And)
    }

    fn joined(
        &mut self,
        by: &Token,
        inner: fn(&mut Self) -> Result<Expression, Diagnostic>,
        join: fn(Vec<Expression>) -> Expression,
    ) -> Result<Expression, Diagnostic> {
        let first = inner(self)?;
        let mut parts = vec![first];
        while self.tokens.get(self.at).is_some_and(|(token, _)| token == by) {
            self.at += 1;
            parts.push(inner(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts) })
    }

    fn not(&mut self) -> Result<Expression, Diagnostic> {
        let Some((token, span)) = self.tokens.get(self.at).cloned() else {
            let end = self.file.text().len();
            return Err(
                self.error(Span { start: end, end }, "expected a word, `not` or a parenthesis at the end")
            );
        };
        self.at += 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(span, "the expression is nested too deep"));
        }
        let expression = match token {
            Token::Word(word) => Expression::Word(Word::new(word)),
            Token::Not => Expression::Not(Box::new(self.not()?)),
            Token::Open => self.parenthesis(span)?,
            Token::And | Token::Or | Token::Close => {
                let error = self.error(span, "expected a word, `not` or a parenthesis");
                return Err(error.hint("put `and`, `or` and `not` in quotes to look for them"));
            }
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn parenthesis(&mut self, open: Span) -> Result<Expression, Diagnostic> {
        let inner = self.or()?;
        match self.tokens.get(self.at) {
            Some((Token::Close, _)) => {
                self.at += 1;
                Ok(inner)
            }
            Some((_, span)) => Err(self.error(*span, "expected `and`, `or` or a closing parenthesis")),
            None => Err(self.error(open, "this parenthesis is not closed")),
        }
    }

    fn error(&self, span: Span, what: &str) -> Diagnostic {
        Diagnostic::at(Origin { file: Arc::clone(&self.file), span }, what)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_is_wrong_is_pointed_at() {
        let deep = "(".repeat(200);
        for (text, expected) in [
            ("a and", "-k:1:6: expected a word, `not` or a parenthesis at the end"),
            ("(a or b", "-k:1:1: this parenthesis is not closed"),
            ("a) b", "-k:1:2: this parenthesis closes nothing"),
            ("a b", "-k:1:3: expected `and` or `or` before this"),
            ("a or or b", "-k:1:6: expected a word, `not` or a parenthesis"),
            ("a 'b", "-k:1:3: this quotation is not closed"),
            ("(a b)", "-k:1:4: expected `and`, `or` or a closing parenthesis"),
            ("()", "-k:1:2: expected a word, `not` or a parenthesis"),
            (&deep, "-k:1:101: the expression is nested too deep"),
        ] {
            assert_eq!(parse(text).unwrap_err().one_line(), expected);
        }
    }
}
