//! What will run: the selected cases, with their parameters filled in and their checks compiled, before anything starts.
//!
//! In two steps, because which models there are depends on the setup, and the setup on what was selected: [`resolve`]
//! finds and reads the files that the given names stand for, [`build`] makes a [`Plan`] of them. Every mistake in every
//! file is found before the first request: unknown fragments, arguments and template names, duplicate ids, and whatever
//! is wrong inside the checks.

mod build;
mod catalog;
mod compile;
mod expand;
mod external;
mod filter;
mod filter_syntax;
mod fixtures;
mod library;
mod model_choices;
mod names;
mod parallel;
mod resolve;
mod sources;
mod types;

pub use build::{Selection, build, load};
pub use external::{ExternalTest, ListedTest, PlannedTool, Rendered, Unlisted};
pub use filter::Filter;
pub use model_choices::ModelChoices;
pub use names::{BUILT_IN, BuiltIn};
pub use resolve::{Resolved, Wanted, resolve};
pub use sources::SuiteSources;
pub use types::{
    Body, FixturePlan, HostedContent, HostedPlan, McpPlan, Method, OnTimeout, Part, PartContent, Plan,
    PlannedCase, PlannedFixture, PlannedStep, PlannedSuite, Polling, Repeat, RequestStep, ToolPlan, XFail,
};
