//! What is served, documented, tested and recorded, joined by route.

use super::document::Document;
use super::route::{HOLE, Shape, api_of};
use std::collections::{BTreeMap, BTreeSet};

/// A request that a case makes.
#[derive(Debug, Clone)]
pub struct Call {
    /// In capitals.
    pub method: String,
    /// The path as far as it is known before it is asked for, with [`HOLE`]s; and the same with a hole for everything that is
    /// filled in, since what is filled in may have slashes.
    pub paths: [String; 2],
    /// Which case makes it.
    pub case: usize,
    /// Whether the case has recordings.
    pub recorded: bool,
    /// Whether the case wants to be told that there is no such thing.
    pub wants_nothing: bool,
}

/// What is to be joined.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// Method and path of each route that the server lists.
    pub served: Vec<(String, String)>,
    /// The document, if there is one.
    pub document: Option<&'a Document>,
    /// Where the server has its own document: it is served, and documents itself, whether anybody lists it or not.
    pub place: Option<String>,
    /// What the suites ask for.
    pub calls: Vec<Call>,
}

/// What is known of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The API it belongs to.
    pub api: String,
    /// In capitals.
    pub method: String,
    /// Its path, as the document writes it, or else the server, or else the suites.
    pub route: String,
    /// Whether the server lists it.
    pub served: bool,
    /// Whether the document has it.
    pub documented: bool,
    /// How many cases ask for it.
    pub tested: usize,
    /// How many of them have recordings.
    pub recorded: usize,
}

/// Every route, by API, path and method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Whether there is a document; without one, nothing is documented and nothing is missing in it.
    pub has_document: bool,
    /// The routes.
    pub rows: Vec<Row>,
}

/// A row while it is being made.
struct Making {
    row: Row,
    shape: Shape,
    cases: BTreeSet<usize>,
    recorded: BTreeSet<usize>,
}

impl Coverage {
    /// Joins what was found.
    pub fn of(found: Found<'_>) -> Self {
        let mut joined = Joined::default();
        for operation in found.document.iter().flat_map(|document| &document.operations) {
            let making = joined.row(&operation.method, &operation.path);
            making.row.documented = true;
            making.row.api.clone_from(&operation.api);
        }
        for (method, path) in &found.served {
            joined.row(method, path).row.served = true;
        }
        for call in &found.calls {
            let Some(making) = joined.asked(call) else { continue };
            making.cases.insert(call.case);
            if call.recorded {
                making.recorded.insert(call.case);
            }
        }
        let place = found.place.map(|place| Shape::new(&place));
        for making in joined.rows.iter_mut().filter(|making| Some(&making.shape) == place.as_ref()) {
            (making.row.served, making.row.documented) = (true, found.document.is_some());
        }
        let mut rows: Vec<Row> = joined.rows.into_iter().map(Making::done).collect();
        rows.sort_by(|one, other| {
            (&one.api, &one.route, &one.method).cmp(&(&other.api, &other.route, &other.method))
        });
        Self { has_document: found.document.is_some(), rows }
    }

    /// Routes that are served and that no case asks for.
    pub fn untested(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.served && row.tested == 0)
    }

    /// Routes that are served and not in the document.
    pub fn undocumented(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| self.has_document && row.served && !row.documented)
    }

    /// Routes that the document has or a case asks for, and that are not served.
    pub fn unserved(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.served)
    }
}

#[derive(Default)]
struct Joined {
    rows: Vec<Making>,
    places: BTreeMap<(String, Shape), usize>,
}

impl Joined {
    /// The row of that very route, made if there is none.
    fn row(&mut self, method: &str, path: &str) -> &mut Making {
        let key = (method.to_ascii_uppercase(), Shape::new(path));
        let next = self.rows.len();
        let place = *self.places.entry(key.clone()).or_insert(next);
        if place == next {
            let (method, shape) = key;
            self.rows.push(Making::new(method, path, shape));
        }
        &mut self.rows[place]
    }

