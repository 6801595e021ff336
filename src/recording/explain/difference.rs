//! In what two requests differ, by JSON pointer.

use super::super::multipart::parts;
use super::alignment::align;
use super::excerpt::{differing, shown};
use super::volatile;
use crate::model::{Change, Difference};
use crate::wire::message::Request;
use serde_json::{Map, Value};

/// More differences are only counted.
const MOST: usize = 100;

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    /// Which model, or provider, is asked.
    Model,
    /// What is said to it.
    Prompt,
    /// Anything else.
    Parameter,
}

/// A rule that makes a volatile value not count, in words of `stack-test.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    /// What this pointer points at is left out.
    Ignore(String),
    /// What matches the pattern is replaced by the name.
    Mask { pattern: String, name: &'static str },
}

/// A difference, and what is known of it beyond what is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) difference: Difference,
    pub(super) area: Area,
    /// Rules without which the value differs from run to run; none if it is not volatile.
    pub(super) rules: Vec<Rule>,
    /// A rule for a number that is not volatile, and may not matter all the same: a seed.
    pub(super) perhaps: Option<Rule>,
}

/// All differences of two requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) entries: Vec<Entry>,
    /// How many more there are.
    pub(super) more: usize,
}

impl Found {
    /// How far apart the requests are: a changed prompt counts more than a changed parameter, and what differs from run
    /// to run counts least.
    pub(super) fn distance(&self) -> f64 {
        let cost = |entry: &Entry| match entry.area {
            _ if !entry.rules.is_empty() => 0.1,
            Area::Prompt => 2.0,
            Area::Model | Area::Parameter => 1.0,
        };
        #[expect(clippy::cast_precision_loss, reason = "a count of differences")]
        let more = self.more as f64;
        self.entries.iter().map(cost).sum::<f64>() + 2.0 * more
    }

    fn add(&mut self, place: &Place, entry: impl FnOnce() -> (Change, Volatile)) {
        self.add_numbers(place, false, entry);
    }

    fn add_numbers(&mut self, place: &Place, numbers: bool, entry: impl FnOnce() -> (Change, Volatile)) {
        if self.entries.len() == MOST {
            self.more += 1;
            return;
        }
        let (change, volatile) = entry();
        let (volatile, rules) = volatile.map_or((None, Vec::new()), |(name, rules)| (Some(name), rules));
        let difference = Difference { at: place.text.clone(), change, volatile };
        let perhaps = (numbers && rules.is_empty()).then(|| place.ignored().map(Rule::Ignore)).flatten();
        self.entries.push(Entry { difference, area: place.area, rules, perhaps });
    }

    fn changed(&mut self, place: &Place, recorded: &Value, now: &Value) {
        let numbers = recorded.is_number() && now.is_number() && place.may_not_matter();
        self.add_numbers(place, numbers, || {
            let (one, other, from) = match (recorded, now) {
                (Value::String(one), Value::String(other)) => differing(one, other),
                (one, other) => (shown(one), shown(other), None),
            };
            (Change::Changed { recorded: one, now: other, from }, place.volatile(recorded, now))
        });
    }

    fn walk(&mut self, place: &mut Place, recorded: &Value, now: &Value) {
        match (recorded, now) {
            (Value::Object(one), Value::Object(other)) => self.objects(place, one, other),
            (Value::Array(one), Value::Array(other)) => {
                for pair in align(one, other) {
                    let at = pair.1.or(pair.0).unwrap_or_default();
                    place.within(&at.to_string(), true, |place| match pair {
                        (Some(before), Some(after)) => self.walk(place, &one[before], &other[after]),
                        (Some(gone), None) => {
                            self.add(place, || (Change::Removed(shown(&one[gone])), None));
                        }
                        (None, Some(new)) => self.add(place, || (Change::Added(shown(&other[new])), None)),
                        (None, None) => {}
                    });
                }
            }
            (one, other) if one == other || one.is_number() && one.as_f64() == other.as_f64() => {}
            (one, other) => self.changed(place, one, other),
        }
    }

    fn objects(&mut self, place: &mut Place, one: &Map<String, Value>, other: &Map<String, Value>) {
        for (key, value) in one {
            place.within(key, false, |place| match other.get(key) {
                Some(now) => self.walk(place, value, now),
                None => self.add(place, || (Change::Removed(shown(value)), None)),
            });
        }
        for (key, value) in other.iter().filter(|(key, _)| !one.contains_key(*key)) {
            place.within(key, false, |place| self.add(place, || (Change::Added(shown(value)), None)));
        }
    }
}

/// In what `now` differs from `recorded`.
pub(super) fn differences(recorded: &Request, now: &Request) -> Found {
    let mut found = Found::default();
    let text = |text: &str| Value::from(text);
    for (name, one, other, area) in [
        ("provider", &recorded.provider, &now.provider, Area::Model),
        ("method", &recorded.method, &now.method, Area::Parameter),
        ("path", &recorded.path, &now.path, path_area(&recorded.path, &now.path)),
    ] {
        if one != other {
            found.changed(&Place::named(name, area), &text(one), &text(other));
        }
    }
    let (one, other) = (query(&recorded.query), query(&now.query));
    if one != other {
        found.walk(&mut Place::query(), &one, &other);
    }
    let (one, other) = (body(recorded), body(now));
    found.walk(&mut Place::body(), &one, &other);
    found
}

