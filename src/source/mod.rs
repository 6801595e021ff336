//! Where a thing came from.
//!
//! Every message that concerns a text the user wrote (a suite, a setting, a `-k` expression, a stack-config string) is a
//! [`Diagnostic`] that points at it: one type, drawn in one way, for the terminal and for reports alike. [`yaml`] turns
//! a YAML text into [`Node`]s that know their place, so that rooms above can report all mistakes of a file at once.

mod diagnostic;
mod duration;
mod file;
mod node;
pub mod yaml;

pub use diagnostic::{Diagnostic, nearest};
pub use duration::{UnknownDuration, parse_duration};
pub use file::{Origin, Position, SourceFile, Span};
pub use node::{Entry, Kind, Node};
