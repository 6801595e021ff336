//! The shapes that are known.

/// A key that is known by its looks.
#[derive(Debug)]
pub struct KeyShape {
    /// What it is; recordings have `***name***` in its place.
    pub name: &'static str,
    /// What it looks like (ASCII, from its beginning). If there is a group, that is the key, and the rest is around it.
    pub(super) pattern: &'static str,
    /// What it begins with: any of these, letter by letter.
    pub(super) begins: &'static [&'static str],
    /// Whether it is only one if it looks random, so that `sk-learn-pipeline-of-mine` is none.
    pub(super) random: bool,
    /// One that somebody made up.
    pub example: &'static str,
}

const fn key(
    name: &'static str,
    begins: &'static [&'static str],
    pattern: &'static str,
    example: &'static str,
) -> KeyShape {
    KeyShape { name, pattern, begins, random: true, example }
}

/// The same for a value that a name before it gives away: no word is too plain.
const fn named(
    name: &'static str,
    begins: &'static [&'static str],
    pattern: &'static str,
    example: &'static str,
) -> KeyShape {
    KeyShape { name, pattern, begins, random: false, example }
}

/// Between the name of a member, header or variable and its value: in JSON (also within a JSON string), XML, YAML, a query.
macro_rules! after {
    ($name:literal, $value:literal) => {
        concat!("(?i:", $name, r#")(?:[\\"'\s]|&quot;){0,8}[:=](?:[\\"'\s]|&quot;){0,8}"#, $value)
    };
}

/// A member of JSON (also within a JSON string, or in XML) or of a form.
macro_rules! member {
    ($name:literal) => {
        concat!(
            $name,
            r#"(?:\\{0,7}(?:"|&quot;)\s*:\s*\\{0,7}(?:"|&quot;)"#,
            r#"((?:[^"\\*]|\\{1,7}[/u]){6,}?)\\{0,7}(?:"|&quot;)"#,
            r#"|=([^&\s"'\\*<>{}()$]{12,}))"#
        )
    };
}

/// Every shape; of two that fit the first counts.
pub const KEY_SHAPES: &[KeyShape] = &[
    key("anthropic-key", &["sk-ant-"], r"sk-ant-[\w-]{20,}", "sk-ant-api03-madeup0madeup0madeup0"),
    key("openai-key", &["sk-"], r"sk-[\w-]{20,}", "sk-proj-madeup0madeup0madeup0"),
    key("openai-organization", &["org-"], r"org-[A-Za-z0-9]{24}\b", "org-madeup0madeup0madeup0mad"),
    key("google-key", &["AIza"], r"AIza[\w-]{35}", "AIzaMadeUp0MadeUp0MadeUp0MadeUp0MadeUp0"),
    key("google-token", &["ya29."], r"ya29\.[\w-]{20,}", "ya29.madeup0madeup0madeup0"),
    key("aws-key-id", &["AKIA", "ASIA"], r"A[KS]IA[0-9A-Z]{16}\b", "AKIAMADEUP0MADEUP0MA"),
    named(
        "aws-secret-key",
        &["secret_access_key", "SecretAccessKey", "secretAccessKey", "SECRET_ACCESS_KEY"],
        after!("secret_?access_?key", "([A-Za-z0-9/+]{40})"),
        r#""SecretAccessKey": "madeup0/madeup0+madeup0/madeup0+madeup0/""#,
    ),
    named(
        "aws-session-token",
        &[
            "session_token",
            "SessionToken",
            "sessionToken",
            "SESSION_TOKEN",
            "Security-Token",
            "security-token",
        ],
        after!("(?:session_?|security-)token", "([A-Za-z0-9/+=%]{64,})"),
        "AWS_SESSION_TOKEN=madeup0madeup0madeup0madeup0madeup0madeup0madeup0madeup0madeup0==",
    ),
    key("github-token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"gh[pousr]_[A-Za-z0-9]{36,}", {
        "ghp_madeup0madeup0madeup0madeup0madeup01"
    }),
    key("github-token", &["github_pat_"], r"github_pat_\w{22,}", "github_pat_madeup0madeup0madeup0mad"),
    key("gitlab-token", &["glpat-"], r"glpat-[\w-]{20,}", "glpat-madeup0madeup0madeup0"),
    key("hugging-face-token", &["hf_"], r"hf_[A-Za-z0-9]{30,}", "hf_madeup0madeup0madeup0madeup0mad"),
    key("groq-key", &["gsk_"], r"gsk_[A-Za-z0-9]{40,}", "gsk_madeup0madeup0madeup0madeup0madeup0madeup0"),
    key("xai-key", &["xai-"], r"xai-[A-Za-z0-9]{40,}", "xai-madeup0madeup0madeup0madeup0madeup0madeup0"),
    key("replicate-token", &["r8_"], r"r8_[A-Za-z0-9]{30,}", "r8_madeup0madeup0madeup0madeup0mad"),
    key("nvidia-key", &["nvapi-"], r"nvapi-[\w-]{40,}", "nvapi-madeup0madeup0madeup0madeup0madeup0madeup0"),
    key("tavily-key", &["tvly-"], r"tvly-[\w-]{20,}", "tvly-madeup0madeup0madeup0"),
    key("slack-token", &["xox"], r"xox[abeoprs]-[A-Za-z0-9-]{10,}", "xoxb-000000-madeup"),
    key(
        "stripe-key",
        &["sk_live_", "rk_live_"],
        r"[sr]k_live_[A-Za-z0-9]{16,}",
        "sk_live_madeup0madeup0madeup",
    ),
    key("jwt", &["eyJ"], r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}", {
        "eyJtYWRlIjoidXAifQ.eyJtYWRlIjoidXAifQ.bWFkZS11cC1zaWduYXR1cmU"
    }),
    named(
        "private-key",
        &["-----BEGIN "],
        // Its lines, also where their ends are escaped, and those of its head; up to its end, or as far as it goes.
        concat!(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----",
            r"(?:(?:\s|\\{1,7}[rn])+(?:[A-Za-z-]+: ?[\w,.-]+|[A-Za-z0-9+/=]{40,}))*",
            r"(?:(?:(?:\s|\\{1,7}[rn])+[A-Za-z0-9+/=]+)?(?:\s|\\{1,7}[rn])*-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
        ),
        "-----BEGIN PRIVATE KEY-----\\nbWFkZSB1cA==\\n-----END PRIVATE KEY-----",
    ),
    named(
        "azure-key",
        &["api-key", "Api-Key", "API-KEY", "api_key", "API_KEY", "apiKey", "apikey"],
        after!("api[-_]?key", r"([0-9a-f]{32}|[A-Za-z0-9]{84})\b"),
        "api-key: 0123456789abcdef0123456789abcdef",
    ),
    key(
        "bearer-token",
        &["Bearer ", "bearer "],
        r"[Bb]earer ([\w.~+/-]{16,}=*)",
        "Authorization: Bearer madeup0.madeup0-madeup0",
    ),
    named("access-token", &["access_token"], member!("access_token"), r#""access_token": "made up""#),
    named("refresh-token", &["refresh_token"], member!("refresh_token"), "refresh_token=madeup0madeup0&a=b"),
    named("id-token", &["id_token"], member!("id_token"), r#"\"id_token\":\"made-up\""#),
    named("client-secret", &["client_secret"], member!("client_secret"), "a=b&client_secret=madeup0madeup0"),
    named(
        "url-password",
        &["://"],
        r#"://[^/\s:@"'\\<>{}*]*:([^/\s@"'\\<>{}$*]{3,})@"#,
        "postgres://user:made-up@localhost/db",
    ),
];
