"""Asks Bedrock's runtime at `url` for a conversation, with keys that are not the provider's."""

import sys

import botocore.session

session = botocore.session.get_session()
session.set_credentials("AKIDDUMMY", "dummy-secret", "dummy-token")
bedrock = session.create_client("bedrock-runtime", region_name="eu-west-1", endpoint_url=sys.argv[1])
answer = bedrock.converse(
    modelId="anthropic.claude-3-haiku-20240307-v1:0",
    messages=[{"role": "user", "content": [{"text": "hello"}]}],
)
print(answer["output"]["message"]["content"][0]["text"])
