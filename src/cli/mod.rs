//! What may be typed. Only clap derives: what a flag means is decided in `app`.

mod check;
mod command;
mod gateway;
mod recordings;
mod run;
mod serve;

pub use check::{CheckCommand, CheckConfigArgs, CheckOpenapiArgs, CheckRoutesArgs, Format, Requirement};
pub use command::{Cli, Color, Command, HelpArgs};
pub use gateway::GatewayArgs;
pub use recordings::{
    Chosen, DiffArgs, ExportArgs, ImportArgs, ListArgs, PruneArgs, RecordingsCommand, RekeyArgs, ShowArgs,
    VerifyArgs,
};
pub use run::{Common, Execution, Models, Output, RecordArgs, RunArgs, Selected, Target};
pub use serve::ServeArgs;
