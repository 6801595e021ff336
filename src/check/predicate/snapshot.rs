//! `snapshot`

use super::{Context, Predicate, Rule};
use crate::check::compare::first_difference;
use crate::check::compile::{self, Compiler, Mistakes, parse_path};
use crate::check::found::Found;
use crate::check::show;
use crate::check::unmet::{Judged, Unmet};
use crate::source::{Diagnostic, Entry, Kind, Node, Origin};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The folder beside the suite files.
const FOLDER: &str = "_snapshots";
/// What stands in a snapshot for a value that is ignored.
const IGNORED: &str = "(ignored)";

pub(super) static RULE: Rule = Rule {
    name: "snapshot",
    summary: "equals what was kept under this name beside the suite; --update-snapshots keeps it; `ignore` lists paths that may vary",
    example: "{ snapshot: { name: models, ignore: ['$.data[*].created'] } }",
    compile,
};

fn compile(entry: &Entry, compiler: &Compiler<'_>) -> Result<Box<dyn Predicate>, Mistakes> {
    let (name, ignore) = match &entry.value.kind {
        Kind::String(_) => (&entry.value, Vec::new()),
        Kind::Map(entries) => {
            if let Some(other) = entries.iter().find(|entry| !matches!(entry.key.as_str(), "name" | "ignore"))
            {
                let what = format!("`{}` is nothing that a snapshot has", other.key);
                return Err(vec![
                    Diagnostic::at(other.key_origin.clone(), what).hint("it has a `name` and `ignore`"),
                ]);
            }
            let name = entry
                .value
                .get("name")
                .ok_or_else(|| vec![entry.value.diagnostic("a snapshot needs a `name`")])?;
            (name, ignored(entry.value.get("ignore"))?)
        }
        _ => {
            return Err(vec![
                entry.value.diagnostic("`snapshot` takes a name, or a mapping with `name` and `ignore`"),
            ]);
        }
    };
    let name = file_name(name).map_err(|mistake| vec![mistake])?;
    let origin = &entry.value.origin;
    let folder = Path::new(FOLDER).join(Path::new(origin.file.name()).file_stem().unwrap_or_default());
    let stored = |extension: &str| stored(&folder.join(format!("{name}.{extension}")), origin, compiler);
    let (json, text) = (stored("json")?, stored("txt")?);
    let folder = Path::new(origin.file.name()).parent().unwrap_or(Path::new("")).join(folder);
    Ok(Box::new(Snapshot { name, folder, ignore, json, text }))
}

fn file_name(node: &Node) -> Result<String, Diagnostic> {
    let name = node.as_str().unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.starts_with('.') || name.len() > 100 || !name.chars().all(plain) {
        return Err(node
            .diagnostic("the name of a snapshot consists of letters, digits, `_`, `-` and dots, and begins with no dot")
            .hint("templates cannot stand in it: it is looked up before anything runs"));
    }
    Ok(name.to_owned())
}

fn ignored(node: Option<&Node>) -> Result<Vec<serde_json_path::JsonPath>, Mistakes> {
    let paths = match node.map(|node| &node.kind) {
        None => return Ok(Vec::new()),
        Some(Kind::List(paths)) => paths,
        Some(_) => {
            return Err(node
                .map(|node| node.diagnostic("`ignore` takes a list of paths"))
                .into_iter()
                .collect());
        }
    };
    compile::all(paths.iter().map(|path| {
        let text = path.as_str().unwrap_or_default();
        parse_path(text, &path.origin).map_err(|mistake| vec![mistake])?;
        serde_json_path::JsonPath::parse(text).map_err(|error| vec![path.diagnostic(error.to_string())])
    }))
}

fn stored(path: &Path, origin: &Origin, compiler: &Compiler<'_>) -> Result<Option<String>, Mistakes> {
    let path = path.to_string_lossy();
    let file = compiler.resources.text(&origin.file, &path);
    let file =
        file.map_err(|why| vec![Diagnostic::at(origin.clone(), format!("`{path}` cannot be read: {why}"))])?;
    Ok(file.map(|file| file.text().to_owned()))
}

#[derive(Debug)]
struct Snapshot {
    name: String,
    folder: PathBuf,
    ignore: Vec<serde_json_path::JsonPath>,
    json: Option<String>,
    text: Option<String>,
}

