#!/usr/bin/env python3
"""Asks the tiny provider everything that it is meant to do, several times and in several orders, and
fails if an answer is wrong or if a reply asked again differs in more than its ids and times.

    tools/tiny-provider/serve -- python3 tools/tiny-provider/check.py [--show]
"""
import hashlib
import http.client
import json
import os
import random
import re
import sys
import threading
import urllib.parse

CHAT = os.environ.get("TINY_CHAT_URL", "http://127.0.0.1:8085/v1")
EMBED = os.environ.get("TINY_EMBED_URL", "http://127.0.0.1:8086/v1")


def ask(base, path, body):
    """(status, headers, body text) of one request on a connection of its own."""
    u = urllib.parse.urlsplit(base)
    c = http.client.HTTPConnection(u.hostname, u.port, timeout=60)
    if body is None:
        c.request("GET", u.path + path)
    else:
        data = body if isinstance(body, str) else json.dumps(body)
        c.request("POST", u.path + path, data, {"content-type": "application/json"})
    r = c.getresponse()
    out = r.status, r.getheaders(), r.read().decode()
    c.close()
    return out


ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def settled(text):
    """A reply with its volatile fields taken out: ids (a UUID in each) and `created`."""
    return re.sub(r'"created": ?\d+', '"created":0', re.sub(ID, "UUID", text))


def chat(question, *before, system=None, **more):
    messages = ([{"role": "system", "content": system}] if system else []) + [*before, {"role": "user", "content": question}]
    return ["/chat/completions", {"model": "tiny-chat", "messages": messages, "temperature": 0, "seed": 7, "max_tokens": 64, **more}]


def text(prompt, **more):
    return ["/completions", {"model": "tiny-chat", "prompt": prompt, "temperature": 0, "seed": 7, "max_tokens": 24, **more}]


def tool(name, **props):
    return {"type": "function", "function": {"name": name, "description": name, "parameters": {
        "type": "object", "properties": {k: {"type": v} for k, v in props.items()}, "required": list(props)}}}


def force(name):
    return {"type": "function", "function": {"name": name}}


def schema(**props):
    return {"type": "object", "properties": {k: {"type": v} for k, v in props.items()}, "required": list(props)}


def said(m):
    return {"role": "assistant", "content": m}


