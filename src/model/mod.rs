//! The words every room shares. No room below is known here, and nothing here does input or output.

mod capabilities;
mod case_id;
mod egress;
mod match_rule;
mod miss;
mod miss_form;
mod mode;
mod outcome;
mod replay_speed;
mod secret;
mod server;
mod shard;
mod stack_difference;
mod traffic;

pub use capabilities::Capabilities;
pub use case_id::CaseId;
pub use egress::{Egress, UnknownEgress};
pub use match_rule::{Insignificant, MatchRule};
pub use miss::{Change, Difference, Mend, Miss, MissClass, NearestRecording};
pub use miss_form::MissForm;
pub use mode::{InferenceMode, UnknownMode};
pub use outcome::{Outcome, Status};
pub use replay_speed::{ReplaySpeed, UnknownSpeed};
pub use secret::Secret;
pub use server::{NoVersions, Server, Versions, When};
pub use shard::{Shard, UnknownShard};
pub use stack_difference::{Aspect, OnDifference, StackDifference, UnknownOnDifference};
pub use traffic::{Decided, Traffic};
