//! An HTTP exchange as data: messages, stream framing, what is particular to a provider.
//!
//! Pure functions over bytes. Both sides of a run use them: the runner to judge what the stack streams, the gateway to
//! keep and repeat what a provider streams, the embedded stack to pass it on.

pub mod dialect;
pub mod json_text;
pub mod message;
pub mod trace;
