//! The collector of telemetry, sent to by a plain HTTP client as exporters send.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may")]

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::json;
use stack_test::fixtures::{Collector, Mark, Reach};
use std::io::Write;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// A message with one span of [`TRACE`], as OTLP's JSON.
fn message(name: &str) -> serde_json::Value {
    json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "stack" } }] },
        "scopeSpans": [{ "scope": { "name": "http" }, "spans": [{
            "traceId": TRACE, "spanId": "b7ad6b7169203331", "parentSpanId": "", "name": name, "kind": 2,
            "startTimeUnixNano": "1000000", "endTimeUnixNano": "3500000", "status": { "code": 2, "message": "no" },
            "attributes": [
                { "key": "tokens", "value": { "intValue": "12" } },
                { "key": "names", "value": { "arrayValue": { "values": [{ "stringValue": "a" }] } } },
            ],
            "events": [], "links": [], "traceState": "",
        }] }],
    }] })
}

async fn post(collector: &Collector, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> u16 {
    // An error says that another test has installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut request = reqwest::Client::new().post(format!("{}{path}", collector.endpoint())).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn spans_come_as_protobuf_as_json_and_gzipped() {
    let collector = Collector::start(&Reach::default()).await.unwrap();
    let json = message("by json").to_string().into_bytes();
    assert_eq!(post(&collector, "/v1/traces", &[("content-type", "application/json")], json).await, 200);
    let request: ExportTraceServiceRequest = serde_json::from_value(message("by protobuf")).unwrap();
    let bytes = request.encode_to_vec();
    let protobuf = ("content-type", "application/x-protobuf");
    assert_eq!(post(&collector, "/v1/traces", &[protobuf], bytes.clone()).await, 200);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&bytes).unwrap();
    let headers = [protobuf, ("content-encoding", "gzip")];
    assert_eq!(post(&collector, "/v1/traces", &headers, packed.finish().unwrap()).await, 200);
    let told = collector.since(Mark::default(), TRACE);
    let names: Vec<&str> = told.spans.iter().filter_map(|span| span["name"].as_str()).collect();
    assert_eq!(names, ["by json", "by protobuf", "by protobuf"]);
    for span in &told.spans {
        assert_eq!(span["kind"], "server");
        assert_eq!(span["duration_ms"], 2.5);
        assert_eq!(span["status"], "error");
        assert_eq!(span["attributes"], json!({ "tokens": 12, "names": ["a"] }));
        assert_eq!(span["resource"], json!({ "service.name": "stack" }));
        assert_eq!(span["scope"], "http");
    }
    assert!(collector.since(Mark::default(), "ffff").spans.is_empty());
    assert!(collector.since(collector.mark(), TRACE).spans.is_empty());
}

#[tokio::test]
async fn points_of_metrics_have_their_values() {
    let collector = Collector::start(&Reach::default()).await.unwrap();
    let point = |value: serde_json::Value| {
        let mut point = json!({ "attributes": [], "timeUnixNano": "5" });
        point.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        point
    };
    let message = json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": [
        { "name": "calls", "unit": "1", "sum": { "dataPoints": [point(json!({ "asInt": "7" }))] } },
        { "name": "duration", "unit": "ms", "histogram": { "dataPoints": [point(json!({ "count": "3", "sum": 4.5 }))] } },
    ] }] }] });
    let json = message.to_string().into_bytes();
    assert_eq!(post(&collector, "/v1/metrics", &[("content-type", "application/json")], json).await, 200);
    let request = ExportMetricsServiceRequest::default().encode_to_vec();
    assert_eq!(post(&collector, "/v1/metrics", &[], request).await, 200);
    let metrics = collector.since(Mark::default(), "").metrics;
    assert_eq!(metrics.len(), 2);
    assert_eq!((&metrics[0]["kind"], &metrics[0]["value"]), (&json!("sum"), &json!(7)));
    assert_eq!((&metrics[1]["count"], &metrics[1]["sum"]), (&json!(3), &json!(4.5)));
}

#[tokio::test]
async fn what_is_no_telemetry_is_refused() {
    let collector = Collector::start(&Reach::default()).await.unwrap();
    let json = ("content-type", "application/json");
    for (headers, body) in [
        (vec![json], &b"{"[..]),
        (vec![], b"\xff\xff\xff"),
        (vec![("content-encoding", "gzip")], b"no gzip"),
        (vec![("content-encoding", "br")], b"x"),
    ] {
        let status = post(&collector, "/v1/traces", &headers, body.to_vec()).await;
        assert!((400..500).contains(&status), "{status}");
    }
    assert!(collector.since(Mark::default(), TRACE).spans.is_empty());
}
