//! What a project or a suite declares not to count when calls are compared.

use crate::model::{Insignificant, MatchRule};
use crate::wire::message::Request;
use regex::Regex;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// Compiled rules. Without any (the default) everything counts.
#[derive(Debug, Default)]
pub struct Rules {
    places: Vec<Scoped<Place>>,
    masks: Vec<Scoped<Mask>>,
}

#[derive(Debug)]
struct Scoped<T> {
    provider: Option<String>,
    rule: T,
}

#[derive(Debug)]
enum Place {
    /// Steps into the body, `None` being any one step; only where this value is found.
    Body(Vec<Option<String>>, Option<Value>),
    /// The name of a parameter.
    Query(String),
}

#[derive(Debug)]
struct Mask {
    find: Regex,
    name: String,
}

/// A rule that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct RuleError {
    /// Its place among the rules that were given.
    pub at: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl Rules {
    /// Compiles `rules`.
    ///
    /// # Errors
    /// Every rule that makes no sense.
    pub fn new<'a>(rules: impl IntoIterator<Item = &'a MatchRule>) -> Result<Self, Vec<RuleError>> {
        let mut compiled = Self::default();
        let mut errors = Vec::new();
        for (at, rule) in rules.into_iter().enumerate() {
            if let Err(problem) = compiled.add(rule) {
                errors.push(RuleError { at, problem });
            }
        }
        if errors.is_empty() { Ok(compiled) } else { Err(errors) }
    }

    fn add(&mut self, rule: &MatchRule) -> Result<(), String> {
        let provider = rule.provider.clone();
        match &rule.what {
            Insignificant::Place { place, value } => {
                self.places.push(Scoped { provider, rule: Place::parse(place, value.as_ref())? });
            }
            Insignificant::Text { pattern, name } => {
                let find = Regex::new(pattern).map_err(|error| format!("no regular expression: {error}"))?;
                if find.is_match("") {
                    return Err(
                        "it fits the empty text, and so everywhere; let it want at least one character"
                            .into(),
                    );
                }
                self.masks.push(Scoped { provider, rule: Mask { find, name: format!("<{name}>") } });
            }
        }
        Ok(())
    }

    /// Whether everything counts.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.masks.is_empty()
    }

    /// Whether everything counts in calls of `provider`.
    pub(super) fn is_silent_on(&self, provider: &str) -> bool {
        self.places(provider).next().is_none() && self.masks(provider).next().is_none()
    }

    fn places(&self, provider: &str) -> impl Iterator<Item = &Place> {
        concerning(&self.places, provider)
    }

    fn masks(&self, provider: &str) -> impl Iterator<Item = &Mask> {
        concerning(&self.masks, provider)
    }

    /// The text as it counts.
    pub(super) fn text<'a>(&self, provider: &str, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for mask in self.masks(provider) {
            if let Cow::Owned(masked) = mask.find.replace_all(&text, regex::NoExpand(&mask.name)) {
                text = Cow::Owned(masked);
            }
        }
        text
    }

    /// Leaves of a JSON body what counts.
    pub(super) fn body(&self, provider: &str, body: &mut Value) {
        for place in self.places(provider) {
            if let Place::Body(steps, value) = place {
                remove(body, steps, value.as_ref());
            }
        }
        if self.masks(provider).next().is_some() {
            self.strings(provider, body);
        }
    }

    fn strings(&self, provider: &str, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(masked) = self.text(provider, text) {
                    *text = masked;
                }
            }
            Value::Array(elements) => {
                elements.iter_mut().for_each(|element| self.strings(provider, element));
            }
            Value::Object(members) => {
                members.values_mut().for_each(|member| self.strings(provider, member));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// What counts of `request`, to be shown beside another one.
    pub fn leave(&self, mut request: Request) -> Request {
        let provider = request.provider.clone();
        if self.is_silent_on(&provider) {
            return request;
        }
        request.path = self.text(&provider, &request.path).into_owned();
        let parameters = request.query.split('&').filter(|parameter| self.counts(&provider, parameter));
        let query = parameters.collect::<Vec<_>>().join("&");
        request.query = self.text(&provider, &query).into_owned();
        if let Ok(mut body) = serde_json::from_slice::<Value>(&request.body) {
            self.body(&provider, &mut body);
            request.body = body.to_string().into();
        }
        request
    }

    /// Whether a parameter of the query counts.
    pub(super) fn counts(&self, provider: &str, parameter: &str) -> bool {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
        !self.places(provider).any(|place| matches!(place, Place::Query(ignored) if ignored == name))
    }
}

fn concerning<'a, T>(rules: &'a [Scoped<T>], provider: &str) -> impl Iterator<Item = &'a T> {
    let concerns = move |rule: &&Scoped<T>| rule.provider.as_deref().is_none_or(|only| only == provider);
    rules.iter().filter(concerns).map(|rule| &rule.rule)
}

impl Place {
    fn parse(text: &str, value: Option<&Value>) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix('?') {
            return match name {
                _ if value.is_some() => Err("`value` goes with a place in the body, not in the query".into()),
                "" => Err("`?` needs the name of a parameter behind it".into()),
                name => Ok(Self::Query(name.to_owned())),
            };
        }
        let Some(steps) = text.strip_prefix('/') else {
            return Err(format!(
                "`{text}` is no place: a JSON pointer begins with `/` (`/messages/*/content`), a parameter of the query with `?`"
            ));
        };
        let step = |step: &str| (step != "*").then(|| step.replace("~1", "/").replace("~0", "~"));
        Ok(Self::Body(steps.split('/').map(step).collect(), value.cloned()))
    }
}

