//! The embedded stack as a client and a provider see it: real sockets on both sides, a provider of our own behind it.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod batches;
mod batches_input;
mod fake_provider;
mod files;
mod lifecycle;
mod models;
mod relay;
mod routes;
mod stack;
