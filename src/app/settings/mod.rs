//! One value of what was typed, what the environment says and what the project says, in that order.

pub(in crate::app) mod jobs;
pub(in crate::app) mod record_command;
pub(in crate::app) mod recorder;
pub(in crate::app) mod settle;
pub(in crate::app) mod settling;
pub(in crate::app) mod stack_choices;
