//! Batches: many requests in one file, worked off in the background.
//!
//! Their rules are OpenAI's, as Llama Stack's suite of 24 cases states them: what is wrong with the request to create a
//! batch is refused at once; what is wrong with its file makes the batch `failed` before anything is asked of a
//! provider, with one error per line and member; what goes wrong with a single request goes to the error file.

mod create;
mod input;
mod object;
mod output;
mod store;
mod worker;

pub(crate) use create::CreateBatch;
pub(crate) use object::Batch;
pub(crate) use store::BatchStore;
pub(crate) use worker::start;
