//! Signing for AWS, version 4: a request that came by base URL is signed for the gateway's host, which AWS refuses.
//!
//! Region, service and time are taken from the signature that the stack's SDK made, so that a request without one (a
//! Bedrock API key in `Authorization: Bearer`) is left as it is.

use crate::model::Secret;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::{digest, hmac};
use std::fmt::Write;
use url::Url;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const BODY_DIGEST: &str = "x-amz-content-sha256";

/// What AWS leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The credentials that requests are signed with.
#[derive(Debug, Clone)]
pub struct SigV4 {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret: Secret,
    /// `AWS_SESSION_TOKEN`, of temporary credentials.
    pub session_token: Option<Secret>,
}

/// What a signature was made for.
struct Scope {
    /// `20150830T123600Z`.
    time: String,
    region: String,
    service: String,
}

impl Scope {
    /// What the signature in `headers` was made for; `None` if there is none that can be made again.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
        let fields = text(&AUTHORIZATION)?.strip_prefix(ALGORITHM)?;
        let credential = fields.split(',').find_map(|field| field.trim().strip_prefix("Credential="))?;
        let mut steps = credential.rsplit('/');
        let (end, service, region) = (steps.next()?, steps.next()?, steps.next()?);
        let time = text(&DATE)?;
        let is_time = time.len() == 16 && time.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // The chunks of a streamed upload have signatures of their own, each made from the one before.
        let is_chunked =
            headers.get(BODY_DIGEST).is_some_and(|value| value.as_bytes().starts_with(b"STREAMING-"));
        (end == "aws4_request" && is_time && !is_chunked).then(|| Self {
            time: time.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }

    fn text(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.day(), self.region, self.service)
    }

    fn day(&self) -> &str {
        &self.time[..8]
    }
}

impl SigV4 {
    /// Puts a signature for `url` in the place of the one in `headers`, if there is one.
    pub(super) fn sign_again(&self, method: &Method, url: &Url, headers: &mut HeaderMap, body: &[u8]) {
        let Some(scope) = Scope::of(headers) else { return };
        headers.remove(AUTHORIZATION);
        headers.remove(TOKEN);
        if let Some(mut token) =
            self.session_token.as_ref().and_then(|token| HeaderValue::try_from(token.expose()).ok())
        {
            token.set_sensitive(true);
            headers.insert(TOKEN, token);
        }
        if let Ok(mut value) = HeaderValue::try_from(self.authorization(&scope, method, url, headers, body)) {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
    }

    fn authorization(
        &self,
        scope: &Scope,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: &[u8],
    ) -> String {
        let (names, request) = canonical_request(method, url, headers, body);
        let hashed = hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref());
        let to_sign = format!("{ALGORITHM}\n{}\n{}\n{hashed}", scope.time, scope.text());
        let first = format!("AWS4{}", self.secret.expose());
        let steps = [scope.day(), &scope.region, &scope.service, "aws4_request"];
        let key = steps.iter().fold(first.into_bytes(), |key, step| mac(&key, step.as_bytes()));
        let signature = hex(&mac(&key, to_sign.as_bytes()));
        format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={names}, Signature={signature}",
            self.access_key,
            scope.text()
        )
    }
}

/// The names of the signed headers, and the text that is hashed.
fn canonical_request(method: &Method, url: &Url, headers: &HeaderMap, body: &[u8]) -> (String, String) {
    let host = match (url.host_str().unwrap_or_default(), url.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let mut signed = vec![("host".to_owned(), host)];
    for name in headers.keys().filter(|name| **name == CONTENT_TYPE || name.as_str().starts_with("x-amz-")) {
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        let words = |value: &str| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        signed.push((name.as_str().to_owned(), values.map(words).collect::<Vec<_>>().join(",")));
    }
    signed.sort();
    let names = signed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let declared = headers.get(BODY_DIGEST).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let digest = declared.unwrap_or_else(|| hex(digest::digest(&digest::SHA256, body).as_ref()));
    let (path, query) = (canonical_path(url.path()), canonical_query(url.query().unwrap_or_default()));
    let request = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}");
    (names, request)
}

/// The path, encoded once more than it is sent: so it is for every service but S3.
fn canonical_path(path: &str) -> String {
    let steps: Vec<String> = path
        .split('/')
        .filter(|step| !step.is_empty())
        .map(|step| utf8_percent_encode(step, ENCODED).to_string())
        .collect();
    let end = if path.ends_with('/') && !steps.is_empty() { "/" } else { "" };
    format!("/{}{end}", steps.join("/"))
}

fn canonical_query(query: &str) -> String {
    let again = |text: &str| {
        let decoded: Vec<u8> = percent_decode_str(text).collect();
        percent_encoding::percent_encode(&decoded, ENCODED).to_string()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (again(name), again(value)))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _into_a_string = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS's own examples: the credentials that its documentation and its test suite use, and the signatures there.
    fn signed(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
        let credentials = SigV4 {
            access_key: "AKIDEXAMPLE".into(),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: None,
        };
        let mut map = HeaderMap::new();
        map.insert(DATE, HeaderValue::from_static("20150830T123600Z"));
        let wrong = "AWS4-HMAC-SHA256 Credential=other/20150830/us-east-1/service/aws4_request, \
                     SignedHeaders=host, Signature=00";
        map.insert(AUTHORIZATION, HeaderValue::from_static(wrong));
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
        }
        let url = Url::parse(&format!("https://example.amazonaws.com{path}")).unwrap();
        credentials.sign_again(&method.parse().unwrap(), &url, &mut map, body.as_bytes());
        map[AUTHORIZATION].to_str().unwrap().to_owned()
    }

    #[test]
    fn signatures_are_those_of_the_test_suite_of_aws() {
        let get_vanilla = signed("GET", "/", &[], "");
        assert_eq!(
            get_vanilla,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        let form = [("content-type", "application/x-www-form-urlencoded")];
        type Headers<'a> = &'a [(&'a str, &'a str)];
        let cases: [(&str, &str, Headers<'_>, &str, &str); 6] = [
            ("POST", "/", &[], "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (
                "GET",
                "/?Param2=value2&Param1=value1",
                &[],
                "",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "GET",
                "/?%E1%88%B4=bar",
                &[],
                "",
                "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
            ),
            ("GET", "//", &[], "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("GET", "/./", &[], "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (
                "POST",
                "/",
                &form,
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ];
        for (method, path, headers, body, signature) in cases {
            let authorization = signed(method, path, headers, body);
            assert!(authorization.ends_with(signature), "{method} {path}: {authorization}");
        }
    }
}
