//! What is particular to a provider: which parts of its answers differ from call to call, which headers hold its key.
//!
//! A new provider is a file here and a line in [`DIALECTS`].

mod anthropic;
mod bedrock;
mod gemini;
mod kinds;
mod llama_cpp;
mod ollama;
mod openai;
mod table;
mod vllm;

pub use kinds::{Dialect, Framing, Kind, Volatile};
pub use table::{DIALECTS, by_name, for_provider};
