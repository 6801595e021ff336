//! Secrets are replaced before anything is compared, kept or shown.

use crate::model::Secret;
use crate::wire::message::{Edit, Exchange, Request, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::bytes::{Regex, RegexBuilder};
use std::borrow::Cow;

/// A value this short is a word like any other; masking it would tear texts apart.
const SHORTEST: usize = 6;

/// What is hidden, and behind which names.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    find: Option<Regex>,
    names: Vec<String>,
}

impl Masks {
    /// Hides each secret behind `***name***`: plain, escaped in JSON, percent-encoded and in base64. Values of less
    /// than six bytes are left alone.
    pub fn new(secrets: &[(String, Secret)]) -> Self {
        let mut needles: Vec<(String, &str)> = Vec::new();
        for (name, secret) in secrets {
            if secret.expose().len() >= SHORTEST {
                needles.extend(forms(secret.expose()).into_iter().map(|form| (form, name.as_str())));
            }
        }
        // The first alternative that fits wins: a secret that contains another one must come before it.
        needles.sort_by(|one, other| other.0.len().cmp(&one.0.len()).then_with(|| one.cmp(other)));
        needles.dedup_by(|one, other| one.0 == other.0);
        let pattern: Vec<String> =
            needles.iter().map(|(form, _)| format!("({})", regex::escape(form))).collect();
        let find = (!pattern.is_empty()).then(|| {
            let builder = RegexBuilder::new(&pattern.join("|")).size_limit(usize::MAX).build();
            builder.expect("escaped texts are a pattern, and its size is not limited")
        });
        Self { find, names: needles.into_iter().map(|(_, name)| format!("***{name}***")).collect() }
    }

    /// Where `bytes` holds secrets, and what is put there.
    fn edits(&self, bytes: &[u8]) -> Vec<Edit> {
        let Some(find) = self.find.as_ref().filter(|find| find.is_match(bytes)) else { return Vec::new() };
        find.captures_iter(bytes)
            .filter_map(|found| {
                let which = found.iter().skip(1).position(|group| group.is_some())?;
                Some((found.get(0)?.range(), self.names[which].clone()))
            })
            .collect()
    }

    /// `bytes` without secrets.
    pub fn bytes(&self, bytes: &Bytes) -> Bytes {
        match self.edits(bytes).as_slice() {
            [] => bytes.clone(),
            edits => crate::wire::message::apply(bytes, edits),
        }
    }

    /// `text` without secrets.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let edits = self.edits(text.as_bytes());
        if edits.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = text.to_owned();
        for (range, new) in edits.into_iter().rev() {
            out.replace_range(range, &new);
        }
        Cow::Owned(out)
    }

    /// The request without secrets.
    pub fn request(&self, mut request: Request) -> Request {
        if self.find.is_none() {
            return request;
        }
        request.path = self.text(&request.path).into_owned();
        request.query = self.text(&request.query).into_owned();
        request.body = self.bytes(&request.body);
        request
    }

    /// The answer without secrets.
    pub fn response(&self, mut response: Response) -> Response {
        if self.find.is_none() {
            return response;
        }
        response.body = response.body.edited(&self.edits(&response.body.bytes()));
        if let Some(head) = &mut response.head {
            for (_, value) in &mut head.headers {
                *value = self.text(value).into_owned();
            }
        }
        response
    }

    /// The exchange without secrets.
    pub fn exchange(&self, exchange: Exchange) -> Exchange {
        Exchange { request: self.request(exchange.request), response: self.response(exchange.response) }
    }
}

/// The ways in which a value is met in a message.
fn forms(value: &str) -> Vec<String> {
    let json = serde_json::Value::from(value).to_string();
    vec![
        value.to_owned(),
        json[1..json.len() - 1].to_owned(),
        utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
        url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        STANDARD_NO_PAD.encode(value),
        URL_SAFE_NO_PAD.encode(value),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_in_every_form() {
        let value = "sk-\"a/b+c\" d";
        let masks = Masks::new(&[("KEY".into(), Secret::new(value)), ("SHORT".into(), Secret::new("abc"))]);
        for form in forms(value) {
            assert_eq!(masks.text(&format!("<{form}> abc")), "<***KEY***> abc");
        }
    }

    #[test]
    fn of_two_secrets_the_longer_is_hidden_whole() {
        let secrets = [("A".into(), Secret::new("secret")), ("B".into(), Secret::new("secret-longer"))];
        assert_eq!(Masks::new(&secrets).text("secret-longer secret"), "***B*** ***A***");
    }
}
