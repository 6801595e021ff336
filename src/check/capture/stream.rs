//! `stream.<field>`

use super::{Capture, Kind};
use crate::check::compile::{Mistakes, parse_path};
use crate::check::subject::{FIELDS, StreamField};
use crate::source::{Node, nearest};

pub(super) static KIND: Kind = Kind {
    name: "stream.<field>",
    summary: "a field of a streamed answer, and what a path selects below it",
    example: "call_id: stream.tool_calls[0].id",
    compile: |node| {
        let rest = node.as_str()?.strip_prefix("stream.")?;
        Some(compile(rest, node))
    },
};

fn compile(rest: &str, node: &Node) -> Result<Capture, Mistakes> {
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, below) = rest.split_at(end);
    let Some(field) = FIELDS.iter().find(|field| field.name == name) else {
        let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
        let hint = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", names.join(", ")),
        };
        return Err(vec![node.diagnostic(format!("`{name}` is nothing that a stream has")).hint(hint)]);
    };
    let path = match below {
        "" => None,
        below => Some(parse_path(&format!("${below}"), &node.origin).map_err(|mistake| vec![mistake])?),
    };
    let list = path.as_ref().is_some_and(crate::check::path::JsonPath::asks_for_list);
    Ok(Capture::new(StreamField { field, path }).list_if(list))
}
