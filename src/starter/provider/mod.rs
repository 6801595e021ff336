//! The inference providers the embedded stack can ask. All of them speak OpenAI's API; they differ in where they are
//! found and how a key reaches them. One file each, one line in [`PROVIDERS`].

mod llama_cpp_server;
mod ollama;
mod openai;
mod table;
mod vllm;

pub(crate) use table::{Instance, PROVIDERS, Provider, instances};
