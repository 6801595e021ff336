"""Posts `body` to `url` for a case; the answer goes to standard output, as it came."""

import sys

import httpx

url, body, baggage = sys.argv[1:]
headers = {"content-type": "application/json", "baggage": baggage}
with httpx.Client() as client, client.stream("POST", url, content=body, headers=headers) as answer:
    for piece in answer.iter_raw():
        sys.stdout.buffer.write(piece)
sys.exit(answer.status_code != 200)
