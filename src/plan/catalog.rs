//! The files there are, and finding one by what the user calls it.

use super::SuiteSources;
use crate::source::{Diagnostic, Origin, nearest};
use std::collections::{BTreeSet, HashMap};

/// The folder whose files hold the fragments that all suites share.
const SHARED: &str = "_fragments/";

/// The suite files below the suites folder.
#[derive(Debug)]
pub(super) struct Catalog {
    root: String,
    /// In the order of their paths.
    pub(super) files: Vec<CatalogFile>,
    by_path: HashMap<String, usize>,
    folders: BTreeSet<String>,
    /// The files of shared fragments.
    pub(super) shared: Vec<String>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct CatalogFile {
    /// As the source calls it: `inference/chat.yaml`.
    pub(super) file: String,
    /// Without its extension: `inference/chat`.
    pub(super) path: String,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A file, by index.
    File(usize),
    /// A folder, with a slash at its end; empty for all there is.
    Folder(String),
}

impl Catalog {
    /// Lists what `sources` have. Files and folders whose names begin with `_` or `.` are no suites.
    pub(super) fn new(sources: &dyn SuiteSources) -> Result<Self, Vec<Diagnostic>> {
        let mut listed = sources.list().map_err(|error| vec![error])?;
        listed.sort_unstable();
        let root = sources.root().trim_end_matches('/').to_owned();
        let mut catalog = Self {
            root,
            files: Vec::new(),
            by_path: HashMap::new(),
            folders: BTreeSet::new(),
            shared: Vec::new(),
        };
        let mut errors = Vec::new();
        for file in listed {
            let Some(path) = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")) else {
                continue;
            };
            if file.starts_with(SHARED) {
                catalog.shared.push(file);
            } else if !path.split('/').any(|part| part.starts_with(['_', '.'])) {
                let path = path.to_owned();
                errors.extend(catalog.add(file, path));
            }
        }
        if errors.is_empty() { Ok(catalog) } else { Err(errors) }
    }

    fn add(&mut self, file: String, path: String) -> Option<Diagnostic> {
        if path.contains("::") || path.chars().any(char::is_control) {
            let what = format!(
                "the suite file `{}` has a name that cannot be part of a case id",
                file.escape_debug()
            );
            return Some(Diagnostic::new(what).hint("rename it, without `::` and control characters"));
        }
        if let Some(other) = self.by_path.insert(path.clone(), self.files.len()) {
            let what = format!("`{}` and `{file}` are both the suite `{path}`", self.files[other].file);
            return Some(Diagnostic::new(what).hint("rename one of them"));
        }
        let folders = path.match_indices('/').map(|(at, _)| path[..=at].to_owned());
        self.folders.extend(folders);
        self.files.push(CatalogFile { file, path });
        None
    }

    /// What `name` stands for: a file (with or without extension, with or without the suites folder before it), or a
    /// folder. A name that ends in a slash is a folder; one that does not is a file if there is one.
    pub(super) fn find(&self, name: &str, origin: &Origin) -> Result<Found, Diagnostic> {
        let plain = self.below_root(name);
        let folder =
            if plain.is_empty() || plain.ends_with('/') { plain.to_owned() } else { format!("{plain}/") };
        let path = plain.strip_suffix(".yaml").or_else(|| plain.strip_suffix(".yml")).unwrap_or(plain);
        if let Some(index) = self.by_path.get(path) {
            return Ok(Found::File(*index));
        }
        if plain.is_empty() || self.folders.contains(&folder) {
            return Ok(Found::Folder(if plain.is_empty() { String::new() } else { folder }));
        }
        Err(self.unknown(name, plain, origin))
    }

    /// The files of a folder and of the folders in it.
    pub(super) fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = usize> + 'a {
        (0..self.files.len()).filter(move |index| self.files[*index].path.starts_with(folder))
    }

    fn below_root<'a>(&self, name: &'a str) -> &'a str {
        let name = name.strip_prefix("./").unwrap_or(name);
        let root = self.root.strip_prefix("./").unwrap_or(&self.root);
        if name == root || name == "." {
            return "";
        }
        name.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name)
    }

    fn unknown(&self, name: &str, plain: &str, origin: &Origin) -> Diagnostic {
        let diagnostic = Diagnostic::at(origin.clone(), format!("there is no suite `{name}`"));
        let paths = self.files.iter().map(|file| file.path.as_str());
        if let Some(name) = nearest(plain, paths.clone().chain(self.folders.iter().map(String::as_str))) {
            return diagnostic.hint(format!("did you mean `{name}`?"));
        }
        let same_name = paths.clone().find(|path| path.rsplit('/').next() == Some(plain));
        if let Some(path) = same_name {
            return diagnostic.hint(format!("did you mean `{path}`?"));
        }
        let top: BTreeSet<&str> =
            paths.map(|path| path.find('/').map_or(path, |slash| &path[..=slash])).collect();
        let top: Vec<&str> = top.into_iter().take(20).collect();
        match top.as_slice() {
            [] => diagnostic.hint(format!("there are no suites in `{}`", self.root)),
            names => diagnostic.hint(format!("`{}` holds {}", self.root, names.join(", "))),
        }
    }
}
