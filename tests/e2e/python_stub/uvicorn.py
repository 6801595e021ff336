# Stands for uvicorn, and for a stack in it: healthy, with the models of its providers, to which it passes chats on.
import json
import os
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def run(app, host, port, hang):
    print("stub: listens on", host, flush=True)
    if hang:
        threading.Event().wait()

    class Stack(BaseHTTPRequestHandler):
        def do_GET(self):
            answers = {
                "/v1/health": {"status": "OK"},
                "/v1/version": {"version": "0.4.7-stub"},
                "/v1/providers": {"data": [{"api": "inference", "provider_id": name} for name in app]},
                "/v1/models": {"data": [{"id": f"{name}/fake"} for name in app]},
            }
            found = self.path in answers
            self.answer(200 if found else 404, json.dumps(answers.get(self.path, {})).encode())

        # Where it is told of a collector, it tells it of the trace that the request belongs to, if that is to be sampled.
        def trace(self):
            collector = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
            _, trace, _, flags = self.headers["traceparent"].split("-")
            if not collector or flags != "01":
                return
            span = {"traceId": trace, "name": "stub chat", "kind": 2}
            message = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
            headers = {"content-type": "application/json"}
            sent = urllib.request.Request(f"{collector}/v1/traces", json.dumps(message).encode(), headers)
            urllib.request.urlopen(sent).close()

        def do_POST(self):
            # In one piece, as another thread may be at it, too, and before the answer, as the end may follow it.
            flags = self.headers["traceparent"].rsplit("-", 1)[1]
            print(f"stub: flags of the trace {flags}\n", end="", flush=True)
            # Later than the answer, as exporters do.
            threading.Timer(0.1, self.trace).start()
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            print("stub: provider data", self.headers["x-llamastack-provider-data"], flush=True)
            name, body["model"] = body["model"].split("/", 1)
            headers = {"content-type": "application/json"}
            url = app[name] + self.path.removeprefix("/v1")
            asked = urllib.request.Request(url, json.dumps(body).encode(), headers)
            with urllib.request.urlopen(asked) as answer:
                self.answer(answer.status, answer.read())

        def answer(self, status, body):
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    ThreadingHTTPServer((host if isinstance(host, str) else "0.0.0.0", port), Stack).serve_forever()
