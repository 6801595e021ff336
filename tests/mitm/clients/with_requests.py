"""Posts `body` to `url` for a case; the answer goes to standard output, as it came."""

import sys

import requests

url, body, baggage = sys.argv[1:]
headers = {"content-type": "application/json", "baggage": baggage}
answer = requests.post(url, data=body, headers=headers, stream=True)
for piece in answer.raw.stream(decode_content=False):
    sys.stdout.buffer.write(piece)
sys.exit(answer.status_code != 200)
