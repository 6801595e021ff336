//! Runs the planned cases side by side against a stack and says what happened.
//!
//! [`run`] takes everything it needs as values: the plan, the settings, a [`CaseScope`] that is told when a case begins and
//! ends (the gateway stands behind it, which this room does not know), a channel for events and a [`Stop`] to end it early.
//! Tests of other runners are cases, too: processes of these (the room `external`) are told test by test when to begin.
//! How many cases are in flight does not follow the core count: they wait for a server, not for a processor.

mod attempt;
mod case_report;
mod client;
mod conversation;
mod excuse;
mod executor;
mod external;
mod form;
mod lanes;
mod polling;
mod pool;
mod queue;
mod scheduler;
mod scope;
mod settings;
mod slots;
mod stop;
mod telemetry;
mod told;

pub use external::tool;
pub use scheduler::run;
pub use scope::{CaseScope, NoGateway};
pub use settings::Settings;
pub use stop::{Stop, StopReason};
