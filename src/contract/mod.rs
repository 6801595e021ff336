//! What a server promises of its routes and answers: an OpenAPI document read, paths matched, answers held against it.
//!
//! Pure: documents, routes and answers are handed in as values, and what is wrong comes back as values. A document is
//! somebody else's text; nothing that it names is fetched.

mod answer;
mod coverage;
mod document;
mod error;
mod judge;
mod pointer;
mod route;
mod schema;
mod violation;

pub use answer::Answer;
pub use coverage::{Call, Coverage, Found, Row};
pub use document::{Document, Operation};
pub use error::Error;
pub use judge::Judge;
pub use route::{HOLE, Shape, api_of};
pub use violation::{Judged, Kind, Violation};
