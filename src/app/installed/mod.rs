//! The stacks that are installed here, and which of them plays a config.

pub(in crate::app) mod otel;
pub(in crate::app) mod python_packages;
pub(in crate::app) mod runtime;
