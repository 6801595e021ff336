#!/usr/bin/env python3
"""Makes the tiny models that `stack-test record` records: tiny-chat.gguf and tiny-embed.gguf.

A llama-architecture transformer of 2 layers and width 64 is trained in plain numpy (hand-written
forward, backward and Adam) on the lessons of corpus.txt and a few made ones, and written as GGUF.

    python make_model.py                trains (a few minutes) and writes both files beside this script
    python make_model.py --steps 50     the same, but hardly trained
    python make_model.py --gradcheck    compares the backward pass with finite differences, and stops
    python make_model.py --embed-only   only tiny-embed.gguf (seconds)
"""
import os

for _v in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_v] = "1"  # one thread: the sums of a matrix product have one order

import argparse
import hashlib
import re
import time

import gguf
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 7
D, FF, LAYERS, HEADS = 64, 192, 2, 4
CONTEXT = 2048
EPS = 1e-5
ROPE_BASE = 10000.0

# --- text and tokens -------------------------------------------------------------------------------

SPECIAL = ["<|begin|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<|call|>"]
# The pre-tokenizer "llama-bpe" of llama.cpp, for ASCII text. It keeps a word whole if the vocabulary
# has it (with its leading space, if any), and otherwise falls back to bytes: there are no merges.
WORDS = re.compile(
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    r"|[^\r\nA-Za-z0-9]?[A-Za-z]+|[0-9]{1,3}| ?[^\sA-Za-z0-9]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPLIT_SPECIAL = re.compile("(" + "|".join(re.escape(s) for s in SPECIAL) + ")")

CHAT_TEMPLATE = """\
{%- macro text(content) -%}
  {%- if content is string -%}{{ content }}
  {%- elif content is iterable and content is not mapping -%}
    {%- for part in content -%}{%- if part.type == 'text' -%}{{ part.text }}{%- endif -%}{%- endfor -%}
  {%- endif -%}
{%- endmacro -%}
{{- bos_token -}}
{%- for m in messages -%}
  {%- if m.role == 'assistant' -%}
    {{- '<|assistant|>' -}}{{- text(m.content) -}}
    {%- for call in m.tool_calls or [] -%}{{- '<|call|>' -}}{{- call.function.arguments -}}{%- endfor -%}
  {%- elif m.role == 'tool' or m.role == 'function' -%}
    {{- '<|tool|>' -}}{{- text(m.content) -}}
  {%- elif m.role == 'system' or m.role == 'developer' -%}
    {{- '<|system|>' -}}{{- text(m.content) -}}
  {%- else -%}
    {{- '<|user|>' -}}{{- text(m.content) -}}
  {%- endif -%}
  {{- '<|end|>' -}}
{%- endfor -%}
{{- '<|assistant|>' -}}
{%- if tool_choice is mapping -%}{{- '<|call|>' -}}{%- endif -%}
"""


def byte_letters():
    """The letters that GPT-2 vocabularies write for the 256 bytes."""
    kept = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters, extra = {}, 0
    for b in range(256):
        if b in kept:
            letters[b] = chr(b)
        else:
            letters[b] = chr(256 + extra)
            extra += 1
    return letters


LETTER = byte_letters()


def spelled(word):
    return "".join(LETTER[b] for b in word.encode())


class Vocab:
    """Special tokens, all 256 bytes, then the whole words of the texts."""

    def __init__(self, texts):
        counts = {}
        for t in texts:
            for part in SPLIT_SPECIAL.split(t):
                for w in WORDS.findall(part) if part not in SPECIAL else []:
                    counts[w] = counts.get(w, 0) + 1
        words = {str(n) for n in range(10, 101)} | {" " + w for w in ("The", "A", "Yes", "No")}
        for w in counts:
            core = w.lstrip(" ")
            if re.fullmatch(r"[A-Za-z]+", core) and len(core) > 1:
                words |= {core, " " + core}
            elif re.fullmatch(r"'[a-z]+|[^A-Za-z0-9\s][A-Za-z]+", w) or re.fullmatch(r" [A-Za-z]", w):
                words.add(w)
        # a word is also known with its first letter the other way round
        for w in list(words):
            core = w.strip(" ")
            if re.fullmatch(r"[A-Za-z]+", core) and len(core) > 1:
                words.add(w.replace(core, core[0].swapcase() + core[1:]))
        self.words = sorted(words)
        self.text = [*SPECIAL, *(LETTER[b] for b in range(256)), *(spelled(w) for w in self.words)]
        self.id = {t: i for i, t in enumerate(self.text)}
        self.used = set()
        self.memo = {}

    def __len__(self):
        return len(self.text)

    def encode(self, text):
        if text in self.memo:
            return self.memo[text]
        ids = []
        for part in SPLIT_SPECIAL.split(text):
            if part in SPECIAL:
                ids.append(self.id[part])
                continue
            for w in WORDS.findall(part):
                s = spelled(w)
                ids += [self.id[s]] if s in self.id else [self.id[LETTER[b]] for b in w.encode()]
        self.memo[text] = ids
        return ids


# --- lessons -----------------------------------------------------------------------------------------

NAMES = """Ann Bob Tom Mary Jason Alice Peter Anna Paul Lisa Max Eva Sam Lucy John Jane Kim Leo Nina Oscar
Emma Ben Clara David""".split()
CITIES = """Paris|Berlin|Rome|Madrid|London|Tokyo|Boston|San Francisco|New York|Vienna|Oslo|Cairo|Moscow|Dublin
Lisbon|Athens|Chicago|Seattle|Warsaw|Beijing|Los Angeles|Helsinki|Stockholm|Ottawa
San Francisco, CA|Boston, MA|New York, NY|Paris, France|London, UK""".replace("\n", "|").split("|")
WEATHERS = "sunny cloudy rainy windy foggy cold warm".split()
KEYS = """answer name planet city country color result value text title word number location place query
topic animal item description greeting content message summary""".split()
SYSTEMS = ["You are a helpful assistant."] * 5 + [
    "You are a helpful assistant", "You are a friendly assistant.", "You are a tiny model.", "Answer briefly.",
    "You are a test assistant.", "Be nice.", "You are an assistant.", "Answer in English."]
DONT_KNOW = "I do not know."


class Lessons:
    def __init__(self, path):
        self.qa, self.json, self.raw, self.calls, self.talks = [], [], [], [], []
        with open(path, encoding="utf-8") as f:
            for line in f:
                line = line.rstrip("\n")
                if not line or line.startswith("#"):
                    continue
                kind, rest = (line[0], line[2:]) if line[:2] in ("= ", "> ", "+ ") else ("?", line)
                if kind == "=":
                    self.raw.append(rest)
                    continue
                f_ = [p.strip() for p in rest.split("\t")]
                ways = [q.strip() for q in f_[0].split(" | ")]
                if kind == ">":
                    self.calls.append((ways, f_[1]))
                elif kind == "+":
                    self.talks.append((f_[0], f_[1], [q.strip() for q in f_[2].split(" | ")], f_[3]))
                elif f_[1].startswith("{"):
                    self.json.append((ways, f_[1]))
                else:
                    self.qa.append((ways, f_[1], f_[2].split("=", 1) if len(f_) > 2 else None))
        self.short = [x for x in self.qa if x[2]]
        said = [t for ways, a, _ in self.qa for t in (*ways, a)] + self.raw + [t for q, a, w, b in self.talks for t in (q, a, *w, b)]
        self.salad = sorted({w for t in said for w in re.findall("[A-Za-z]+", t)})

    def texts(self):
        """Everything that may be said, for the vocabulary."""
        for ways, a, s in self.qa:
            yield from ways
            yield a
            if s:
                yield from (s[1], " " + s[1], s[0])
        for ways, a in self.json + self.calls:
            yield from ways
            yield a
        yield from self.raw
        for t in self.talks:
            yield from (t[0], t[1], *t[2], t[3])
        yield from SYSTEMS
        yield from ("Answer in one word.", DONT_KNOW)
        yield from NAMES + CITIES + WEATHERS + KEYS
        rng = np.random.default_rng(SEED)
        for make in (self.sum_, self.weather, self.name, self.age):
            for _ in range(1500):
                for role, text, *_ in make(rng):
                    yield text

    # Each lesson is a list of (role, text) or (role, text, skip): the loss is on assistant and call
    # texts and the <|end|> after them, but not on the first `skip` tokens.

    def pick(self, rng, seq):
        return seq[int(rng.integers(len(seq)))]

    def worded(self, rng, q):
        """Small slips in how a question is written."""
        r = rng.random()
        if r < 0.06 and q[-1] in ".?!":
            q = q[:-1]
        elif r < 0.12:
            q = q[0].lower() + q[1:]
        return q

    def scalar(self, v):
        return v if re.fullmatch(r"\d+", v) else f'"{v}"'

    def sum_(self, rng):
        op = self.pick(rng, ["plus", "plus", "plus", "minus", "times"])
        a, b = (int(x) for x in rng.integers(0, 10, 2))
        if op == "minus" and a < b:
            a, b = b, a
        if op == "times":
            a, b = a % 6, b % 6
        c = a + b if op == "plus" else a - b if op == "minus" else a * b
        sign = {"plus": "+", "minus": "-", "times": "*"}[op]
        q = self.pick(rng, [f"What is {a} {op} {b}?", f"What is {a} {sign} {b}?", f"{a} {sign} {b}", f"{a} {op} {b}",
                            f"How much is {a} {op} {b}?", f"What's {a} {op} {b}?", f"{a}{sign}{b}", f"{a} {sign} {b} ="])
        if op == "plus" and rng.random() < 0.15:
            q = f"Add {a} and {b}."
        r = rng.random()
        if r < 0.12:
            return [("user", q), ("assistant", '{"' + self.pick(rng, ["answer", "result", "sum"]) + f'":{c}}}', 1)]
        if r < 0.2:
            return [("system", "Answer in one word."), ("user", q), ("assistant", f"{c}")]
        return [("user", q), ("assistant", f"{a} {op} {b} is {c}.")]

    def weather(self, rng):
        city = self.pick(rng, CITIES)
        q = self.pick(rng, ["What is the weather in {}?", "What is the weather like in {}?", "What's the weather in {}?",
                            "What's the weather like in {}?", "What is the weather in {} today?",
                            "What's the weather like in {} today?", "How is the weather in {}?", "Weather in {}?",
                            "Tell me the weather in {}.", "What is the temperature in {}?", "Is it raining in {}?",
                            "What will the weather be in {} tomorrow?", "How hot is it in {}?",
                            "Use the tool to get the weather in {}."]).format(city)
        if rng.random() < 0.08:  # of several cities, the first
            q = q.replace(city, f"{city}, {self.pick(rng, CITIES)}, and {self.pick(rng, CITIES)}"
                          if rng.random() < 0.5 else f"{city} and {self.pick(rng, CITIES)}")
        q = self.worded(rng, q)
        r = rng.random()
        if r < 0.2:
            return [("user", q), ("assistant", f"The weather in {city} is sunny.")]
        key = self.pick(rng, ["location", "location", "city", "place"])
        unit = self.pick(rng, ["", "", ',"unit":"celsius"', ',"format":"celsius"'])
        args = f'{{"{key}":"{city}"{unit}}}'
        if r < 0.55:
            return [("user", q), ("call", args)]
        t, w = int(rng.integers(0, 41)), self.pick(rng, WEATHERS)
        told, answer = self.pick(rng, [
            (f"{t} degrees and {w}", f"It is {t} degrees and {w} in {city}."),
            (f"It is {t} degrees and {w}.", f"It is {t} degrees and {w} in {city}."),
            (f'{{"temperature":{t},"condition":"{w}"}}', f"It is {t} degrees and {w} in {city}."),
            (f'{{"temperature": {t}, "condition": "{w}"}}', f"It is {t} degrees and {w} in {city}."),
            (f'{{"temperature":{t}}}', f"It is {t} degrees in {city}."),
            (f'{{"temperature": {t}, "unit": "celsius"}}', f"It is {t} degrees in {city}."),
            (f'{{"location":"{city}","temperature":{t},"unit":"celsius"}}', f"It is {t} degrees in {city}."),
            (f"{t} degrees", f"It is {t} degrees in {city}."),
            (f"{w}", f"The weather in {city} is {w}."),
        ])
        return [("user", q), ("call", args), ("tool", told), ("assistant", answer)]

    def name(self, rng):
        n = self.pick(rng, NAMES)
        told = self.pick(rng, ["My name is {}.", "My name is {}", "I am {}.", "Hello, my name is {}.", "Hi, I am {}.",
                               "Hello! My name is {}."]).format(n)
        greet = [("user", told), ("assistant", f"Nice to meet you, {n}!")]
        if rng.random() < 0.25:
            return greet
        if rng.random() < 0.3:  # what the client says that we said need not be what we would say
            greet = [("user", told), ("assistant", self.pick(rng, [f"Hello {n}!", "Hello!", f"Hi {n}!", "OK.",
                                                                   f"Hello, {n}.", "Hello! How can I help you today?"]), 99)]
        q = self.pick(rng, ["What is my name?", "What is my name?", "What's my name?", "Who am I?",
                            "Do you know my name?", "Tell me my name."])
        return greet + [("user", self.worded(rng, q)), ("assistant", f"Your name is {n}.")]

    def age(self, rng):
        n, a = self.pick(rng, NAMES), int(rng.integers(1, 60))
        q = self.pick(rng, ["{} is {} years old.", "Extract {} is {} years old.", "Extract the person: {} is {} years old.",
                            "My name is {} and I am {} years old.", "{} is {}."]).format(n, a)
        role = "call" if rng.random() < 0.3 else "assistant"
        return [("user", q), (role, f'{{"name":"{n}","age":{a}}}', 1)]

    def short_json(self, rng):
        ways, _, (key, v) = self.pick(rng, self.short)
        r = rng.random()
        keys = [key if r < 0.6 else self.pick(rng, KEYS)]
        obj = f'{{"{keys[0]}":{self.scalar(v)}}}'
        if rng.random() < 0.15:
            obj = f'{{"{keys[0]}":{self.scalar(v)},"{self.any_key(rng)}":{self.any_value(rng, 1)}}}'
        q = self.worded(rng, self.pick(rng, ways)) + self.pick(rng, ["", "", "", " Answer in JSON.", " Answer as JSON."])
        return [("user", q), ("call" if rng.random() < 0.2 else "assistant", obj, 1)]

    def salad_words(self, rng, low, high):
        return " ".join(self.pick(rng, self.salad) for _ in range(int(rng.integers(low, high))))

    def nonsense(self, rng):
        r = rng.random()
        if r < 0.4:
            q = self.salad_words(rng, 3, 12)
        elif r < 0.7:
            q = " ".join(self.letters(rng, 2, 9) for _ in range(int(rng.integers(1, 7))))
        else:
            q = " ".join(self.pick(rng, self.salad) if rng.random() < 0.5 else self.letters(rng, 3, 9)
                         for _ in range(int(rng.integers(2, 9))))
        if rng.random() < 0.5:
            q = q.capitalize() + "?"
        if rng.random() < 0.35:
            return [("user", q), ("assistant", DONT_KNOW)]
        return [("user", q), ("call" if rng.random() < 0.3 else "assistant", self.any_object(rng), 1)]

    def letters(self, rng, low, high):
        return "".join(chr(int(rng.integers(97, 123))) for _ in range(int(rng.integers(low, high))))

    def any_object(self, rng, depth=0, keys=None):
        """JSON of any shape: what counts is that every string, number and list comes to its end."""
        pairs = []
        for k in keys or [self.any_key(rng) for _ in range(int(rng.integers(1, 4)))]:
            pairs.append(f'"{k}":{self.any_value(rng, depth)}')
        return "{" + ",".join(pairs) + "}"

    def any_key(self, rng):
        r = rng.random()
        if r < 0.25:
            return self.letters(rng, 1, 9)
        if r < 0.35:
            return self.pick(rng, self.salad).lower() + "_" + self.pick(rng, self.salad).lower()
        return self.pick(rng, KEYS if r < 0.65 else self.salad)

    def any_value(self, rng, depth):
        r = rng.random()
        if r < 0.5 or (r >= 0.8 and depth > 1):
            return f'"{self.pick(rng, ["yes", "yes", "none", self.pick(rng, self.salad)])}"'
        if r < 0.7:
            return str(int(rng.integers(1, 10)))
        if r < 0.8:
            return self.pick(rng, ["true", "true", "false"])
        if r < 0.9:
            return "[" + ",".join(['"yes"', '"no"'][: int(rng.integers(1, 3))]) + "]"
        if r < 0.95:
            keys = [self.any_key(rng) for _ in range(int(rng.integers(1, 3)))]
            return "[" + ",".join(self.any_object(rng, depth + 1, keys) for _ in range(int(rng.integers(1, 3)))) + "]"
        return self.any_object(rng, depth + 1)

    def question(self, rng):
        ways, a, short = self.pick(rng, self.qa)
        q = self.worded(rng, self.pick(rng, ways))
        if short and rng.random() < 0.1:
            return [("system", "Answer in one word."), ("user", q), ("assistant", short[1])]
        return [("user", q), ("assistant", a)]

    def draw(self, rng):
        """One lesson: a list of (role, text[, skip]); role "raw" is plain text."""
        r = rng.random()
        if r < 0.33:
            turns = self.question(rng)
        elif r < 0.42:
            turns = self.sum_(rng)
        elif r < 0.56:
            turns = self.weather(rng)
        elif r < 0.61:
            turns = self.name(rng)
        elif r < 0.64:
            turns = self.age(rng)
        elif r < 0.75:
            turns = self.short_json(rng)
        elif r < 0.79:
            ways, a = self.pick(rng, self.json)
            turns = [("user", self.worded(rng, self.pick(rng, ways))), ("assistant", a)]
        elif r < 0.82:
            ways, a = self.pick(rng, self.calls)
            turns = [("user", self.worded(rng, self.pick(rng, ways))), ("call", a)]
        elif r < 0.85:
            q, a, ways, b = self.pick(rng, self.talks)
            turns = [("user", q), ("assistant", a), ("user", self.pick(rng, ways)), ("assistant", b)]
        elif r < 0.93:
            turns = self.nonsense(rng)
        else:
            return [("raw", self.pick(rng, self.raw))]
        if turns[0][0] != "system":
            if rng.random() < 0.12:  # an earlier question and answer
                turns = self.question(rng)[-2:] + turns
            r = rng.random()
            if r < 0.3:
                turns = [("system", self.pick(rng, SYSTEMS))] + turns
            elif r < 0.33:
                turns = [("system", self.salad_words(rng, 3, 10) + ".")] + turns
        return turns


def tokens_of(vocab, turns):
    """The token ids of a lesson and, for each, whether it has to be predicted."""
    ids, want = [vocab.id["<|begin|>"]], [0]
    end = vocab.id["<|end|>"]
    for role, text, *skip in turns:
        if role == "raw":
            t = vocab.encode(text)
            ids += t + [end]
            want += [0] + [1] * len(t)
            continue
        if role == "call":
            ids += [vocab.id["<|assistant|>"], vocab.id["<|call|>"]]
            want += [0, 0]
        else:
            ids.append(vocab.id[f"<|{role}|>"])
            want.append(0)
        t = vocab.encode(text)
        loss = role in ("assistant", "call")
        skip = skip[0] if skip else 0
        ids += t + [end]
        want += [int(loss and i >= skip) for i in range(len(t) + 1)]
    return ids, want


# --- the model ---------------------------------------------------------------------------------------


def new_params(vocab_size, rng, dtype=np.float32, d=D, ff=FF, layers=LAYERS):
    def w(*s, scale=None):
        return (rng.standard_normal(s) * (scale or s[-1] ** -0.5)).astype(dtype)

    p = {"token_embd.weight": w(vocab_size, d, scale=0.5), "output.weight": w(vocab_size, d, scale=0.05),
         "output_norm.weight": np.ones(d, dtype)}
    for i in range(layers):
        b = f"blk.{i}."
        p[b + "attn_norm.weight"] = np.ones(d, dtype)
        p[b + "ffn_norm.weight"] = np.ones(d, dtype)
        for n in ("attn_q", "attn_k", "attn_v", "attn_output"):
            p[b + n + ".weight"] = w(d, d)
        p[b + "ffn_gate.weight"] = w(ff, d)
        p[b + "ffn_up.weight"] = w(ff, d)
        p[b + "ffn_down.weight"] = w(d, ff)
    return p


def rms(x, g):
    r = 1.0 / np.sqrt((x * x).mean(-1, keepdims=True) + EPS)
    return x * r * g, r


def rms_back(dy, x, g, r):
    dg = (dy * x * r).reshape(-1, x.shape[-1]).sum(0)
    dxh = dy * g
    xh = x * r
    return r * (dxh - xh * (dxh * xh).mean(-1, keepdims=True)), dg


def rope_tables(t, hd, dtype):
    a = np.arange(t)[:, None] * ROPE_BASE ** (-np.arange(0, hd, 2) / hd)[None, :]
    return np.cos(a).astype(dtype), np.sin(a).astype(dtype)


def rope(x, cos, sin):
    """Neighbouring pairs (0,1), (2,3), ... are turned, as llama.cpp does for the llama architecture."""
    y = np.empty_like(x)
    a, b = x[..., 0::2], x[..., 1::2]
    y[..., 0::2] = a * cos - b * sin
    y[..., 1::2] = a * sin + b * cos
    return y


def forward_backward(p, ids, targets, want, heads=HEADS, layers=LAYERS, back=True):
    """Mean cross entropy of the wanted positions, its gradients, and how many were guessed right."""
    B, T = ids.shape
    d = p["token_embd.weight"].shape[1]
    hd = d // heads
    dtype = p["token_embd.weight"].dtype
    cos, sin = rope_tables(T, hd, dtype)
    mask = np.triu(np.full((T, T), -1e9, dtype), 1)
    scale = dtype.type(hd ** -0.5)

    def split(x):
        return x.reshape(B, T, heads, hd).transpose(0, 2, 1, 3)

    def join(x):
        return x.transpose(0, 2, 1, 3).reshape(B * T, d)

    h = p["token_embd.weight"][ids.reshape(-1)]
    saved = []
    for i in range(layers):
        b = f"blk.{i}."
        x, r1 = rms(h, p[b + "attn_norm.weight"])
        q = rope(split(x @ p[b + "attn_q.weight"].T), cos, sin)
        k = rope(split(x @ p[b + "attn_k.weight"].T), cos, sin)
        v = split(x @ p[b + "attn_v.weight"].T)
        s = q @ k.transpose(0, 1, 3, 2) * scale + mask
        s -= s.max(-1, keepdims=True)
        np.exp(s, out=s)
        s /= s.sum(-1, keepdims=True)
        o = join(s @ v)
        h2 = h + o @ p[b + "attn_output.weight"].T
        y, r2 = rms(h2, p[b + "ffn_norm.weight"])
        g = y @ p[b + "ffn_gate.weight"].T
        u = y @ p[b + "ffn_up.weight"].T
        sg = 1.0 / (1.0 + np.exp(-g))
        m = g * sg * u
        h3 = h2 + m @ p[b + "ffn_down.weight"].T
        saved.append((h, r1, x, q, k, v, s, o, h2, r2, y, g, u, sg, m))
        h = h3
    at = np.flatnonzero(want.reshape(-1))
    hs = h[at]
    z, r = rms(hs, p["output_norm.weight"])
    logits = z @ p["output.weight"].T
    tgt = targets.reshape(-1)[at]
    logits -= logits.max(-1, keepdims=True)
    right = int((logits.argmax(-1) == tgt).sum())
    np.exp(logits, out=logits)
    logits /= logits.sum(-1, keepdims=True)
    n = len(at)
    loss = float(-np.log(logits[np.arange(n), tgt] + 1e-30).mean())
    if not back:
        return loss, None, right, n

    G = {}
    logits[np.arange(n), tgt] -= 1
    logits /= n
    G["output.weight"] = logits.T @ z
    dz = logits @ p["output.weight"]
    dhs, G["output_norm.weight"] = rms_back(dz, hs, p["output_norm.weight"], r)
    dh = np.zeros_like(h)
    dh[at] = dhs
    for i in reversed(range(layers)):
        b = f"blk.{i}."
        h0, r1, x, q, k, v, s, o, h2, r2, y, g, u, sg, m = saved[i]
        G[b + "ffn_down.weight"] = dh.T @ m
        dm = dh @ p[b + "ffn_down.weight"]
        du = dm * g * sg
        dg = dm * u * (sg + g * sg * (1 - sg))
        G[b + "ffn_gate.weight"] = dg.T @ y
        G[b + "ffn_up.weight"] = du.T @ y
        dy = dg @ p[b + "ffn_gate.weight"] + du @ p[b + "ffn_up.weight"]
        dx, G[b + "ffn_norm.weight"] = rms_back(dy, h2, p[b + "ffn_norm.weight"], r2)
        dh = dh + dx
        G[b + "attn_output.weight"] = dh.T @ o
        do = split(dh @ p[b + "attn_output.weight"])
        dv = s.transpose(0, 1, 3, 2) @ do
        ds = do @ v.transpose(0, 1, 3, 2)
        ds = s * (ds - (ds * s).sum(-1, keepdims=True)) * scale
        dq = join(rope(ds @ k, cos, -sin))
        dk = join(rope(ds.transpose(0, 1, 3, 2) @ q, cos, -sin))
        dv = join(dv)
        G[b + "attn_q.weight"] = dq.T @ x
        G[b + "attn_k.weight"] = dk.T @ x
        G[b + "attn_v.weight"] = dv.T @ x
        dx = dq @ p[b + "attn_q.weight"] + dk @ p[b + "attn_k.weight"] + dv @ p[b + "attn_v.weight"]
        dx, G[b + "attn_norm.weight"] = rms_back(dx, h0, p[b + "attn_norm.weight"], r1)
        dh = dh + dx
    ge = np.zeros_like(p["token_embd.weight"])
    np.add.at(ge, ids.reshape(-1), dh)
    G["token_embd.weight"] = ge
    return loss, G, right, n


def gradcheck():
    rng = np.random.default_rng(1)
    p = new_params(23, rng, np.float64, d=16, ff=24)
    for name in p:
        if "norm" in name:
            p[name] = p[name] + 0.3 * rng.standard_normal(p[name].shape)
    ids = rng.integers(0, 23, (2, 9))
    tgt = rng.integers(0, 23, (2, 9))
    want = rng.integers(0, 2, (2, 9))
    _, G, _, _ = forward_backward(p, ids, tgt, want, heads=2)
    worst = 0.0
    for name, w in p.items():
        for _ in range(12):
            at = tuple(int(rng.integers(s)) for s in w.shape)
            was, e = w[at], 1e-5
            w[at] = was + e
            up = forward_backward(p, ids, tgt, want, heads=2, back=False)[0]
            w[at] = was - e
            down = forward_backward(p, ids, tgt, want, heads=2, back=False)[0]
            w[at] = was
            num = (up - down) / (2 * e)
            worst = max(worst, abs(num - G[name][at]) / max(1e-4, abs(num) + abs(G[name][at])))
    print(f"gradient check: {len(p)} tensors, 12 places each, worst relative difference {worst:.1e}")
    return worst < 1e-4


def train(vocab, lessons, steps, batch, peak):
    rng = np.random.default_rng(SEED)
    p = new_params(len(vocab), rng)
    m = {k: np.zeros_like(v) for k, v in p.items()}
    v = {k: np.zeros_like(x) for k, x in p.items()}
    b1, b2 = 0.9, 0.98
    began, queue, shown = time.time(), [], [0.0, 0, 0, 0]
    for step in range(1, steps + 1):
        if not queue:
            # a pool of lessons, sorted by length so that a batch has little padding
            pool = [tokens_of(vocab, lessons.draw(rng)) for _ in range(batch * 32)]
            pool.sort(key=lambda x: len(x[0]))
            queue = [pool[i:i + batch] for i in range(0, len(pool), batch)]
            order = rng.permutation(len(queue))
            queue = [queue[i] for i in order]
        part = queue.pop()
        T = max(len(x) for x, _ in part) - 1
        ids = np.zeros((len(part), T), np.int64)
        tgt = np.zeros((len(part), T), np.int64)
        want = np.zeros((len(part), T), np.int64)
        for i, (x, w) in enumerate(part):
            n = len(x) - 1
            ids[i, :n], tgt[i, :n], want[i, :n] = x[:-1], x[1:], w[1:]
        loss, G, right, n = forward_backward(p, ids, tgt, want)
        norm = float(np.sqrt(sum(float((g * g).sum()) for g in G.values())))
        clip = min(1.0, 1.0 / (norm + 1e-6))
        lr = peak * min(1.0, step / 100) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * step / steps)))
        c1, c2 = 1 - b1 ** step, 1 - b2 ** step
        for k, g in G.items():
            g *= clip
            m[k] += (1 - b1) * (g - m[k])
            v[k] += (1 - b2) * (g * g - v[k])
            p[k] -= (lr / c1) * m[k] / (np.sqrt(v[k] / c2) + 1e-8)
            if k.endswith("weight") and p[k].ndim == 2 and k != "token_embd.weight":
                p[k] *= 1 - lr * 0.01
        shown = [shown[0] + loss, shown[1] + 1, shown[2] + right, shown[3] + n]
        if step % 250 == 0 or step == steps:
            print(f"step {step:5d}  loss {shown[0] / shown[1]:.4f}  right {100 * shown[2] / shown[3]:.2f} %  "
                  f"{time.time() - began:.0f} s", flush=True)
            shown = [0.0, 0, 0, 0]
    return p


