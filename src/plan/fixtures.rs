//! The fixtures of a suite, compiled.

use super::compile::Compiler;
use super::names::Visible;
use super::{FixturePlan, HostedContent, HostedPlan, McpPlan, PlannedFixture, ToolPlan};
use crate::check::{TextTemplate, ValueTemplate};
use crate::source::Diagnostic;
use crate::suite::{FixtureKind, FixtureSpec, HostedFile, HostedSpec, McpSpec, ToolSpec, Word};
use serde_json::json;
use std::collections::HashSet;

/// The names of a fixture in templates, and what they hold.
const MCP_NAMES: [&str; 4] = ["url", "sse_url", "token", "log_url"];
const FILES_NAMES: [&str; 2] = ["url", "log_url"];

/// What the templates of `fixtures` are called.
pub(super) fn names(fixtures: &[FixtureSpec]) -> Vec<String> {
    let of_one = |fixture: &FixtureSpec| {
        let names: &[&str] = match fixture.kind {
            FixtureKind::Mcp(_) => &MCP_NAMES,
            FixtureKind::Files(_) => &FILES_NAMES,
        };
        names.iter().map(|name| format!("fixtures.{}.{name}", fixture.name.text)).collect::<Vec<_>>()
    };
    fixtures.iter().flat_map(of_one).collect()
}

impl Compiler<'_> {
    /// Compiles `fixtures`. What they serve may use the names that every template may use, and tools their arguments.
    pub(super) fn fixtures(&mut self, fixtures: &[FixtureSpec]) -> Vec<PlannedFixture> {
        let mut seen = HashSet::new();
        let mut planned = Vec::new();
        for fixture in fixtures {
            if !seen.insert(fixture.name.text.as_str()) {
                let what = format!("there is a fixture `{}` already", fixture.name.text);
                self.errors.push(Diagnostic::at(fixture.name.origin.clone(), what));
                continue;
            }
            let plan = match &fixture.kind {
                FixtureKind::Mcp(mcp) => FixturePlan::Mcp(self.mcp(mcp)),
                FixtureKind::Files(files) => {
                    FixturePlan::Files(files.iter().filter_map(|file| self.hosted(file)).collect())
                }
            };
            planned.push(PlannedFixture { name: fixture.name.text.clone(), plan });
        }
        planned
    }

    fn mcp(&mut self, mcp: &McpSpec) -> McpPlan {
        let token = mcp.token.as_ref().and_then(|node| self.text_of_fixture(node));
        McpPlan { token, tools: mcp.tools.iter().filter_map(|tool| self.tool(tool)).collect() }
    }

    fn tool(&mut self, tool: &ToolSpec) -> Option<ToolPlan> {
        let input = tool.input.as_ref().map(crate::source::Node::to_json);
        let input = input.unwrap_or_else(|| json!({ "type": "object" }));
        if let (Err(error), Some(node)) = (jsonschema::validator_for(&input), &tool.input) {
            self.errors.push(node.diagnostic(format!("this is no JSON Schema: {error}")));
        }
        let answer = self.value(&tool.answer, &visible(&["args"]))?;
        Some(ToolPlan {
            name: tool.name.text.clone(),
            about: tool.about.clone(),
            input,
            answer,
            is_error: tool.is_error,
        })
    }

    fn hosted(&mut self, file: &HostedSpec) -> Option<HostedPlan> {
        let content = match &file.content {
            HostedFile::Text(node) => HostedContent::Text(self.text_of_fixture(node)?),
            HostedFile::Json(node) => HostedContent::Json(self.json_of_fixture(node)?),
            HostedFile::Path(path) => HostedContent::Bytes(self.bytes_of_fixture(path)?),
        };
        let path = file.path.text.clone();
        Some(HostedPlan { path, content, content_type: file.content_type.clone(), status: file.status })
    }

    fn text_of_fixture(&mut self, node: &crate::source::Node) -> Option<TextTemplate> {
        self.text(node, &visible(&[]))
    }

    fn json_of_fixture(&mut self, node: &crate::source::Node) -> Option<ValueTemplate> {
        self.value(node, &visible(&[]))
    }

    fn bytes_of_fixture(&mut self, path: &Word) -> Option<bytes::Bytes> {
        self.bytes(path).map(bytes::Bytes::from)
    }
}

fn visible(names: &[&str]) -> Visible {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Visible { names, params: Vec::new(), models: Some(Vec::new()) }
}
