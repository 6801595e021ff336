//! A path to a run config.

use super::Form;
use crate::source::Diagnostic;
use crate::stack_config::piece::Piece;
use crate::stack_config::{Config, StackConfig};

pub(super) const FORM: Form = Form {
    name: "<path>",
    summary: "a run config of your own: it ends in .yaml or .yml, or has a slash",
    example: "./run.yaml",
    claims: |text| is_yaml(text) || text.contains(['/', '\\']),
    parse,
};

/// Whether this is the name of a YAML file and not just an extension.
pub(super) fn is_yaml(text: &str) -> bool {
    [".yaml", ".yml"].iter().any(|end| text.len() > end.len() && text.ends_with(end))
}

fn parse(piece: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<StackConfig> {
    if let Some(complaint) = folder_or_port(piece) {
        errors.push(complaint);
        return None;
    }
    Some(StackConfig::Private(Config::Path(piece.text().to_owned())))
}

fn folder_or_port(piece: Piece<'_>) -> Option<Diagnostic> {
    let text = piece.text();
    if text.ends_with(['/', '\\']) {
        let what = format!("`{text}` is a folder");
        return Some(piece.diagnostic(what).hint("name the run config in it"));
    }
    let (file, port) = text.rsplit_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_port.then(|| {
        let hint =
            format!("write `server:{text}` for a server on that port, or `http://{text}` for one that runs");
        piece.from(file.len()).diagnostic("a path has no port").hint(hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack_config::form::table::tests::rejected;

    #[test]
    fn a_path_may_have_blanks() {
        let config = StackConfig::parse("--stack-config", "my configs/run").unwrap();
        assert_eq!(config, StackConfig::Private(Config::Path("my configs/run".into())));
    }

    #[test]
    fn a_folder_and_a_port_are_refused() {
        assert!(rejected("configs/")[0].1.contains("is a folder"));
        assert_eq!(rejected("./run.yaml:8321")[0].0, ":8321");
    }
}
