//! From the names on the command line to the files they stand for, read.

use super::ListedTest;
use super::catalog::{Catalog, Found};
use super::{SuiteSources, parallel};
use crate::source::{Diagnostic, Origin, SourceFile, Span};
use crate::suite::{self, Bundle, Document, External, Fragment, Suite, Word};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The named suite that is taken where nothing is asked for.
const DEFAULT: &str = "base";

/// How deep named suites may include each other.
const DEEPEST: usize = 32;

/// What was asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Names of suites, given by `--suite` or as arguments: a named suite (`base`), a suite (`inference/chat`), a folder
    /// (`inference/`), a file (`suites/inference/chat.yaml`) or a case id (`inference/chat::streaming`).
    pub names: Vec<String>,
    /// Folders given by `--subdirs`; if there are any, they are taken instead of `names`.
    pub subdirs: Vec<String>,
}

/// The files that were asked for, read.
#[derive(Debug, Default)]
pub struct Resolved {
    /// The setup of the named suite that was asked for, or else of `base`, and where it is written.
    pub setup: Option<(String, Origin)>,
    /// Set if several named suites were asked for that want different setups: to be shown where `--setup` is not given.
    pub setup_conflict: Option<Diagnostic>,
    pub(super) suites: Vec<ResolvedSuite>,
    pub(super) shared: Vec<Fragment>,
    /// What is wrong in the files; it is shown together with what [`build`](super::build) finds.
    pub(super) errors: Vec<Diagnostic>,
}

impl Resolved {
    /// The suites, by their paths below the suites folder, without the extension.
    pub fn suite_paths(&self) -> impl Iterator<Item = &str> {
        self.suites.iter().map(|suite| suite.path.as_str())
    }
}

/// A file of cases.
#[derive(Debug)]
pub(super) struct ResolvedSuite {
    pub(super) path: String,
    pub(super) file: Arc<SourceFile>,
    pub(super) suite: Suite,
    /// Set if another runner has its tests; then `suite` has no cases.
    pub(super) external: Option<External>,
    /// The tests of that runner, once they are listed.
    pub(super) tests: Option<Vec<ListedTest>>,
    /// The cases asked for by id; all, if there are none.
    pub(super) only: Vec<Word>,
}

/// Finds and reads what `wanted` stands for: the named suite `base` if it names nothing, or all there is if there is no
/// `base`.
///
/// # Errors
/// Names that match nothing, with the nearest one; named suites that include each other in a circle. What is wrong in
/// the suites themselves is kept for [`build`](super::build), so that everything is shown at once.
pub fn resolve(sources: &dyn SuiteSources, wanted: &Wanted) -> Result<Resolved, Vec<Diagnostic>> {
    let catalog = Catalog::new(sources)?;
    let mut resolver = Resolver { catalog: &catalog, sources, read: HashMap::new(), errors: Vec::new() };
    let mut setups = Vec::new();
    let mut picked = Picked::default();
    for (name, label) in names(&catalog, wanted) {
        resolver.pick_argument(&name, label, &mut picked, &mut setups);
    }
    if !resolver.errors.is_empty() {
        return Err(resolver.errors);
    }
    if setups.is_empty() {
        setups.extend(resolver.default_setup());
    }
    let mut resolved = Resolved::default();
    resolver.finish(picked, &mut resolved);
    resolved.setup_conflict = conflict(&setups);
    resolved.setup = setups.into_iter().next().map(|word| (word.text, word.origin));
    Ok(resolved)
}

fn names(catalog: &Catalog, wanted: &Wanted) -> Vec<(String, &'static str)> {
    if !wanted.subdirs.is_empty() {
        return wanted.subdirs.iter().map(|name| (name.clone(), "--subdirs")).collect();
    }
    if !wanted.names.is_empty() {
        return wanted.names.iter().map(|name| (name.clone(), "--suite")).collect();
    }
    let default = if catalog.files.iter().any(|file| file.path == DEFAULT) { DEFAULT } else { "." };
    vec![(default.to_owned(), "--suite")]
}

