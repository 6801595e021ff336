//! `body`

use super::{Capture, Kind};
use crate::check::subject::Body;

pub(super) static KIND: Kind = Kind {
    name: "body",
    summary: "the whole body as text (`$` takes it as JSON)",
    example: "text: body",
    compile: |node| (node.as_str()? == "body").then(|| Ok(Capture::new(Body))),
};