/// Steps of a path that are followed by the name of a model.
const BEFORE_MODELS: [&str; 3] = ["model", "models", "deployments"];

fn path_area(recorded: &str, now: &str) -> Area {
    let steps = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (steps(recorded), steps(now));
    let first = one.iter().zip(&other).position(|(one, other)| one != other).unwrap_or_default();
    let model = first > 0 && BEFORE_MODELS.contains(&one[first - 1].as_str());
    if model { Area::Model } else { Area::Parameter }
}

/// The parameters of a query by name.
fn query(query: &str) -> Value {
    let mut all = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        put(&mut all, &name, Value::from(value));
    }
    Value::Object(all)
}

/// A body as something that has pointers into it.
fn body(request: &Request) -> Value {
    if let Some(parts) = request.content_type.as_deref().and_then(|kind| parts(kind, &request.body)) {
        let mut all = Map::new();
        for part in parts {
            let disposition = part.headers.iter().find(|header| header.contains("name=\""));
            let word = |key: &str| {
                let rest = disposition?.split_once(&format!(" {key}=\""))?.1;
                rest.split('"').next()
            };
            let content = Value::from(String::from_utf8_lossy(part.body));
            let value = match word("filename") {
                Some(file) => Value::from_iter([("filename", Value::from(file)), ("content", content)]),
                None => content,
            };
            put(&mut all, word("name").unwrap_or("part"), value);
        }
        return Value::Object(all);
    }
    serde_json::from_slice(&request.body)
        .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&request.body)))
}

/// Sets `name`; if it is there already, the values become a list.
fn put(all: &mut Map<String, Value>, name: &str, value: Value) {
    match all.get_mut(name) {
        None => {
            all.insert(name.to_owned(), value);
        }
        Some(Value::Array(several)) => several.push(value),
        Some(one) => *one = Value::Array(vec![one.take(), value]),
    }
}