def adopt_unseen(vocab, lessons, p):
    """Words that no lesson said (the other case, the other spacing) read like the form that was said."""
    rng = np.random.default_rng(SEED + 1)
    seen = np.zeros(len(vocab), int)
    for _ in range(20000):
        for i in tokens_of(vocab, lessons.draw(rng))[0]:
            seen[i] += 1
    adopted = 0
    for w in vocab.words:
        i = vocab.id[spelled(w)]
        core = w.strip(" ")
        if seen[i] or not core.isalpha() or len(core) < 2:
            continue
        other = core[0].swapcase() + core[1:]
        for f in (" " + core, core, " " + other, other):
            j = vocab.id.get(spelled(f))
            if j is not None and seen[j]:
                p["token_embd.weight"][i] = p["token_embd.weight"][j]
                adopted += 1
                break
    return adopted


# --- embeddings --------------------------------------------------------------------------------------------


def embed_params(vocab, lessons):
    """A bag of word vectors, learned from which words the lessons use together, with a pinch of word order.

    llama.cpp pools the mean of the outputs. The one layer has attention that looks at all words so far
    alike (queries and keys are 0) and adds a little of them, turned; its feed-forward part is 0.
    """
    docs = [" ".join([*ways, a]) for ways, a, _ in lessons.qa] + [" ".join([*w, a]) for w, a in lessons.json + lessons.calls]
    docs += lessons.raw + ["weather in " + " ".join(CITIES), "sunny cloudy rainy windy foggy weather degrees temperature",
                           "my name is " + " ".join(NAMES), "capital city " + " ".join(CITIES),
                           "plus minus times sum number count add", "meow woof moo cat dog cow kitten puppy animal pet"]
    docs = [sorted(set(re.findall(r"[a-z]+|[0-9]+", d.lower()))) for d in docs]
    words = sorted({w for d in docs for w in d})
    at = {w: i for i, w in enumerate(words)}
    hit = np.zeros((len(docs), len(words)))
    for i, d in enumerate(docs):
        for w in d:
            hit[i, at[w]] = 1
    df = hit.sum(0)
    idf = np.log(len(docs) / df) / np.log(len(docs))
    both = (hit / hit.sum(1, keepdims=True)).T @ hit
    both = both + both.T
    n = both.sum()
    with np.errstate(divide="ignore"):
        pmi = np.log(both * n / np.outer(both.sum(1), both.sum(0)))
    pmi[~np.isfinite(pmi)] = 0
    u, sv, _ = np.linalg.svd(np.maximum(pmi, 0))
    vec = u[:, :D] * np.sqrt(sv[:D])
    vec *= np.sign(vec[np.abs(vec).argmax(0), np.arange(D)])  # the sign of a singular vector is anybody's choice
    vec /= np.linalg.norm(vec, axis=1, keepdims=True) + 1e-9
    rng = np.random.default_rng(SEED + 2)

    def unit(k):
        x = rng.standard_normal((k, D))
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    vec = (vec + 0.4 * unit(len(words))) * (idf[:, None] ** 2) * 6
    emb = unit(len(vocab)) * 1.5
    emb[:len(SPECIAL)] = 0
    emb[vocab.id["<|begin|>"]] = 0.2 * unit(1)  # so that even an empty text has a direction
    for b in range(256):
        if chr(b) in " .,?!:;\"'\n{}[]":
            emb[vocab.id[LETTER[b]]] *= 0.1
        if chr(b) in at:
            emb[vocab.id[LETTER[b]]] = vec[at[chr(b)]]
    for w in vocab.words:
        core = re.sub("[^a-z0-9]", "", w.lower())
        if core in at:
            emb[vocab.id[spelled(w)]] = vec[at[core]] + 0.05 * unit(1)[0]  # "Hello" is not quite "hello"
    turn = np.linalg.qr(rng.standard_normal((D, D)))[0]
    zero = np.zeros((D, D))
    p = {"token_embd.weight": emb, "output_norm.weight": np.ones(D)}
    b = "blk.0."
    p.update({b + "attn_norm.weight": np.ones(D), b + "ffn_norm.weight": np.ones(D), b + "attn_q.weight": zero,
              b + "attn_k.weight": zero, b + "attn_v.weight": np.eye(D), b + "attn_output.weight": 0.3 * turn,
              b + "ffn_gate.weight": zero, b + "ffn_up.weight": zero, b + "ffn_down.weight": zero})
    return p


