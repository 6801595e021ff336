//! What `stack-test.yaml` says, and what ships in its place.

pub(in crate::app) mod containers;
pub(in crate::app) mod distributions;
pub(in crate::app) mod fields;
pub(in crate::app) mod load;
pub(in crate::app) mod placeholders;
pub(in crate::app) mod provider;
pub(in crate::app) mod told;