type Volatile = Option<(&'static str, Vec<Rule>)>;

/// Where the comparison is.
struct Place {
    /// The pointer that is shown.
    text: String,
    /// The same for a rule: `*` in place of the numbers of elements; `None` where a rule has no pointer.
    pattern: Option<String>,
    /// The last name on the way.
    name: String,
    area: Area,
    depth: usize,
}

impl Place {
    fn named(text: &str, area: Area) -> Self {
        Self { text: text.to_owned(), pattern: None, name: String::new(), area, depth: 1 }
    }

    fn body() -> Self {
        let area = Area::Prompt;
        Self { text: String::new(), pattern: Some(String::new()), name: String::new(), area, depth: 0 }
    }

    /// The query: rules know a parameter of it by `?` and its name.
    fn query() -> Self {
        Self { pattern: Some(String::new()), ..Self::named("?", Area::Parameter) }
    }

    /// The pointer for a rule that leaves it out.
    fn ignored(&self) -> Option<String> {
        self.pattern.clone().filter(|pattern| !pattern.is_empty())
    }

    /// Whether another number there may be of no account: the answer need not be another one for it.
    fn may_not_matter(&self) -> bool {
        const MATTER: [&str; 13] = [
            "temperature",
            "top_p",
            "topP",
            "top_k",
            "topK",
            "max_tokens",
            "maxTokens",
            "max_completion_tokens",
            "max_output_tokens",
            "maxOutputTokens",
            "n",
            "dimensions",
            "num_predict",
        ];
        self.area == Area::Parameter && !MATTER.contains(&self.name.as_str())
    }

    /// Goes one step down for the time of `there`.
    fn within(&mut self, step: &str, is_element: bool, there: impl FnOnce(&mut Self)) {
        let (text, area) = (self.text.len(), self.area);
        let pattern = self.pattern.as_ref().map(String::len);
        let escaped = step.replace('~', "~0").replace('/', "~1");
        let slash = if self.text == "?" { "" } else { "/" };
        self.text.push_str(&format!("{slash}{escaped}"));
        let in_query = self.text.starts_with('?');
        match &mut self.pattern {
            Some(pattern) if in_query && pattern.is_empty() => pattern.push_str(&format!("?{step}")),
            // One of several parameters of a name: the rule is for all of them.
            Some(_) if in_query => {}
            Some(pattern) => pattern.push_str(&format!("/{}", if is_element { "*" } else { &escaped })),
            None => {}
        }
        let name = (!is_element).then(|| std::mem::replace(&mut self.name, step.to_owned()));
        if self.depth == 0 {
            self.area = area_of(step);
        }
        self.depth += 1;
        there(self);
        self.depth -= 1;
        self.area = area;
        self.text.truncate(text);
        if let (Some(pattern), Some(length)) = (&mut self.pattern, pattern) {
            pattern.truncate(length);
        }
        if let Some(name) = name {
            self.name = name;
        }
    }

    /// Whether and why a changed value differs from run to run.
    fn volatile(&self, recorded: &Value, now: &Value) -> Volatile {
        if self.area == Area::Model {
            return None;
        }
        let named = volatile::by_name(&self.name).filter(|_| self.area == Area::Parameter);
        let ignored = self.ignored();
        if let (Some(name), Some(pattern)) = (named, &ignored) {
            return Some((name, vec![Rule::Ignore(pattern.clone())]));
        }
        let (Value::String(one), Value::String(other)) = (recorded, now) else { return None };
        let kinds = volatile::kinds(one, other);
        let (first, _) = kinds.first()?;
        // A value that is nothing else needs no pattern, unless it is what is said to the model.
        let whole = self.area == Area::Parameter && !other.contains(char::is_whitespace);
        let rules = match ignored.filter(|_| whole) {
            Some(pattern) => vec![Rule::Ignore(pattern)],
            None => kinds
                .iter()
                .map(|(kind, value)| Rule::Mask { pattern: kind.rule(value), name: kind.name })
                .collect(),
        };
        Some((first.name, rules))
    }
}

/// What a member of the body is about, in the APIs of all providers.
fn area_of(name: &str) -> Area {
    const MODEL: [&str; 4] = ["model", "model_id", "modelId", "deployment"];
    const PROMPT: [&str; 17] = [
        "messages",
        "prompt",
        "suffix",
        "input",
        "inputs",
        "instructions",
        "system",
        "contents",
        "systemInstruction",
        "system_instruction",
        "query",
        "documents",
        "text",
        "texts",
        "content",
        "template",
        "images",
    ];
    if MODEL.contains(&name) {
        Area::Model
    } else if PROMPT.contains(&name) {
        Area::Prompt
    } else {
        Area::Parameter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn request(body: &str) -> Request {
        Request {
            provider: "llm".into(),
            method: "POST".into(),
            path: "/v1/chat/completions".into(),
            query: String::new(),
            content_type: None,
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn told(recorded: &str, now: &str) -> Vec<String> {
        let found = differences(&request(recorded), &request(now));
        found.entries.iter().map(|entry| entry.difference.to_string()).collect()
    }

    #[test]
    fn what_is_new_gone_and_changed_is_named_by_its_pointer() {
        let told = told(
            r#"{"model":"m","n":1,"stop":["a"],"a/b":{"c~d":1}}"#,
            r#"{"model":"m","n":1.0,"stop":["b"],"a/b":{"c~d":2},"seed":7}"#,
        );
        assert_eq!(told, [r#"/stop/0 is "b" (was "a")"#, "/a~1b/c~0d is 2 (was 1)", "/seed is new: 7"]);
        assert_eq!(super::tests::told(r#"{"a":1,"b":2}"#, r#"{"b":2}"#), ["/a is gone (was 1)"]);
        assert_eq!(
            super::tests::told("[1]", "no json"),
            [r#" is "no json" (was [1])"#.trim_start().to_owned()]
                .map(|text| format!("the whole body {text}"))
        );
    }

    #[test]
    fn a_message_put_in_between_is_one_difference() {
        let message = |text: &str| format!(r#"{{"role":"user","content":"{text}"}}"#);
        let body = |texts: &[&str]| {
            let all: Vec<String> = texts.iter().map(|text| message(text)).collect();
            format!(r#"{{"messages":[{}]}}"#, all.join(","))
        };
        let told = told(&body(&["one", "two", "three"]), &body(&["one", "new", "two", "three"]));
        assert_eq!(told, [r#"/messages/1 is new: {"role":"user","content":"new"}"#]);
    }

    #[test]
    fn queries_paths_and_forms_are_compared_by_their_parts() {
        let mut one = request("");
        one.query = "limit=1&after=x".into();
        one.path = "/model/small/converse".into();
        let form = |text: &str| {
            format!(
                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{text}\r\n--b--\r\n"
            )
        };
        one.content_type = Some("multipart/form-data; boundary=b".into());
        one.body = form("hello").into();
        let mut other = one.clone();
        other.query = "limit=2".into();
        other.path = "/model/large/converse".into();
        other.body = form("hullo").into();
        let found = differences(&one, &other);
        let told: Vec<String> = found.entries.iter().map(|entry| entry.difference.to_string()).collect();
        assert_eq!(
            told,
            [
                r#"path is "/model/large/converse" (was "/model/small/converse")"#,
                r#"?limit is "2" (was "1")"#,
                r#"?after is gone (was "x")"#,
                r#"/file/content is "hullo" (was "hello")"#,
            ]
        );
        assert_eq!(found.entries[0].area, Area::Model);
    }

    #[test]
    fn more_differences_than_anybody_reads_are_counted() {
        let body =
            |n: u32| format!("[{}]", (0..1000).map(|i| (i + n).to_string()).collect::<Vec<_>>().join(","));
        let found = differences(&request(&body(0)), &request(&body(5000)));
        assert_eq!((found.entries.len(), found.more), (MOST, 900));
    }
}
