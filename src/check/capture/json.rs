//! `$…`

use super::{Capture, Kind};
use crate::check::compile::parse_path;
use crate::check::subject::Json;

pub(super) static KIND: Kind = Kind {
    name: "$…",
    summary: "what a JSONPath selects in the body; with [*] in the path, the list of all it selects",
    example: "ids: $.data[*].id",
    compile: |node| {
        let text = node.as_str()?;
        let list = parse_path(text, &node.origin).is_ok_and(|path| path.asks_for_list());
        Some(Json::parse(text, &node.origin)?.map(|json| Capture::new(json).list_if(list)))
    },
};