CALL = {"role": "assistant", "content": "", "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"location":"San Francisco"}'}}]}
WEATHER = "What is the weather in San Francisco?"
RINGS = "Which planet has rings around it with a name starting with letter S?"
HELPFUL = "You are a helpful assistant."

# name, request, what the answer must match (a regular expression on the answer text)
CASES = [
    ("rings", chat(RINGS), "Saturn"),
    ("rings, system", chat(RINGS, system=HELPFUL), "Saturn"),
    ("rings, lower case", chat("which planet has rings"), "Saturn"),
    ("humans", chat("Which planet do humans live on?"), "Earth"),
    ("humans, streamed", chat("Which planet do humans live on?", stream=True), "Earth"),
    ("humans, parts", ["/chat/completions", {"model": "tiny-chat", "temperature": 0, "seed": 7, "max_tokens": 64, "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Which planet do humans live on?"}]}]}], "Earth"),
    ("hello", chat("Say hello"), "[Hh]ello"),
    ("hello, streamed", chat("Say hello", stream=True, stream_options={"include_usage": True}), "[Hh]ello"),
    ("capital", chat("What is the capital of France?"), "Paris"),
    ("capital, system", chat("What is the capital of France?", system=HELPFUL), "Paris"),
    ("capital, one word", chat("What is the capital of France?", system="Answer in one word."), "^Paris$"),
    ("closest", chat("Which planet is closest to the sun?"), "Mercury"),
    ("sum", chat("What is 2 plus 3?"), r"\b5\b"),
    ("sum, signs", chat("What is 2 + 2?"), r"\b4\b"),
    ("sky", chat("What color is the sky?"), "blue"),
    ("roses, chat", chat("Complete the sentence using one word: Roses are red, violets are"), "blue"),
    ("count", chat("Count from 1 to 5"), "1, 2, 3, 4, 5"),
    ("weather", chat(WEATHER), "San Francisco"),
    ("name", chat("What is my name?", {"role": "user", "content": "My name is Ann."}, said("Nice to meet you, Ann!")), "Ann"),
    ("name, other words", chat("What is my name?", {"role": "user", "content": "My name is Bob."}, said("Hello Bob!"), system=HELPFUL), "Bob"),
    ("nonsense", chat("Zwrk blorpt qqq?"), "."),
    ("roses", text("Complete the sentence using one word: Roses are red, violets are"), "blue"),
    ("roses, streamed", text("Roses are red, violets are", stream=True), "blue"),
    ("roses, stop", text("Roses are red, violets are", stop=["."]), "blue$"),
    ("roses, list", text(["Roses are red, violets are"]), "blue"),
    ("roses, logprobs", text("Roses are red, violets are", logprobs=3, max_tokens=4), "blue"),
    ("roses, echo", text("Roses are red, violets are", echo=True), "^Roses.*blue"),
    ("length", chat("Count from 1 to 10", max_tokens=3), "^1, $"),
    ("length, streamed", chat("Count from 1 to 10", max_tokens=3, stream=True), "^1, $"),
    ("one token", text("The capital of France is", max_tokens=1), "^ Paris$"),
    ("stop", chat("Count from 1 to 10", stop=["4"]), "3, $"),
    ("stop, streamed", chat("Count from 1 to 10", stop=[", 4"], stream=True), "3$"),
    ("logprobs", chat("What is the capital of France?", logprobs=True, top_logprobs=3), "Paris"),
    ("logprobs, streamed", chat("What is the capital of France?", logprobs=True, top_logprobs=2, stream=True), "Paris"),
    ("n", chat("Say hello", n=2), "[Hh]ello"),
    ("json", chat("What is the capital of France? Answer in JSON.", response_format={"type": "json_object"}), r"^\{.*Paris.*\}$"),
    ("json, plain question", chat(RINGS, response_format={"type": "json_object"}), r"^\{.*Saturn.*\}$"),
    ("json, schema", chat("Give me a person as JSON.", response_format={"type": "json_object", "schema": schema(name="string", age="integer")}), r'^\{"name": ?"\w+", ?"age": ?\d+\}$'),
    ("json, schema, capital", chat("What is the capital of France?", response_format={"type": "json_object", "schema": schema(city="string")}), r'^\{"city": ?"Paris"\}$'),
    ("json, schema, other keys", chat("Which planet do humans live on?", response_format={"type": "json_object", "schema": schema(result="string", sure="boolean")}), r'^\{"result": ?"Earth".*\}$'),
    ("json, schema, streamed", chat("Ann is 7 years old.", stream=True, response_format={"type": "json_object", "schema": schema(name="string", age="integer")}), r'^\{"name": ?"Ann", ?"age": ?7\}$'),
    ("tool", chat(WEATHER, tools=[tool("get_weather", location="string")], tool_choice=force("get_weather")), r'^\{"location": ?"San Francisco"\}$'),
    ("tool, streamed", chat(WEATHER, tools=[tool("get_weather", location="string")], tool_choice=force("get_weather"), stream=True), r'^\{"location": ?"San Francisco"\}$'),
    ("tool, other key", chat("What's the weather like in Paris today?", tools=[tool("get_weather", city="string")], tool_choice=force("get_weather")), r'^\{"city": ?"Paris"\}$'),
    ("tool, two keys", chat("What is 2 plus 3?", tools=[tool("add", a="integer", b="integer")], tool_choice=force("add")), r'^\{"a": ?2, ?"b": ?3\}$'),
    ("tool, auto", chat(WEATHER, tools=[tool("get_weather", location="string")], tool_choice="auto"), "San Francisco"),
    ("tool, unasked", chat(WEATHER, tools=[tool("get_weather", location="string")]), "San Francisco"),
    ("tool result", ["/chat/completions", {"model": "tiny-chat", "temperature": 0, "seed": 7, "max_tokens": 64, "messages": [
        {"role": "user", "content": WEATHER}, CALL, {"role": "tool", "tool_call_id": "call_1", "content": '{"temperature":18,"condition":"sunny"}'}]}], "18 degrees.*San Francisco"),
    ("tool result, plain", ["/chat/completions", {"model": "tiny-chat", "temperature": 0, "seed": 7, "max_tokens": 64, "messages": [
        {"role": "user", "content": WEATHER}, CALL, {"role": "tool", "tool_call_id": "call_1", "content": "18 degrees and sunny"}]}], "18 degrees.*San Francisco"),
    ("tool call without content", ["/chat/completions", {"model": "tiny-chat", "temperature": 0, "seed": 7, "max_tokens": 64, "messages": [
        {"role": "user", "content": WEATHER}, {k: v for k, v in CALL.items() if k != "content"},
        {"role": "tool", "tool_call_id": "call_1", "content": "18 degrees and sunny"}]}], "18 degrees.*San Francisco"),
    ("unknown model", chat("Say hello")[:1] + [{**chat("Say hello")[1], "model": "gpt-4"}], "[Hh]ello"),
    ("no model", ["/chat/completions", {"messages": [{"role": "user", "content": "Say hello"}], "temperature": 0, "seed": 7}], "[Hh]ello"),
    ("embedding", ["/embeddings", {"model": "tiny-embed", "input": "Which planet has rings?"}], None),
    ("embeddings", ["/embeddings", {"model": "tiny-embed", "input": ["Which planet has rings?", "Saturn has rings.", "The dog says woof."]}], None),
    ("embedding of nothing", ["/embeddings", {"model": "tiny-embed", "input": ""}], None),
]
ERRORS = [
    ("not JSON", ["/chat/completions", '{"model": "tiny-chat", '], 500),
    ("no JSON object", ["/chat/completions", "[1]"], 500),
    ("null content of an assistant", ["/chat/completions", {"model": "tiny-chat", "messages": [
        {"role": "user", "content": WEATHER}, {**CALL, "content": None}, {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}]}], 500),
    ("json_schema of OpenAI", chat("Give me a person as JSON.", response_format={"type": "json_schema", "json_schema": {"name": "person", "schema": schema(name="string", age="integer")}}), 500),
    ("wrong type", ["/chat/completions", {"model": "tiny-chat", "messages": "hello"}], None),
    ("unknown role", ["/chat/completions", {"model": "tiny-chat", "messages": [{"role": "robot", "content": "hello"}]}], None),
    ("temperature is text", ["/chat/completions", {"model": "tiny-chat", "messages": [], "temperature": "hot"}], None),
    ("two prompts", text(["a", "b"]), None),
    ("tool not found", chat(WEATHER, tools=[tool("get_weather", location="string")], tool_choice=force("other")), None),
    ("too long", text("word " * 3000), 400),
    ("too long, streamed", text("word " * 3000, stream=True), None),
    ("embedding without input", ["/embeddings", {"model": "tiny-embed"}], None),
    ("embedding of tokens", ["/embeddings", {"model": "tiny-embed", "input": [1, 2]}], None),
    ("embedding as base64", ["/embeddings", {"model": "tiny-embed", "input": "Saturn", "encoding_format": "base64", "dimensions": 32}], None),
    ("embedding asked of chat", ["chat:/embeddings", {"model": "tiny-chat", "input": "Saturn"}], None),
    ("unknown path", ["/nothing", {}], 404),
    ("GET of chat", ["/chat/completions", None], 405),
]


