"""Asks an OpenAI-compatible server with the official client and compares its answers with recorded ones.

usage: drive.py BASE_URL TASKS.json

A task is {baggage, route, body, answer}: the answer is the whole object, or the list of a stream's chunks. All tasks are
asked from 16 threads at once. Exits with 1, and says which, if an answer differs.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

base_url, tasks_file = sys.argv[1:]
client = OpenAI(base_url=base_url, api_key="none", max_retries=0, timeout=60)


def telling(choices):
    """What a user of the client looks at: text, tool calls, and why it ended."""
    found = []
    for choice in choices:
        message = choice.get("message") or choice.get("delta") or {}
        calls = [
            ((call.get("function") or {}).get("name"), (call.get("function") or {}).get("arguments"))
            for call in message.get("tool_calls") or []
        ]
        found.append((message.get("content") or None, choice.get("text"), calls, choice.get("finish_reason")))
    return found


def ask(task):
    create = client.chat.completions.create if "chat" in task["route"] else client.completions.create
    body = dict(task["body"])
    known = {key: body.pop(key) for key in ("model", "messages", "prompt", "stream") if key in body}
    # What the client does not know by name it sends as it is; that the bodies are equal is what replay depends on.
    answer = create(**known, extra_body=body, extra_headers={"baggage": task["baggage"]})
    if known.get("stream"):
        got = [telling(chunk.model_dump()["choices"]) for chunk in answer]
        wanted = [telling(chunk.get("choices") or []) for chunk in task["answer"]]
    else:
        got = telling(answer.model_dump()["choices"])
        wanted = telling(task["answer"]["choices"])
    return got, wanted


def attempt(task):
    try:
        got, wanted = ask(task)
    except Exception as error:  # every kind of failure is a difference
        return f"{task['baggage']}: {type(error).__name__}: {error}"
    return None if got == wanted else f"{task['baggage']}: got {got}, wanted {wanted}"


with open(tasks_file) as file:
    tasks = json.load(file)
with ThreadPoolExecutor(16) as pool:
    differences = [difference for difference in pool.map(attempt, tasks) if difference]
for difference in differences:
    print(difference[:2000])
print(f"{len(tasks) - len(differences)} of {len(tasks)} answers are as recorded")
sys.exit(1 if differences else 0)
