//! Every key that may be written, by the mapping it belongs to.

/// A key and what it is for.
#[derive(Debug)]
pub struct Key {
    /// The word.
    pub name: &'static str,
    /// One line on what it is for.
    pub about: &'static str,
}

/// The keys of one kind of mapping.
#[derive(Debug)]
pub struct Table {
    /// Its name in the JSON Schema's `$defs`.
    pub id: &'static str,
    /// What it is, in words: `a case`.
    pub what: &'static str,
    /// Its keys, in the order of the documentation.
    pub keys: &'static [Key],
}

impl Table {
    /// The keys' names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }

    /// Whether it has a key of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }
}

const fn key(name: &'static str, about: &'static str) -> Key {
    Key { name, about }
}

/// A suite file.
pub static SUITE: Table = Table {
    id: "suite",
    what: "a suite",
    keys: &[
        key("about", "one line on what the suite checks"),
        key("tags", "words to select its cases by, with --tag"),
        key("requires", "what a stack must offer; without it every case is skipped"),
        key("defaults", "what holds for every case"),
        key("match", "what does not count when provider calls are compared with recorded ones"),
        key("fixtures", "servers that run beside each case, by name"),
        key("fragments", "steps that cases use by name"),
        key("cases", "the cases"),
    ],
};

/// A file of shared fragments, below `_fragments/`.
pub static FRAGMENT_FILE: Table = Table {
    id: "fragment_file",
    what: "a file of shared fragments",
    keys: &[key("about", "one line on what they are for"), key("fragments", "the fragments, by name")],
};

/// A named suite.
pub static BUNDLE: Table = Table {
    id: "bundle",
    what: "a named suite",
    keys: &[
        key("about", "one line on what it covers"),
        key("include", "suite files, folders (ending in /) and other named suites, in the order they run"),
        key("exclude", "files and folders to leave out"),
        key("setup", "the setup that is taken where --setup is not given"),
    ],
};

/// A file that runs somebody else's runner.
pub static EXTERNAL_FILE: Table = Table {
    id: "external_file",
    what: "an external suite",
    keys: &[
        key("about", "one line on what it checks"),
        key("tags", "words to select its tests by, with --tag, beside their own"),
        key("requires", "what a stack must offer; without it the suite is skipped"),
        key("external", "the runner to start"),
    ],
};

/// The `external:` mapping.
pub static EXTERNAL: Table = Table {
    id: "external",
    what: "`external`",
    keys: &[
        key("adapter", "how its results are read: pytest, jest or command"),
        key("command", "the program and its arguments"),
        key("list", "for `command`: a program that prints the id of a test a line, and its arguments"),
        key("cwd", "where it runs, seen from the project's folder"),
        key("env", "environment variables"),
        key("distribute", "what is given to a process at once: a whole file (unless set) or a test"),
        key("timeout", "the longest one test may take"),
        key("start_timeout", "the longest a process may take until it is ready to run a test"),
        key("processes", "the most processes at a time; as many as cases may be in flight unless set"),
    ],
};

/// The `requires:` mapping.
pub static REQUIRES: Table = Table {
    id: "requires",
    what: "`requires`",
    keys: &[key("apis", "APIs that the stack must serve: inference, files, …")],
};

/// The `defaults:` mapping.
pub static DEFAULTS: Table = Table {
    id: "defaults",
    what: "`defaults`",
    keys: &[
        key("timeout", "the longest a case may take"),
        key("headers", "headers of every request that does not set them itself"),
    ],
};

/// A rule of the `match:` list.
pub static RULE: Table = Table {
    id: "rule",
    what: "a rule",
    keys: &[
        key("ignore", "a JSON pointer into the body, `*` for any step; or `?name`, a parameter of the query"),
        key(
            "value",
            "ignore it only where it has this value, such as the one that counts when there is none",
        ),
        key("mask", "a regular expression for texts in the path, the query and the body"),
        key("name", "what is read in place of a masked text"),
        key("provider", "only in calls of this provider"),
    ],
};

/// A fixture.
pub static FIXTURE: Table = Table {
    id: "fixture",
    what: "a fixture",
    keys: &[key("mcp", "a server of tools, by the Model Context Protocol"), key("files", "files, by path")],
};

/// The `mcp:` mapping.
pub static MCP: Table = Table {
    id: "mcp",
    what: "`mcp`",
    keys: &[
        key("token", "the bearer token without which it answers 401"),
        key("tools", "its tools, by name"),
    ],
};

/// A tool of an MCP server.
pub static TOOL: Table = Table {
    id: "tool",
    what: "a tool",
    keys: &[
        key("about", "what models are told of it"),
        key("input", "the JSON Schema of its arguments"),
        key("result", "what it answers: a text, or a value; templates know its arguments as `args`"),
        key("error", "the same, as a failure of the tool"),
    ],
};