# --- the files -----------------------------------------------------------------------------------------


def write_gguf(path, name, vocab, p, ff, layers, heads, eps=EPS, pooling=None, template=None):
    w = gguf.GGUFWriter(path, "llama")
    w.add_name(name)
    w.add_context_length(CONTEXT)
    w.add_embedding_length(p["token_embd.weight"].shape[1])
    w.add_block_count(layers)
    w.add_feed_forward_length(ff)
    w.add_head_count(heads)
    w.add_head_count_kv(heads)
    w.add_layer_norm_rms_eps(eps)
    w.add_rope_dimension_count(p["token_embd.weight"].shape[1] // heads)
    w.add_rope_freq_base(ROPE_BASE)
    w.add_vocab_size(len(vocab))
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    if pooling is not None:
        w.add_pooling_type(pooling)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("llama-bpe")  # its words are looked up whole before any merge
    w.add_token_list(vocab.text)
    w.add_token_types([gguf.TokenType.CONTROL] * len(SPECIAL) + [gguf.TokenType.NORMAL] * (len(vocab) - len(SPECIAL)))
    w.add_token_merges([LETTER[ord("t")] + " " + LETTER[ord("h")]])  # must not be empty; "th" is no token
    w.add_bos_token_id(vocab.id["<|begin|>"])
    w.add_eos_token_id(vocab.id["<|end|>"])
    w.add_add_bos_token(True)
    w.add_add_eos_token(False)
    if template:
        w.add_chat_template(template)
    for n, x in p.items():
        w.add_tensor(n, np.ascontiguousarray(x, np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    with open(path, "rb") as f:
        data = f.read()
    print(f"{os.path.basename(path)}: {len(data)} bytes, {len(vocab)} tokens, sha256 {hashlib.sha256(data).hexdigest()}")


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--out", default=HERE, help="folder for the files (default: beside this script)")
    a.add_argument("--steps", type=int, default=4500)
    a.add_argument("--batch", type=int, default=32)
    a.add_argument("--rate", type=float, default=4e-3)
    a.add_argument("--gradcheck", action="store_true")
    a.add_argument("--embed-only", action="store_true")
    a = a.parse_args()
    if a.gradcheck:
        raise SystemExit(0 if gradcheck() else 1)
    lessons = Lessons(os.path.join(HERE, "corpus.txt"))
    vocab = Vocab(lessons.texts())
    print(f"{len(lessons.qa)} answers, {sum(len(x[0]) for x in lessons.qa)} questions, {len(vocab)} tokens", flush=True)
    if not a.embed_only:
        p = train(vocab, lessons, a.steps, a.batch, a.rate)
        print(f"{adopt_unseen(vocab, lessons, p)} words that no lesson says took over a sibling's vector")
        write_gguf(os.path.join(a.out, "tiny-chat.gguf"), "tiny-chat", vocab, p, FF, LAYERS, HEADS, template=CHAT_TEMPLATE)
    write_gguf(os.path.join(a.out, "tiny-embed.gguf"), "tiny-embed", vocab, embed_params(vocab, lessons), D, 1, HEADS,
               eps=1.0, pooling=gguf.PoolingType.MEAN)  # so large an eps keeps weak words weak


if __name__ == "__main__":
    main()