    /// The row that a call is for: what fits exactly, then what fits with the ids left open, then what fits if ids have
    /// slashes. A call for what is nowhere makes a row of its own, unless that is what it is about.
    fn asked(&mut self, call: &Call) -> Option<&mut Making> {
        let best = |path: &str| {
            let shape = Shape::new(path);
            let rows = self.rows.iter().enumerate().filter(|(_, making)| making.row.method == call.method);
            let fits = rows.filter_map(|(index, making)| Some((making.shape.fit(&shape)?, index)));
            fits.max_by_key(|(fit, index)| (*fit, std::cmp::Reverse(*index)))
        };
        let [known, open] = call.paths.each_ref().map(|path| best(path));
        let exact = [known, open].into_iter().flatten().find(|(fit, _)| fit.is_exact());
        match exact.or(known).or(open) {
            Some((_, index)) => Some(&mut self.rows[index]),
            None if call.wants_nothing => None,
            None => Some(self.row(&call.method, &shown(&call.paths[1]))),
        }
    }
}

impl Making {
    fn new(method: String, path: &str, shape: Shape) -> Self {
        let row = Row {
            api: api_of(path),
            method,
            route: path.to_owned(),
            served: false,
            documented: false,
            tested: 0,
            recorded: 0,
        };
        Self { row, shape, cases: BTreeSet::new(), recorded: BTreeSet::new() }
    }

    fn done(self) -> Row {
        Row { tested: self.cases.len(), recorded: self.recorded.len(), ..self.row }
    }
}

/// A path with holes as a route is written.
fn shown(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.replace(HOLE, "{…}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(method: &str, path: &str, case: usize) -> Call {
        let paths = [path.to_owned(), path.to_owned()];
        Call { method: method.to_owned(), paths, case, recorded: case == 0, wants_nothing: false }
    }

    #[test]
    fn a_route_is_one_row_however_it_is_written() {
        let document = json!({"paths": {
            "/v1/files/{file_id}": {"get": {"tags": ["files"]}, "delete": {}},
            "/v1/models/{model_id}": {"get": {}},
            "/v1/gone": {"get": {}},
        }});
        let document = Document::new(document).unwrap();
        let owned = |method: &str, path: &str| (method.to_owned(), path.to_owned());
        let served = vec![
            owned("GET", "/v1/files/{id}"),
            owned("delete", "/v1/files/{id}"),
            owned("GET", "/v1/models/{model_id:path}"),
            owned("GET", "/v1/hidden"),
        ];
        let mut model = call("GET", "/v1/models/a/b", 2);
        model.paths[1] = "/v1/models/\u{1}".to_owned();
        let calls = vec![
            call("GET", "/v1/files/file-1?limit=1", 0),
            call("GET", "/v1/files/\u{1}", 1),
            call("GET", "/v1/files/\u{1}", 1),
            model,
            call("GET", "/openapi.json", 3),
            call("POST", "/v1/elsewhere/\u{1}", 3),
            Call { wants_nothing: true, ..call("GET", "/v1/no-such-route", 3) },
        ];
        let coverage = Coverage::of(Found {
            served,
            document: Some(&document),
            place: Some("/openapi.json".into()),
            calls,
        });
        let row = |route: &str, method: &str| {
            coverage.rows.iter().find(|row| row.route == route && row.method == method).unwrap()
        };
        let file = row("/v1/files/{file_id}", "GET");
        assert_eq!((file.served, file.documented, file.tested, file.recorded), (true, true, 2, 1));
        assert_eq!(row("/v1/models/{model_id}", "GET").tested, 1);
        fn names<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<String> {
            rows.map(|row| format!("{} {}", row.method, row.route)).collect()
        }
        assert_eq!(names(coverage.untested()), ["DELETE /v1/files/{file_id}", "GET /v1/hidden"]);
        assert_eq!(names(coverage.undocumented()), ["GET /v1/hidden"]);
        assert_eq!(names(coverage.unserved()), ["POST /v1/elsewhere/{…}", "GET /v1/gone"]);
        assert_eq!(coverage.rows.len(), 7, "{:#?}", coverage.rows);
    }
}