/// A file that a fixture serves.
pub static HOSTED: Table = Table {
    id: "hosted",
    what: "a file that is served",
    keys: &[
        key("text", "a text"),
        key("json", "any value, served as JSON"),
        key("path", "a file beside the suite"),
        key("content_type", "its content type; by its extension unless set"),
        key("status", "the status it is answered with; 200 unless set"),
    ],
};

/// A fragment.
pub static FRAGMENT: Table = Table {
    id: "fragment",
    what: "a fragment",
    keys: &[
        key("takes", "the names it must be given by `with`"),
        key("steps", "its steps"),
        key("finally", "steps that run at the end of the case, if the fragment was begun"),
    ],
};

/// A case.
pub static CASE: Table = Table {
    id: "case",
    what: "a case",
    keys: &[
        key("name", "its name, unique in the file"),
        key("about", "one line on what it checks"),
        key("tags", "words to select it by, with --tag"),
        key("models", "the kinds of model it is run with, once per id given on the command line"),
        key("params", "names with several values; the case runs once for each combination"),
        key("requires", "what a stack must offer; without it the case is skipped"),
        key("skip", "why it is not run"),
        key("xfail", "why it is expected to fail"),
        key("timeout", "the longest it may take, `finally` not counted"),
        key("test_id", "what the stack's own recorder knows it as, with --recorder stack; its id unless set"),
        key("retries", "how often it may be tried again after a failure"),
        key("repeat", "run it several times and judge it by its rate of passing"),
        key("locks", "never run beside another case that holds one of these locks"),
        key("steps", "its steps"),
        key("finally", "steps that run at the end whatever happened"),
    ],
};

/// The `skip:` mapping.
pub static SKIP: Table = Table {
    id: "skip",
    what: "`skip`",
    keys: &[
        key("reason", "why"),
        key("params", "only with these param ids"),
        key("when", "only against these stacks"),
    ],
};

/// The `xfail:` mapping.
pub static XFAIL: Table = Table {
    id: "xfail",
    what: "`xfail`",
    keys: &[
        key("reason", "why"),
        key("strict", "whether a pass fails the run; false unless set"),
        key("params", "only with these param ids"),
        key("when", "only against these stacks"),
    ],
};

/// The `when:` mapping.
pub static WHEN: Table = Table {
    id: "when",
    what: "`when`",
    keys: &[
        key("server", "embedded, llama-stack, ogx or other; or several of them"),
        key("version", "a range of its versions: <0.5, or >=1.2, <2"),
    ],
};

/// The `repeat:` mapping.
pub static REPEAT: Table = Table {
    id: "repeat",
    what: "`repeat`",
    keys: &[
        key("times", "how often it runs where a live model answers; a replay runs it once"),
        key("pass_rate", "the share of passes needed, from 0 to 1; 1 unless set"),
    ],
};

/// The words that make a step a request, each its HTTP method.
pub static METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// A step that is a request.
pub static REQUEST: Table = Table {
    id: "request",
    what: "a step",
    keys: &[
        key("get", "GET this path"),
        key("post", "POST to this path"),
        key("put", "PUT to this path"),
        key("patch", "PATCH this path"),
        key("delete", "DELETE this path"),
        key("head", "HEAD of this path"),
        key("options", "OPTIONS of this path"),
        key("query", "query parameters added to the path"),
        key("headers", "headers"),
        key("json", "a body that is JSON"),
        key("text", "a body that is text"),
        key("multipart", "a body that is a form"),
        key("expect", "what the answer must be like"),
        key("capture", "values taken from the answer, by name"),
        key("until", "ask again until the answer is like this"),
        key("abort_if", "give up at once when the answer is like this"),
        key("within", "the longest to ask again; 30s unless set"),
        key("on_timeout", "what becomes of the case then: fail (unless set) or skip"),
        key("timeout", "the longest one request may take"),
    ],
};

/// A step that uses a fragment.
pub static USE: Table = Table {
    id: "use",
    what: "a step that uses a fragment",
    keys: &[key("use", "the fragment's name"), key("with", "what it takes, by name")],
};

/// A part of a form that is not a plain value.
pub static PART: Table = Table {
    id: "part",
    what: "a part of a form",
    keys: &[
        key("name", "the file name"),
        key("content_type", "its content type"),
        key("jsonl", "a list, sent as a line of JSON each"),
        key("json", "a mapping or a list, sent as JSON"),
        key("text", "a text, sent as it stands"),
        key("path", "a file beside the suite, sent as it is"),
    ],
};

/// Every table, in the order of the documentation.
pub static TABLES: [&Table; 21] = [
    &SUITE,
    &REQUIRES,
    &DEFAULTS,
    &RULE,
    &FIXTURE,
    &MCP,
    &TOOL,
    &HOSTED,
    &CASE,
    &SKIP,
    &XFAIL,
    &WHEN,
    &REPEAT,
    &REQUEST,
    &PART,
    &USE,
    &FRAGMENT,
    &FRAGMENT_FILE,
    &BUNDLE,
    &EXTERNAL_FILE,
    &EXTERNAL,
];