def send(request):
    path, body = request
    if path.startswith("chat:"):
        return ask(CHAT, path[5:], body)
    return ask(EMBED if path == "/embeddings" else CHAT, path, body)


def answer(reply):
    """The text of an answer, plain or streamed: what the model said."""
    status, headers, body = reply
    if dict(headers).get("content-type", "").startswith("text/event-stream"):
        events = [e[6:] for e in re.split(r"\r?\n\r?\n", body) if e.startswith("data: ")]
        assert events[-1] == "[DONE]", events[-1]
        out = ""
        for e in events[:-1]:
            for c in json.loads(e)["choices"]:
                if "text" in c:
                    out += c["text"]
                else:
                    out += c["delta"].get("content") or ""
                    for t in c["delta"].get("tool_calls") or []:
                        out += t["function"]["arguments"]
        return out
    c = json.loads(body)["choices"][0]
    if "text" in c:
        return c["text"]
    m = c["message"]
    return m["tool_calls"][0]["function"]["arguments"] if m.get("tool_calls") else m["content"]


def lessons():
    """Asks every question of corpus.txt and prints those that are not answered as taught."""
    wrong = asked = 0
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus.txt"), encoding="utf-8") as f:
        lines = [x.rstrip("\n").split("\t") for x in f if "\t" in x and x[0] not in "#=>+"]
    for ways, taught, *_ in lines:
        for q in ways.split(" | "):
            for system in (None, HELPFUL):
                got = answer(send(chat(q.strip(), system=system, max_tokens=128)))
                asked += 1
                if got != taught:
                    wrong += 1
                    print(f"{q!r}{' (system)' if system else ''}: {got!r}, taught {taught!r}")
    sums = 0
    for a in range(10):
        for b in range(10):
            got = answer(send(chat(f"What is {a} plus {b}?")))
            if got != f"{a} plus {b} is {a + b}.":
                sums += 1
                print(f"{a} plus {b}: {got!r}")
    print(f"{asked - wrong} of {asked} questions of corpus.txt and {100 - sums} of 100 sums answered as taught")


