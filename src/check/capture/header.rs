//! `header.<name>`

use super::{Capture, Kind};
use crate::check::subject::Header;

pub(super) static KIND: Kind = Kind {
    name: "header.<name>",
    summary: "the value of a response header",
    example: "next: header.location",
    compile: |node| Some(Header::parse(node.as_str()?, &node.origin)?.map(Capture::new)),
};