/// Removes what `steps` point at, if it is `only`. An element of a list gives way to a null, so that the others keep their
/// places.
fn remove(value: &mut Value, steps: &[Option<String>], only: Option<&Value>) {
    let Some((step, rest)) = steps.split_first() else { return };
    let goes = |found: &Value| only.is_none_or(|only| only == found);
    match value {
        Value::Object(members) => match step {
            Some(name) if rest.is_empty() => {
                if members.get(name).is_some_and(goes) {
                    members.remove(name);
                }
            }
            Some(name) => members.get_mut(name).into_iter().for_each(|member| remove(member, rest, only)),
            None if rest.is_empty() => members.retain(|_, member| !goes(member)),
            None => members.values_mut().for_each(|member| remove(member, rest, only)),
        },
        Value::Array(elements) => {
            let index = step.as_ref().map(|step| step.parse::<usize>().ok());
            let fits = |at: usize| index.is_none_or(|index| index == Some(at));
            for (_, element) in elements.iter_mut().enumerate().filter(|(at, _)| fits(*at)) {
                if !rest.is_empty() {
                    remove(element, rest, only);
                } else if goes(element) {
                    *element = Value::Null;
                }
            }
        }
        _ => {}
    }
}

/// The rules of a run: those of the project for every case, and for the cases of a suite its own beside them.
#[derive(Debug, Default)]
pub struct RuleBook {
    everywhere: Rules,
    by_suite: HashMap<String, Rules>,
}

impl RuleBook {
    /// `everywhere` counts for calls outside cases and for suites that are not in `by_suite`, which has the path of each
    /// suite with rules of its own, and those together with the ones that count everywhere.
    pub fn new(everywhere: Rules, by_suite: HashMap<String, Rules>) -> Self {
        Self { everywhere, by_suite }
    }

    /// The suites with rules of their own, in no order.
    pub fn suites(&self) -> impl Iterator<Item = &str> {
        self.by_suite.keys().map(String::as_str)
    }

    /// The rules for the calls of `owner`.
    pub fn of(&self, owner: &super::Owner) -> &Rules {
        match owner {
            super::Owner::Session => &self.everywhere,
            super::Owner::Case(case) => self.by_suite.get(case.suite()).unwrap_or(&self.everywhere),
        }
    }

    /// The suite whose rules count for the calls of `owner`; `None` where only those count that do everywhere.
    pub fn suite_of<'a>(&self, owner: &'a super::Owner) -> Option<&'a str> {
        match owner {
            super::Owner::Case(case) if self.by_suite.contains_key(case.suite()) => Some(case.suite()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn place(text: &str) -> MatchRule {
        only(text, None)
    }

    fn only(text: &str, value: Option<Value>) -> MatchRule {
        MatchRule { what: Insignificant::Place { place: text.into(), value }, provider: None }
    }

    fn mask(pattern: &str, provider: Option<&str>) -> MatchRule {
        let what = Insignificant::Text { pattern: pattern.into(), name: "date".into() };
        MatchRule { what, provider: provider.map(str::to_owned) }
    }

    #[test]
    fn what_does_not_count_is_gone() {
        let rules = Rules::new(&[
            place("/user"),
            place("/messages/*/id"),
            place("/list/1"),
            place("/a~1b"),
            place("?key"),
            mask(r"\d{4}-\d\d-\d\d", Some("openai")),
        ])
        .unwrap();
        let mut body = json!({"user": "x", "messages": [{"id": 1, "at": "on 2024-08-06"}, {"id": 2}], "list": [1, 2], "a/b": 1});
        rules.body("openai", &mut body);
        assert_eq!(body, json!({"messages": [{"at": "on <date>"}, {}], "list": [1, null]}));
        assert_eq!(rules.text("ollama", "2024-08-06"), "2024-08-06");
        assert!(!rules.counts("openai", "key=1") && rules.counts("openai", "keys=1"));
    }

    #[test]
    fn a_value_is_ignored_only_where_it_is_that() {
        let rules =
            Rules::new(&[only("/format", Some(json!("float"))), only("/list/*", Some(json!(1)))]).unwrap();
        let mut bodies = [json!({"format": "float", "list": [1, 2]}), json!({"format": "base64"}), json!({})];
        bodies.iter_mut().for_each(|body| rules.body("openai", body));
        assert_eq!(bodies, [json!({"list": [null, 2]}), json!({"format": "base64"}), json!({})]);
        assert!(Rules::new(&[only("?format", Some(json!("float")))]).is_err());
    }

    #[test]
    fn every_rule_that_makes_no_sense_is_named() {
        let errors =
            Rules::new(&[place("user"), place("/ok"), place("?"), mask("(", None), mask("a*", None)])
                .unwrap_err();
        assert_eq!(errors.iter().map(|error| error.at).collect::<Vec<_>>(), [0, 2, 3, 4]);
        assert!(errors[0].problem.starts_with("`user` is no place"), "{errors:?}");
    }
}
