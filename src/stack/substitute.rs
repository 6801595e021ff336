//! `${env.NAME}`, `${env.NAME:=default}` and `${env.NAME:+value}` in a run config.

/// A reference without its end, or to a variable that is not set and has no default.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// `${env.` without `}`.
    Unclosed,
    /// The variable's name.
    Unset(String),
}

/// `text` with its references filled in. A variable that is empty counts as not set, as with Llama Stack.
pub(super) fn fill(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, Gap> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${env.") {
        out.push_str(&rest[..start]);
        let reference = &rest[start + "${env.".len()..];
        let end = reference.find('}').ok_or(Gap::Unclosed)?;
        out.push_str(&value(&reference[..end], lookup)?);
        rest = &reference[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn value(reference: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, Gap> {
    let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
    if let Some((name, default)) = reference.split_once(":=") {
        return Ok(set(name).unwrap_or_else(|| default.to_owned()));
    }
    if let Some((name, value)) = reference.split_once(":+") {
        return Ok(set(name).map_or_else(String::new, |_| value.to_owned()));
    }
    lookup(reference).ok_or_else(|| Gap::Unset(reference.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_conditions() {
        let lookup = |name: &str| match name {
            "SET" => Some("on".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let fill = |text| fill(text, &lookup);
        assert_eq!(fill("a ${env.SET} b ${env.NONE:=http://x/v1} c").unwrap(), "a on b http://x/v1 c");
        assert_eq!(fill("${env.EMPTY:=d}${env.SET:=d}").unwrap(), "don");
        assert_eq!(fill("[${env.SET:+yes}][${env.NONE:+yes}][${env.NONE:=}]").unwrap(), "[yes][][]");
        assert_eq!(fill("${env.NONE}"), Err(Gap::Unset("NONE".into())));
        assert_eq!(fill("${env.SET"), Err(Gap::Unclosed));
    }
}
