//! What differs between the answers of two stacks to the same case.
//!
//! An answer is digested as soon as it is there ([`Answer::new`]): its status, its shape (the paths and types of its JSON, elements of lists
//! laid over each other), the kinds of its events, and what it says, without what differs from run to run anyway. A digest is small and
//! bounded, so that those of all cases of the first stack can be kept until the other stacks have answered. [`differences`] compares
//! two cases.

mod answer;
mod differences;
mod said;
mod shape;
mod streamed;
mod volatile;

pub use answer::Answer;
pub use differences::{Met, differences};
