//! Words and shapes for people: plurals, durations, tables, colours, and what must not reach a terminal or a file
//! (control characters, secrets). Knows nothing of tests, stacks or suites.

mod duration;
mod end_of;
mod key_shapes;
mod palette;
mod plural;
mod redact;
mod redacting_writer;
mod sanitize;
mod secret_finder;
mod shell;
mod shorten;
mod spellings;
mod table;

pub use duration::seconds;
pub use end_of::end_of;
pub use key_shapes::{KEY_SHAPES, KeyShape};
pub use palette::Palette;
pub use plural::plural;
pub use redact::Redactor;
pub use redacting_writer::RedactingWriter;
pub use sanitize::{one_line, sanitize};
pub use secret_finder::{Found, SecretFinder};
pub use shell::shell_word;
pub use shorten::shorten;
pub use table::{Align, Cell, Table};
