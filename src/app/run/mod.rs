//! A run: prepared, started, carried out, shown, and what was recorded proven.

pub(in crate::app) mod answers;
pub(in crate::app) mod aside;
pub(in crate::app) mod command;
pub(in crate::app) mod copies;
pub(in crate::app) mod ends;
pub(in crate::app) mod external;
pub(in crate::app) mod limits;
pub(in crate::app) mod outputs;
pub(in crate::app) mod prepare;
pub(in crate::app) mod proof;
pub(in crate::app) mod rig;
pub(in crate::app) mod rules;
pub(in crate::app) mod run_folder;
pub(in crate::app) mod scope;
pub(in crate::app) mod session;
pub(in crate::app) mod several_stacks;
pub(in crate::app) mod signals;
pub(in crate::app) mod start;
pub(in crate::app) mod suites;
pub(in crate::app) mod unproven;
