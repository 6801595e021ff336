//! The port at the end of `server:` and `docker:`.

use super::path::is_yaml;
use crate::source::Diagnostic;
use crate::stack_config::piece::Piece;

/// What stands before the port, and the port. What follows the last single colon is one if it could be meant as one.
pub(super) fn split_port<'a>(piece: Piece<'a>, errors: &mut Vec<Diagnostic>) -> (Piece<'a>, Option<u16>) {
    let text = piece.text();
    let Some(at) = text.rfind(':') else { return (piece, None) };
    let after_double = text[..at].ends_with(':');
    let (head, port) = (piece.to(at), piece.from(at + 1));
    if after_double || is_yaml(port.text()) || port.text().contains(['/', '\\', '=', ',', '?', '&']) {
        return (piece, None);
    }
    (head, parse_port(port, errors))
}

/// A number from 1 to 65535.
fn parse_port(port: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<u16> {
    let text = port.text();
    let complaint = if text.is_empty() {
        port.diagnostic("a port is missing after the colon").hint("write a port, or leave the colon out")
    } else if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        port.diagnostic(format!("`{text}` is not a port")).compared("a number from 1 to 65535", text)
    } else {
        match text.parse::<u16>() {
            Ok(number) if number > 0 => return Some(number),
            _ => port
                .diagnostic(format!("the port {text} does not exist"))
                .compared("a number from 1 to 65535", text),
        }
    };
    errors.push(complaint);
    None
}
