//! Steps, compiled: their templates and checks parsed, their names looked up, their fragments bound.

use super::library::Library;
use super::names::{Visible, is_reserved};
use super::{Body, Method, OnTimeout, Part, PartContent, PlannedStep, Polling, RequestStep};
use crate::check::{Captures, Checks, Reference, Resources, TextTemplate, ValueTemplate};
use crate::source::{Diagnostic, Node, Origin};
use crate::suite::{BodySpec, Field, ModelKind, PartSpec, PartValue, Poll, Request, Step, Word};
use std::sync::Arc;

/// Compiles the steps of one file.
pub(super) struct Compiler<'a> {
    resources: &'a dyn Resources,
    /// The headers that every request of the file gets.
    headers: &'a [Field],
    pub(super) library: Library<'a>,
    /// The names of the file's fixtures: `fixtures.<name>.url`.
    pub(super) fixture_names: Vec<String>,
    /// The models that the templates of the current fragment use.
    pub(super) models_used: Vec<(ModelKind, Origin)>,
    pub(super) errors: Vec<Diagnostic>,
}

/// Steps and what runs at their end.
pub(super) struct Block {
    pub(super) steps: Arc<[PlannedStep]>,
    pub(super) finally: Arc<[PlannedStep]>,
    /// The names that the steps leave behind.
    pub(super) captured: Vec<String>,
    pub(super) requests: usize,
}

/// The names visible to the next step, those captured so far, and the number of requests.
struct Progress {
    visible: Visible,
    captured: Vec<String>,
    requests: usize,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(resources: &'a dyn Resources, headers: &'a [Field], library: Library<'a>) -> Self {
        Self {
            resources,
            headers,
            library,
            fixture_names: Vec::new(),
            models_used: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Steps, and the `finally` that sees what they captured.
    pub(super) fn block(&mut self, steps: &'a [Step], finally: &'a [Step], visible: Visible) -> Block {
        let mut progress = Progress { visible, captured: Vec::new(), requests: 0 };
        let steps: Vec<_> = steps.iter().filter_map(|step| self.step(step, &mut progress)).collect();
        let captured = progress.captured.clone();
        let finally: Vec<_> = finally.iter().filter_map(|step| self.step(step, &mut progress)).collect();
        Block { steps: steps.into(), finally: finally.into(), captured, requests: progress.requests }
    }

    fn step(&mut self, step: &'a Step, progress: &mut Progress) -> Option<PlannedStep> {
        match step {
            Step::Request(request) => {
                progress.requests = progress.requests.saturating_add(1);
                let step = self.request(request, &progress.visible);
                let captured = self.captured(request);
                progress.visible.names.extend(captured.iter().cloned());
                progress.captured.extend(captured);
                Some(PlannedStep::Request(Box::new(step?)))
            }
            Step::Use { fragment, with } => self.fragment_use(fragment, with, progress),
        }
    }

    fn fragment_use(
        &mut self,
        word: &'a Word,
        with: &[Field],
        progress: &mut Progress,
    ) -> Option<PlannedStep> {
        let arguments = self.values(with, &progress.visible);
        let fragment = self.fragment(word)?;
        self.arguments(word, &fragment.takes, with);
        for (kind, place) in &fragment.models {
            match &progress.visible.models {
                Some(kinds) if !kinds.contains(kind) => {
                    let name = kind.name();
                    let what = format!(
                        "the fragment `{}` uses `{name}`, which the case does not ask for",
                        word.text
                    );
                    let diagnostic =
                        Diagnostic::at(word.origin.clone(), what).note(format!("it is used at {place}"));
                    self.errors.push(diagnostic.hint(format!("add `models: [{name}]` to the case")));
                }
                Some(_) => {}
                None => self.model_used(*kind, place),
            }
        }
        progress.visible.names.extend(fragment.captures.iter().cloned());
        progress.captured.extend(fragment.captures.iter().cloned());
        progress.requests = progress.requests.saturating_add(fragment.requests);
        Some(PlannedStep::Fragment {
            name: word.text.clone(),
            origin: word.origin.clone(),
            with: arguments,
            steps: Arc::clone(&fragment.steps),
            finally: Arc::clone(&fragment.finally),
        })
    }

    fn request(&mut self, request: &Request, visible: &Visible) -> Option<RequestStep> {
        let path = self.text(&request.path, visible);
        let query = self.values(&request.query, visible);
        let headers = self.headers(request, visible);
        let body = self.body(request, visible);
        let expect = request.expect.as_ref().and_then(|node| self.checks(node, visible)).unwrap_or_default();
        let polling = request.poll.as_ref().and_then(|poll| self.polling(poll, visible));
        let capture = request.capture.as_ref().and_then(|node| self.kept(Captures::compile(node)));
        Some(RequestStep {
            origin: request.path.origin.clone(),
            method: method(request.method),
            path: path?,
            query,
            headers,
            body,
            expect,
            capture: capture.unwrap_or_default(),
            polling,
            timeout: request.timeout,
        })
    }

    fn headers(&mut self, request: &Request, visible: &Visible) -> Vec<(String, TextTemplate)> {
        let own = |name: &str| request.headers.iter().any(|field| field.name.text.eq_ignore_ascii_case(name));
        let defaults = self.headers.iter().filter(|field| !own(&field.name.text));
        let fields: Vec<&Field> = defaults.chain(&request.headers).collect();
        let mut headers = Vec::with_capacity(fields.len());
        for field in fields {
            let name = &field.name.text;
            if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)) {
                let what = format!("`{name}` cannot be the name of a header");
                self.errors.push(Diagnostic::at(field.name.origin.clone(), what));
            }
            headers.extend(self.text(&field.value, visible).map(|value| (name.clone(), value)));
        }
        headers
    }

