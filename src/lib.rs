//! `stack-test`: end-to-end tests for OpenAI-compatible AI stacks, with real provider answers recorded once and replayed
//! for ever. `docs/ARCHITECTURE.md` is the map; the table of who may import whom is in `tests/layers.rs`.
//!
//! The rooms, from the words everybody shares down to the one that knows them all:

pub mod app;
pub mod check;
pub mod cli;
pub mod compare;
pub mod contract;
pub mod events;
pub mod external;
pub mod fixtures;
pub mod gateway;
pub mod model;
pub mod plan;
pub mod process;
pub mod recording;
pub mod report;
pub mod runner;
pub mod source;
pub mod stack;
pub mod stack_config;
pub mod starter;
pub mod suite;
pub mod text;
pub mod wire;