fn conflict(setups: &[Word]) -> Option<Diagnostic> {
    let first = setups.first()?;
    let other = setups.iter().find(|setup| setup.text != first.text)?;
    let what = format!("the suites asked for want different setups: `{}` and `{}`", first.text, other.text);
    let diagnostic = Diagnostic::at(other.origin.clone(), what);
    Some(diagnostic.note(format!("the first is set at {}", first.origin)).hint("choose one with --setup"))
}

/// Files in the order in which they were asked for, each once.
#[derive(Debug, Default)]
struct Picked {
    order: Vec<usize>,
    /// By file: the cases asked for; empty for all of them.
    only: HashMap<usize, Vec<Word>>,
    /// Files that were named, and not only found in a folder.
    named: HashSet<usize>,
}

impl Picked {
    fn whole(&mut self, file: usize) {
        if self.only.insert(file, Vec::new()).is_none() {
            self.order.push(file);
        }
    }

    fn case(&mut self, file: usize, case: Word) {
        match self.only.get_mut(&file) {
            Some(cases) if cases.is_empty() => {}
            Some(cases) => cases.push(case),
            None => {
                self.only.insert(file, vec![case]);
                self.order.push(file);
            }
        }
    }
}

/// A file that was read.
struct ReadFile {
    file: Arc<SourceFile>,
    document: Document,
    errors: Vec<Diagnostic>,
}

struct Resolver<'a> {
    catalog: &'a Catalog,
    sources: &'a dyn SuiteSources,
    read: HashMap<usize, Result<ReadFile, Diagnostic>>,
    /// Names that match nothing, and circles.
    errors: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn pick_argument(&mut self, name: &str, label: &str, picked: &mut Picked, setups: &mut Vec<Word>) {
        let file = SourceFile::new(label, name);
        let origin = |start, end| Origin { file: Arc::clone(&file), span: Span { start, end } };
        if let Some(at) = name.find("::") {
            match self.catalog.find(&name[..at], &origin(0, at)) {
                Ok(Found::File(index)) => {
                    let case = Word { text: name[at + 2..].to_owned(), origin: origin(at + 2, name.len()) };
                    picked.named.insert(index);
                    picked.case(index, case);
                }
                Ok(Found::Folder(_)) => {
                    let what = format!("`{}` is a folder, and a case id begins with a suite", &name[..at]);
                    self.errors.push(Diagnostic::at(origin(0, at), what));
                }
                Err(error) => self.errors.push(error),
            }
            return;
        }
        let word = Word { text: name.to_owned(), origin: origin(0, name.len()) };
        let mut chain = Vec::new();
        let mut files = Vec::new();
        setups.extend(self.expand(&word, &mut chain, &mut files, &mut picked.named));
        files.into_iter().for_each(|file| picked.whole(file));
    }

    /// Adds the files that `word` stands for; the setup of a named suite, or of the first one it includes.
    fn expand(
        &mut self,
        word: &Word,
        chain: &mut Vec<usize>,
        files: &mut Vec<usize>,
        named: &mut HashSet<usize>,
    ) -> Option<Word> {
        let index = match self.catalog.find(&word.text, &word.origin) {
            Ok(Found::File(index)) => index,
            Ok(Found::Folder(folder)) => {
                files.extend(self.catalog.below(&folder));
                return None;
            }
            Err(error) => {
                self.errors.push(error);
                return None;
            }
        };
        let Some(bundle) = self.bundle(index) else {
            named.insert(index);
            files.push(index);
            return None;
        };
        if chain.contains(&index) || chain.len() >= DEEPEST {
            self.errors.push(self.circle(chain, index, word));
            return None;
        }
        chain.push(index);
        let (include, exclude, mut setup) = bundle;
        let mut members = Vec::new();
        for member in &include {
            let inner = self.expand(member, chain, &mut members, named);
            setup = setup.or(inner);
        }
        let left_out = self.left_out(&exclude);
        files.extend(members.into_iter().filter(|file| !left_out.contains(file)));
        chain.pop();
        setup
    }

    fn left_out(&mut self, exclude: &[Word]) -> HashSet<usize> {
        let mut files = HashSet::new();
        for word in exclude {
            match self.catalog.find(&word.text, &word.origin) {
                Ok(Found::File(index)) => {
                    files.insert(index);
                }
                Ok(Found::Folder(folder)) => files.extend(self.catalog.below(&folder)),
                Err(error) => self.errors.push(error),
            }
        }
        files
    }

    fn circle(&self, chain: &[usize], index: usize, word: &Word) -> Diagnostic {
        let path = |index: &usize| self.catalog.files[*index].path.as_str();
        let start = chain.iter().position(|file| *file == index).unwrap_or(0);
        let names: Vec<&str> = chain[start..].iter().chain([&index]).map(path).collect();
        let what = format!("named suites include each other: {}", names.join(" → "));
        Diagnostic::at(word.origin.clone(), what)
    }

    /// The setup of the default suite: a part of a project is run with what the whole is run with.
    fn default_setup(&mut self) -> Option<Word> {
        let index = self.catalog.files.iter().position(|file| file.path == DEFAULT)?;
        self.bundle(index)?.2
    }

    /// What the file bundles, if it is a named suite.
    fn bundle(&mut self, index: usize) -> Option<(Vec<Word>, Vec<Word>, Option<Word>)> {
        let (catalog, sources) = (self.catalog, self.sources);
        let read = self.read.entry(index).or_insert_with(|| read(sources, &catalog.files[index].file));
        match read {
            Ok(ReadFile {
                document: Document::Bundle(Bundle { include, exclude, setup, .. }),
                errors,
                ..
            }) => {
                self.errors.append(errors);
                Some((include.clone(), exclude.clone(), setup.clone()))
            }
            _ => None,
        }
    }

    /// Reads what is not read yet, and puts everything in order.
    fn finish(mut self, mut picked: Picked, resolved: &mut Resolved) {
        let unread: Vec<usize> =
            picked.order.iter().copied().filter(|index| !self.read.contains_key(index)).collect();
        let (catalog, sources) = (self.catalog, self.sources);
        let files = parallel::map(&unread, |index| read(sources, &catalog.files[*index].file));
        self.read.extend(unread.into_iter().zip(files));
        self.shared(resolved);
        for index in &picked.order {
            let Some(read) = self.read.remove(index) else { continue };
            let only = picked.only.remove(index).unwrap_or_default();
            let path = &catalog.files[*index].path;
            match read {
                Ok(read) => resolved.take(path, read, only, picked.named.contains(index)),
                Err(error) => resolved.errors.push(error),
            }
        }
    }

    fn shared(&self, resolved: &mut Resolved) {
        for path in &self.catalog.shared {
            match self.sources.read(path) {
                Ok(file) => {
                    let parsed = suite::parse_fragments(&file);
                    resolved.errors.extend(parsed.errors);
                    resolved.shared.extend(parsed.value);
                }
                Err(error) => resolved.errors.push(error),
            }
        }
    }
}