impl Predicate for Snapshot {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let whole = found.whole()?;
        let actual = self.without_ignored(&whole);
        let (new, extension, kept) = match &actual {
            Value::String(text) => (text.clone(), "txt", &self.text),
            other => (format!("{other:#}\n"), "json", &self.json),
        };
        if kept.as_deref().is_some_and(|kept| equal(kept, &actual)) {
            return Ok(());
        }
        let path = self.folder.join(format!("{}.{extension}", self.name));
        let unmet = match kept {
            None => Unmet::firm(format!("has no snapshot `{}` yet", self.name))
                .actual(show::json(&actual))
                .hint(format!("--update-snapshots writes {}", path.display())),
            Some(kept) => self.differs(kept, &actual, &new, context),
        };
        context.snapshots.borrow_mut().push((path, new));
        if context.scope.update_snapshots { Ok(()) } else { Err(unmet.alone()) }
    }

    fn phrase(&self, _context: &Context<'_>) -> String {
        format!("equal the snapshot `{}`", self.name)
    }
}

impl Snapshot {
    fn without_ignored(&self, value: &Value) -> Value {
        let mut kept = value.clone();
        for path in &self.ignore {
            for place in path.query_located(value).locations() {
                if let Some(member) = kept.pointer_mut(&place.to_json_pointer()) {
                    *member = Value::from(IGNORED);
                }
            }
        }
        kept
    }

    /// Shows the first place (JSON) or line (text) that differs.
    fn differs(&self, kept: &str, actual: &Value, new: &str, context: &Context<'_>) -> Unmet {
        let unmet = Unmet::should(self.phrase(context)).hint("--update-snapshots accepts what came");
        let place = match serde_json::from_str::<Value>(kept) {
            Ok(kept) if !actual.is_string() => first_difference(&kept, actual),
            _ => None,
        };
        let (at, expected, came) = first_differing_line(kept, new);
        let note = match place {
            Some(place) if !place.is_empty() => format!("the first difference is at {place}"),
            _ => format!("the first difference is in line {at}"),
        };
        unmet.expected(show::shorten(expected, 300)).actual(show::shorten(came, 300)).notes(vec![note])
    }
}

fn equal(kept: &str, actual: &Value) -> bool {
    match actual {
        Value::String(text) => text == kept,
        other => {
            serde_json::from_str(kept).is_ok_and(|kept: Value| crate::check::compare::same(&kept, other))
        }
    }
}

fn first_differing_line<'a>(kept: &'a str, new: &'a str) -> (usize, &'a str, &'a str) {
    let (mut kept, mut new) = (kept.lines(), new.lines());
    let mut at = 0;
    loop {
        at += 1;
        match (kept.next(), new.next()) {
            (None, None) => return (at, "(the end)", "(the end)"),
            (a, b) if a != b => return (at, a.unwrap_or("(the end)"), b.unwrap_or("(the end)")),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{compile, context, fails, holds, mistakes};
    use serde_json::json;
    use std::borrow::Cow;

    #[test]
    fn what_was_kept_is_compared() {
        // The test's resources keep `{"a": [1, 2]}` and a text under the name `kept`.
        holds("{ snapshot: kept }", &json!({"a": [1.0, 2]}));
        holds("{ snapshot: kept }", &json!("one\ntwo\n"));
        let unmet = fails("{ snapshot: kept }", &json!({"a": [1, 3]}), "should equal the snapshot `kept`");
        assert_eq!(unmet.notes, ["the first difference is at .a[1]"]);
        let unmet = fails("{ snapshot: kept }", &json!("one\n2\n"), "should equal the snapshot `kept`");
        assert_eq!((unmet.expected.as_deref(), unmet.actual.as_deref()), (Some("two"), Some("2")));
    }

    #[test]
    fn a_new_one_is_offered_and_accepted_on_demand() {
        let rules = compile("{ snapshot: { name: new, ignore: [$.id] } }").unwrap();
        let value = json!({"id": 5, "b": 1});
        let mut scope = crate::check::Scope::default();
        for update in [false, true] {
            scope.update_snapshots = update;
            let context = context(&scope);
            let judged = rules.judge(&Found::One(Cow::Borrowed(&value)), &context);
            assert_eq!(judged.is_ok(), update);
            let expected = "{\n  \"id\": \"(ignored)\",\n  \"b\": 1\n}\n".to_owned();
            let path = PathBuf::from("suites/_snapshots/a/new.json");
            assert_eq!(context.snapshots.into_inner(), [(path, expected)]);
        }
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        for name in ["../x", "a/b", "''", ".hidden", "'{{ x }}'", "1"] {
            assert!(mistakes(&format!("{{ snapshot: {name} }}"))[0].what.contains("snapshot"), "{name}");
        }
        assert!(mistakes("{ snapshot: { name: x, ignore: [$.a] , hide: 1 } }")[0].what.contains("`hide`"));
        assert!(mistakes("{ snapshot: { name: x, ignore: ['$.['] } }")[0].what.contains("no JSONPath"));
    }
}