    fn body(&mut self, request: &Request, visible: &Visible) -> Body {
        let body = match &request.body {
            BodySpec::None => None,
            BodySpec::Json(node) => self.value(node, visible).map(Body::Json),
            BodySpec::Text(node) => self.text(node, visible).map(Body::Text),
            BodySpec::Multipart(parts) => {
                Some(Body::Multipart(parts.iter().filter_map(|part| self.part(part, visible)).collect()))
            }
        };
        body.unwrap_or(Body::None)
    }

    fn part(&mut self, part: &PartSpec, visible: &Visible) -> Option<Part> {
        let content = match &part.value {
            PartValue::Value(node) => self.value(node, visible).map(PartContent::Value),
            PartValue::Lines(node) => self.value(node, visible).map(PartContent::Lines),
            PartValue::File(path) => self.bytes(path).map(|bytes| PartContent::Bytes(bytes.into())),
        };
        let file_name = part.file_name.as_ref().and_then(|node| self.text(node, visible));
        let content_type = part.content_type.clone();
        Some(Part { name: part.field.text.clone(), file_name, content_type, content: content? })
    }

    pub(super) fn bytes(&mut self, path: &Word) -> Option<Vec<u8>> {
        let file = &path.origin.file;
        let what = match self.resources.bytes(file, &path.text) {
            Ok(Some(bytes)) => return Some(bytes),
            Ok(None) => format!("there is no file `{}` beside the suite", path.text),
            Err(why) => why,
        };
        self.errors.push(Diagnostic::at(path.origin.clone(), what));
        None
    }

    fn polling(&mut self, poll: &Poll, visible: &Visible) -> Option<Polling> {
        let abort_if = poll.abort_if.as_ref().and_then(|node| self.checks(node, visible));
        Some(Polling {
            until: self.checks(&poll.until, visible)?,
            abort_if,
            within: poll.within,
            on_timeout: if poll.skip_on_timeout { OnTimeout::Skip } else { OnTimeout::Fail },
        })
    }

    /// The names that a request captures, as they are written: known even where the capture itself is wrong, so that one
    /// mistake is not reported at every use.
    fn captured(&mut self, request: &Request) -> Vec<String> {
        let entries = request.capture.as_ref().map(Node::entries).unwrap_or_default();
        for entry in entries.iter().filter(|entry| is_reserved(&entry.key)) {
            self.reserved(&Word { text: entry.key.clone(), origin: entry.key_origin.clone() });
        }
        entries.iter().map(|entry| entry.key.clone()).collect()
    }

    /// Complains about a name of the user's that means something else.
    pub(super) fn reserved(&mut self, word: &Word) {
        let what = format!("`{}` has a meaning of its own in templates", word.text);
        self.errors.push(Diagnostic::at(word.origin.clone(), what).hint("choose another name"));
    }

    fn checks(&mut self, node: &Node, visible: &Visible) -> Option<Checks> {
        let checks = self.kept(Checks::compile(node, self.resources))?;
        self.look_up(checks.references(), visible);
        Some(checks)
    }

    pub(super) fn text(&mut self, node: &Node, visible: &Visible) -> Option<TextTemplate> {
        let template = self.kept(TextTemplate::compile(node))?;
        self.look_up(template.references(), visible);
        Some(template)
    }

    /// A value with templates in it.
    pub(super) fn value(&mut self, node: &Node, visible: &Visible) -> Option<ValueTemplate> {
        let template = self.kept(ValueTemplate::compile(node))?;
        self.look_up(template.references(), visible);
        Some(template)
    }

    fn values(&mut self, fields: &[Field], visible: &Visible) -> Vec<(String, ValueTemplate)> {
        let value = |field: &Field| Some((field.name.text.clone(), self.value(&field.value, visible)?));
        fields.iter().filter_map(value).collect()
    }

    fn kept<T>(&mut self, result: Result<T, Vec<Diagnostic>>) -> Option<T> {
        result.map_err(|errors| self.errors.extend(errors)).ok()
    }

    fn look_up(&mut self, references: Vec<Reference>, visible: &Visible) {
        for reference in references {
            if let Err(error) = visible.judge(&reference, &self.fixture_names) {
                self.errors.push(error);
            } else if visible.models.is_none()
                && let Some(kind) = ModelKind::from_name(&reference.path)
            {
                self.model_used(kind, &reference.origin);
            }
        }
    }

    fn model_used(&mut self, kind: ModelKind, origin: &Origin) {
        if !self.models_used.iter().any(|(known, _)| *known == kind) {
            self.models_used.push((kind, origin.clone()));
        }
    }
}

fn method(name: &str) -> Method {
    match name {
        "post" => Method::Post,
        "put" => Method::Put,
        "patch" => Method::Patch,
        "delete" => Method::Delete,
        "head" => Method::Head,
        "options" => Method::Options,
        _ => Method::Get,
    }
}
