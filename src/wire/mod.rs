//! An HTTP exchange as data: messages, stream framing, what is particular to a provider.
//!
//! Pure functions over bytes. Both sides of a run use them: the runner to judge what the stack streams, the gateway to
//! keep and repeat what a provider streams, the embedded stack to pass it on.

pub mod assemble;
pub mod content_coding;
pub mod dialect;
pub mod eventstream;
pub mod json_text;
mod lines;
pub mod message;
pub mod ndjson;
pub mod provider_data;
pub mod sse;
pub mod trace;

pub use assemble::{Assembler, ToolCall};
pub use lines::TooLong;
pub use ndjson::{NdjsonLine, NdjsonParser};
pub use sse::{SseEvent, SseParser};
