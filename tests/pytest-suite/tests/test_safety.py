"""Shields and moderations. The tiny model is no guard: what it says is unclear to it, and that must be safe."""

import pytest


@pytest.mark.serves("get", "/v1/shields")
def test_shield_is_listed(stack_client, shield_id):
    assert shield_id in [shield.identifier for shield in stack_client.shields.list()]


@pytest.mark.serves("post", "/v1/safety/run-shield")
def test_shield_answers(stack_client, shield_id):
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    answer = stack_client.safety.run_shield(shield_id=shield_id, messages=messages, params={})
    assert answer.violation is None or answer.violation.violation_level


@pytest.mark.serves("post", "/v1/moderations")
@pytest.mark.parametrize("text", ["What is the capital of France?", "Roses are red."])
def test_moderation_answers(openai_client, text):
    answer = openai_client.moderations.create(input=text, model="llama-cpp-server/tiny-chat")
    assert len(answer.results) == 1
    assert answer.results[0].flagged in (True, False)


@pytest.mark.serves("post", "/v1/safety/run-shield")
def test_unknown_shield_is_refused(http):
    body = {"shield_id": "no-such-shield", "messages": [{"role": "user", "content": "Hello."}], "params": {}}
    assert 400 <= http.post("/v1/safety/run-shield", json=body).status_code < 500
