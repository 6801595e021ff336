//! An answer, digested.

use super::said::Said;
use super::shape::Shape;
use super::streamed::{self, Stream};
use crate::check::Observed;
use serde_json::Value;

/// What of an answer is compared. It takes some kilobytes, however large the answer was.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, as the suite has it: `POST /v1/files/{{ id }}`.
    pub(super) asked: String,
    /// Where the suite has it; steps are known by it.
    pub(super) place: String,
    pub(super) status: u16,
    pub(super) shape: Shape,
    /// The kinds of events; `None` where the answer is no stream.
    pub(super) events: Option<Vec<String>>,
    pub(super) said: Said,
}

impl Answer {
    /// Digests `observed`, the answer to what was `asked` by the step at `place`.
    pub fn new(asked: String, place: String, observed: &Observed) -> Self {
        let content_type =
            observed.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let essence = content_type.map_or("", |(_, value)| value.split(';').next().unwrap_or_default());
        let essence = essence.trim().to_ascii_lowercase();
        let mut shape = Shape::of_type(&essence, !observed.body.is_empty());
        let (events, said) = match streamed::parse(&essence, &observed.body) {
            Some(Stream { kinds, events, text }) => {
                events.iter().for_each(|event| shape.add("events[]", event));
                (Some(kinds), Said::text(&text))
            }
            None => match serde_json::from_slice::<Value>(&observed.body) {
                Ok(mut body) if is_page(&body) => {
                    body["data"] = Value::Array(Vec::new());
                    shape.add("$", &body);
                    (None, Said::nothing())
                }
                Ok(body) => {
                    shape.add("$", &body);
                    (None, Said::json(&body))
                }
                Err(_) => (None, Said::lines_or_text(&String::from_utf8_lossy(&observed.body))),
            },
        };
        Self { asked, place, status: observed.status, shape, events, said }
    }
}

/// Whether this is a page of a listing: what is on it is what other cases have just made.
fn is_page(body: &Value) -> bool {
    body.get("has_more").is_some() && body["data"].is_array()
}
