//! `when:`: the stacks that an exception is for.

use super::keys;
use super::reader::{Fields, Reader};
use crate::model::{Server, Versions, When};
use crate::source::{Diagnostic, nearest};

/// The `when:` of an exception; one without holds for every stack. `None` is one that has been complained about: half of a
/// condition would hold for too much.
pub(super) fn when(reader: &mut Reader, fields: &Fields<'_>) -> Option<When> {
    let Some(node) = fields.get("when") else { return Some(When::default()) };
    let fields = reader.mapping(node, &keys::WHEN)?;
    let Some(server) = fields.get("server") else {
        let what = "`when` needs a `server`: versions of different servers cannot be compared";
        reader.complain(fields.diagnostic(what));
        return None;
    };
    let words = reader.words(server, "servers");
    let mut servers = Vec::with_capacity(words.len());
    for word in &words {
        match Server::ALL.into_iter().find(|server| server.word() == word.text) {
            Some(server) => servers.push(server),
            None => {
                let known = Server::ALL.map(Server::word);
                let error =
                    Diagnostic::at(word.origin.clone(), format!("there is no server `{}`", word.text));
                let all = format!("the servers are {}", known.join(", "));
                reader.complain(error.hint(match nearest(&word.text, known) {
                    Some(name) => format!("did you mean `{name}`? {all}"),
                    None => all,
                }));
            }
        }
    }
    if servers.is_empty() {
        if words.is_empty() {
            reader.complain(server.diagnostic("`server` needs at least one server"));
        }
        return None;
    }
    let versions = match fields.get("version") {
        Some(node) => {
            let text = reader.text(node)?;
            match text.parse::<Versions>() {
                Ok(versions) => Some(versions),
                Err(error) => {
                    reader.complain(node.diagnostic(error.to_string()).hint(
                        "write `<0.5`, `0.4` for all that begin with it, or several with commas: `>=1.2, <2`",
                    ));
                    return None;
                }
            }
        }
        None => None,
    };
    if let Some(node) = fields.get("version").filter(|_| servers.len() > 1) {
        let what = "`version` goes with one server: versions of different servers cannot be compared";
        reader.complain(node.diagnostic(what).hint("write an entry of its own for each server"));
        return None;
    }
    Some(When { servers, versions })
}
