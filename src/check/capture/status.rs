//! `status`

use super::{Capture, Kind};
use crate::check::subject::Status;

pub(super) static KIND: Kind = Kind {
    name: "status",
    summary: "the HTTP status",
    example: "code: status",
    compile: |node| (node.as_str()? == "status").then(|| Ok(Capture::new(Status))),
};
