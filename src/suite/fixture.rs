//! Servers that cases of a suite may ask for.

use super::keys;
use super::reader::{Fields, Reader};
use super::{FixtureKind, FixtureSpec, HostedFile, HostedSpec, McpSpec, ToolSpec, Word};
use crate::source::{Diagnostic, Entry, Kind, Node};

/// The `fixtures:` mapping.
pub(super) fn read_all(reader: &mut Reader, node: &Node) -> Vec<FixtureSpec> {
    entries(reader, node, "fixtures by name").iter().filter_map(|entry| read(reader, entry)).collect()
}

fn entries<'a>(reader: &mut Reader, node: &'a Node, what: &str) -> &'a [Entry] {
    if let Kind::Map(entries) = &node.kind {
        return entries;
    }
    reader.wrong_kind(node, &format!("{what} (a mapping)"));
    &[]
}

fn read(reader: &mut Reader, entry: &Entry) -> Option<FixtureSpec> {
    let name = reader.key_word(entry);
    let name = name.and_then(|name| reader.identifier(name));
    let fields = reader.mapping(&entry.value, &keys::FIXTURE)?;
    let kind = match (fields.get("mcp"), fields.get("files")) {
        (Some(node), None) => FixtureKind::Mcp(mcp(reader, node)?),
        (None, Some(node)) => FixtureKind::Files(files(reader, node)),
        _ => {
            reader.complain(Diagnostic::at(entry.key_origin.clone(), "a fixture is either `mcp` or `files`"));
            return None;
        }
    };
    Some(FixtureSpec { name: name?, kind })
}

fn mcp(reader: &mut Reader, node: &Node) -> Option<McpSpec> {
    let fields = reader.mapping(node, &keys::MCP)?;
    let token = fields.get("token").filter(|node| reader.text(node).is_some()).cloned();
    let Some(tools) = fields.get("tools") else {
        reader.complain(fields.diagnostic("`mcp` needs `tools`"));
        return None;
    };
    let tools = entries(reader, tools, "tools by name");
    Some(McpSpec { token, tools: tools.iter().filter_map(|entry| tool(reader, entry)).collect() })
}

fn tool(reader: &mut Reader, entry: &Entry) -> Option<ToolSpec> {
    let name = reader.key_word(entry);
    let fields = reader.mapping(&entry.value, &keys::TOOL)?;
    let about = fields.get("about").and_then(|about| reader.text(about));
    let input = fields.get("input").cloned();
    if let Some(input) = input.as_ref().filter(|input| !matches!(input.kind, Kind::Map(_))) {
        reader.wrong_kind(input, "a JSON Schema (a mapping)");
    }
    let (answer, is_error) = match (fields.get("result"), fields.get("error")) {
        (Some(node), None) => (node.clone(), false),
        (None, Some(node)) => (node.clone(), true),
        _ => {
            reader.complain(Diagnostic::at(
                entry.key_origin.clone(),
                "a tool answers with either `result` or `error`",
            ));
            return None;
        }
    };
    Some(ToolSpec { name: name?, about, input, answer, is_error })
}

fn files(reader: &mut Reader, node: &Node) -> Vec<HostedSpec> {
    entries(reader, node, "files by path").iter().filter_map(|entry| file(reader, entry)).collect()
}

fn file(reader: &mut Reader, entry: &Entry) -> Option<HostedSpec> {
    let path = reader.key_word(entry);
    let path = path.filter(|path| begins_with_slash(reader, path));
    if !matches!(entry.value.kind, Kind::Map(_)) {
        reader.text(&entry.value)?;
        let content = HostedFile::Text(entry.value.clone());
        return Some(HostedSpec { path: path?, content, content_type: None, status: None });
    }
    let fields = reader.mapping(&entry.value, &keys::HOSTED)?;
    let content = content(reader, &fields, entry);
    let content_type = fields.get("content_type").and_then(|node| reader.text(node));
    let status = fields.get("status").and_then(|node| reader.count(node, 200, 599));
    let status = status.and_then(|status| u16::try_from(status).ok());
    Some(HostedSpec { path: path?, content: content?, content_type, status })
}

fn begins_with_slash(reader: &mut Reader, path: &Word) -> bool {
    let begins = path.text.starts_with('/');
    if !begins {
        let diagnostic = Diagnostic::at(path.origin.clone(), "a path begins with a slash");
        reader.complain(diagnostic.hint(format!("`/{}`", path.text)));
    }
    begins
}

fn content(reader: &mut Reader, fields: &Fields<'_>, entry: &Entry) -> Option<HostedFile> {
    match (fields.get("text"), fields.get("json"), fields.get("path")) {
        (Some(text), None, None) => reader.text(text).map(|_| HostedFile::Text(text.clone())),
        (None, Some(json), None) => Some(HostedFile::Json(json.clone())),
        (None, None, Some(path)) => reader.word(path).map(HostedFile::Path),
        _ => {
            let what = "a file has one content: `text`, `json` or `path`";
            reader.complain(Diagnostic::at(entry.key_origin.clone(), what));
            None
        }
    }
}