impl Resolved {
    fn take(&mut self, path: &str, read: ReadFile, only: Vec<Word>, named: bool) {
        match read.document {
            Document::Suite(suite) => {
                self.errors.extend(read.errors);
                self.add(path, read.file, (suite, None), only);
            }
            // Its own files are in the folder too, or were left out of it on purpose.
            Document::Bundle(_) if !named => {}
            Document::Bundle(_) => {
                self.errors.extend(
                    read.errors.into_iter().chain(only.into_iter().map(|case| {
                        Diagnostic::at(case.origin, format!("`{path}` has no cases of its own"))
                    })),
                )
            }
            Document::External(external) => {
                self.errors.extend(read.errors);
                let suite = Suite { about: external.about.clone(), ..Suite::default() };
                self.add(path, read.file, (suite, Some(external)), only);
            }
        }
    }

    fn add(
        &mut self,
        path: &str,
        file: Arc<SourceFile>,
        (suite, external): (Suite, Option<External>),
        only: Vec<Word>,
    ) {
        let path = path.to_owned();
        self.suites.push(ResolvedSuite { path, file, suite, external, tests: None, only });
    }
}

fn read(sources: &dyn SuiteSources, path: &str) -> Result<ReadFile, Diagnostic> {
    let file = sources.read(path)?;
    let parsed = suite::parse(&file);
    Ok(ReadFile { file, document: parsed.value, errors: parsed.errors })
}