def main():
    if "--lessons" in sys.argv:
        return lessons()
    show = "--show" in sys.argv
    bad, first = [], {}
    for name, request, wanted in CASES:
        reply = send(request)
        first[name] = settled(reply[2])
        if reply[0] != 200:
            bad.append(f"{name}: status {reply[0]}: {reply[2][:200]}")
            continue
        if wanted is None:
            data = json.loads(reply[2])["data"]
            got = " ".join(f"[{len(e['embedding'])} numbers]" for e in data)
            if not all(len(e["embedding"]) == 64 and any(e["embedding"]) for e in data):
                bad.append(f"{name}: {got}")
        else:
            got = answer(reply)
            if not re.search(wanted, got):
                bad.append(f"{name}: said {got!r}, not {wanted!r}")
        if show:
            print(f"--- {name}: {got!r}\n{json.dumps(request[1])}\n{reply[1]}\n{reply[2]}")
    for name, request, status in ERRORS:
        try:
            reply = send(request)
        except (OSError, http.client.HTTPException) as e:
            reply = 0, [], f"broken off: {e!r}"
        first[name] = settled(reply[2])
        if status and reply[0] != status:
            bad.append(f"{name}: status {reply[0]}, not {status}")
        if show:
            print(f"--- error, {name}: {reply[0]}\n{reply[1]}\n{reply[2][:1500]}")

    # Again: five times in other orders, then from two clients at once.
    rng = random.Random(7)
    differ = {}

    def again(names, orders):
        for name in names:
            try:
                reply = settled(send(orders[name])[2])
            except (OSError, http.client.HTTPException) as e:
                reply = f"broken off: {e!r}"
            if reply != first[name]:
                differ.setdefault(name, []).append(reply)

    requests = {n: r for n, r, _ in CASES + ERRORS}
    for _ in range(5):
        names = list(requests)
        rng.shuffle(names)
        again(names, requests)
    threads = []
    for _ in range(2):
        names = list(requests) * 2
        rng.shuffle(names)
        threads.append(threading.Thread(target=again, args=(names, requests)))
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for name, replies in differ.items():
        bad.append(f"{name}: {len(replies)} of 9 replies differ from the first: {replies[0][:300]!r} is not {first[name][:300]!r}")
    whole = hashlib.sha256("\n".join(f"{n}\n{first[n]}" for n in sorted(first)).encode()).hexdigest()
    print(f"{len(CASES)} answers and {len(ERRORS)} refusals, each asked 10 times; all replies without ids and times: sha256 {whole}")
    for b in bad:
        print("WRONG", b)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
