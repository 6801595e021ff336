//! What will run: the selected cases, with their parameters filled in and their checks compiled, before anything starts.

mod types;

pub use types::{
    Body, Method, OnTimeout, Part, PartContent, Plan, PlannedCase, PlannedStep, PlannedSuite, Polling,
    Repeat, RequestStep, XFail,
};
