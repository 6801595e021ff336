//! `{{ name }}` in texts and JSON values.
//!
//! A name is a dotted path into the [`Scope`](super::Scope): `{{ param_id.question }}`, `{{ files.0.id }}`. Filters may
//! follow: `{{ text | lower }}`. A string that is one `{{ name }}` and nothing else becomes the value itself, whatever its
//! type; inside a longer text, strings stand as they are, numbers and booleans as JSON writes them, lists and mappings as
//! compact JSON, and null is an error, since nobody means the word "null". Two braces that are meant as such are written
//! `{{ '{{' }}`, which no kind of YAML quoting touches.

mod filter;
mod hole;
mod parse;
mod text;
mod value;

pub(super) use filter::FILTERS;
pub use hole::Reference;
pub use text::TextTemplate;
pub use value::ValueTemplate;
