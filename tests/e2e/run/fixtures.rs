//! Servers beside the stack: what a suite declares is there for each case, and for it alone.

use crate::support::Project;

const TOOLS: &str = r##"
fixtures:
  weather:
    mcp:
      token: made-up-token
      tools:
        get_weather:
          about: The weather of a city
          input: { type: object, properties: { city: { type: string } }, required: [city] }
          result: "Sunny in {{ args.city }}"
        measure: { result: { degrees: 21, city: "{{ args.city }}" } }
        fail: { error: "nobody knows {{ args.city }}" }
  site:
    files:
      /guide.md: "# A guide for {{ case.name }}"
      /data: { json: { answer: 42 } }
      /gone.html: { text: gone, status: 410 }

fragments:
  call:
    takes: [tool, arguments]
    steps:
      - post: "{{ fixtures.weather.url }}"
        headers: { authorization: "Bearer {{ fixtures.weather.token }}" }
        json: { jsonrpc: "2.0", id: 7, method: tools/call, params: { name: "{{ tool }}", arguments: "{{ arguments }}" } }
        expect: { status: 200, $.id: 7 }
        capture: { result: $.result }

cases:
"##;

fn project(cases: &str) -> Project {
    Project::with(&format!("{TOOLS}{cases}"))
}

#[test]
fn tools_are_listed_and_called_and_the_calls_told() {
    let cases = r#"
  - name: tools
    steps:
      - post: "{{ fixtures.weather.url }}"
        json: { jsonrpc: "2.0", id: 1, method: tools/list }
        expect: { status: 401 }
      - post: "{{ fixtures.weather.url }}"
        headers: { authorization: "Bearer {{ fixtures.weather.token }}" }
        json: { jsonrpc: "2.0", id: 1, method: initialize, params: { protocolVersion: "2025-03-26" } }
        expect: { $.result.protocolVersion: "2025-03-26", $.result.serverInfo.name: weather }
      - post: "{{ fixtures.weather.url }}"
        headers: { authorization: "Bearer {{ fixtures.weather.token }}" }
        json: { jsonrpc: "2.0", method: notifications/initialized }
        expect: { status: 202 }
      - post: "{{ fixtures.weather.url }}"
        headers: { authorization: "Bearer {{ fixtures.weather.token }}" }
        json: { jsonrpc: "2.0", id: 2, method: tools/list }
        expect: { "$.result.tools[*].name": [get_weather, measure, fail], "$.result.tools[0].inputSchema.required": [city] }
      - { use: call, with: { tool: get_weather, arguments: { city: Paris } } }
      - { use: call, with: { tool: measure, arguments: { city: Oslo } } }
      - { use: call, with: { tool: fail, arguments: { city: Rome } } }
      - { use: call, with: { tool: get_weather, arguments: {} } }
      - get: "{{ fixtures.weather.log_url }}"
        expect:
          "$.calls[*].tool": [get_weather, measure, fail, get_weather]
          "$.calls[*].is_error": [false, false, true, true]
          "$.calls[0].arguments.city": Paris
  - name: answers
    params:
      of:
        text: { tool: get_weather, content: Sunny in Paris, is_error: false }
        failure: { tool: fail, content: nobody knows Paris, is_error: true }
    steps:
      - post: "{{ fixtures.weather.url }}"
        headers: { authorization: "Bearer {{ fixtures.weather.token }}" }
        json: { jsonrpc: "2.0", id: 1, method: tools/call, params: { name: "{{ of.tool }}", arguments: { city: Paris } } }
        expect: { "$.result.content[0].text": "{{ of.content }}", $.result.isError: "{{ of.is_error }}" }
      # Another case's calls are not its own.
      - { get: "{{ fixtures.weather.log_url }}", expect: { $.calls: { len: 1 } } }
  - name: structure
    steps:
      - post: "{{ fixtures.weather.url }}"
        headers: { authorization: "Bearer {{ fixtures.weather.token }}" }
        json: { jsonrpc: "2.0", id: 1, method: tools/call, params: { name: measure, arguments: { city: Oslo } } }
        expect: { $.result.structuredContent: { eq: { degrees: 21, city: Oslo } } }
      - post: "{{ fixtures.weather.url }}"
        headers: { authorization: "Bearer {{ fixtures.weather.token }}" }
        json: { jsonrpc: "2.0", id: 1, method: resources/list }
        expect: { $.error.code: -32601 }
"#;
    project(cases).run(["run", "a", "--stack-config", "starter", "-j", "4"]).expect(0, &["4 passed"]);
}

#[test]
fn files_are_served_with_their_types() {
    let cases = r##"
  - name: files
    steps:
      - get: "{{ fixtures.site.url }}/guide.md"
        expect: { body: "# A guide for files", header.content-type: { starts_with: text/markdown } }
      - { get: "{{ fixtures.site.url }}/data", expect: { $.answer: 42 } }
      - { get: "{{ fixtures.site.url }}/gone.html", expect: { status: 410, body: gone } }
      - { get: "{{ fixtures.site.url }}/none", expect: { status: 404 } }
      - { post: "{{ fixtures.site.url }}/data", json: {}, expect: { status: 405 } }
      - get: "{{ fixtures.site.log_url }}"
        expect: { "$.requests[*].path": [/guide.md, /data, /gone.html, /none, /data] }
"##;
    project(cases).run(["run", "a", "--stack-config", "starter"]).expect(0, &["1 passed"]);
}

#[test]
fn mistakes_are_told_before_anything_starts() {
    let suite = r#"
fixtures:
  tools: { mcp: { tools: { t: { about: nothing is answered }, u: { input: { type: 7 }, result: x } } } }
  both: { mcp: { tools: {} }, files: {} }
  site: { files: { guide: text } }
cases:
  - name: one
    steps:
      - get: "{{ fixtures.sites.url }}"
"#;
    Project::with(suite).run(["run", "a", "--stack-config", "starter"]).expect(
        4,
        &[
            "a tool answers with either `result` or `error`",
            "this is no JSON Schema",
            "a fixture is either `mcp` or `files`",
            "a path begins with a slash",
            "nothing here is called `fixtures.sites.url`",
            "did you mean `fixtures.site.url`?",
        ],
    );
}

#[test]
fn a_case_that_asks_for_telemetry_is_skipped_where_none_is_sent() {
    let suite = r#"
cases:
  - name: traced
    steps:
      - { get: /v1/health, expect: { spans: { any: { $.kind: server } } } }
"#;
    let ended = Project::with(suite).run(["run", "a", "--stack-config", "starter", "-v"]);
    ended.expect(0, &["1 skipped", "the stack sends no telemetry here"]);
}
