//! What the user writes in a suite file.
//!
//! YAML text in, a typed [`Document`] with the place of everything out. Nothing is opened and nothing is run here; what
//! is inside `expect:`, `capture:`, a body or a template stays a [`Node`](crate::source::Node), for the rooms that
//! compile it. Every mistake of a file is collected, so that one look mends them all: what could be read is returned
//! beside the complaints, for the rooms above to find the mistakes that lie deeper.
//!
//! [`keys`] is the one table of what may be written where; the parser, `docs/suites.md` and the JSON Schema are held to it.

mod body;
mod bundle;
mod case;
mod document;
mod external;
mod fixture;
mod fragment;
pub mod keys;
mod model_kind;
mod params;
mod reader;
mod rule;
mod spec;
mod step;
mod when;

pub use document::{Parsed, parse, parse_fragments};
pub use model_kind::ModelKind;
pub use rule::{DeclaredRule, parse_rules};
pub use spec::{
    BodySpec, Bundle, Case, Defaults, Distribute, Document, ExpectedFailure, External, Field, FixtureKind,
    FixtureSpec, Fragment, HostedFile, HostedSpec, McpSpec, Param, ParamValue, PartSpec, PartValue, Poll,
    Repeat, Request, Skip, Step, Suite, ToolSpec, Word,
};
