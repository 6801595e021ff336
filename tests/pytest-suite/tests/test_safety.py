"""Shields and moderations. The tiny model is no guard: what it says is unclear to it, and that must be safe."""

import pytest


@pytest.mark.serves("get", "/v1/shields")
def test_shield_is_listed(stack_client, shield_id):
    assert shield_id in [shield.identifier for shield in stack_client.shields.list()]


# A guard says `safe` or `unsafe`. Anything else must not pass for safe.
UNCLEAR = "Unexpected response"


@pytest.mark.serves("post", "/v1/safety/run-shield")
@pytest.mark.parametrize("text", ["What is the capital of France?", "Roses are red."])
def test_shield_answers(http, shield_id, text):
    body = {"shield_id": shield_id, "messages": [{"role": "user", "content": text}], "params": {}}
    answer = http.post("/v1/safety/run-shield", json=body)
    assert "violation" in answer.json() if answer.status_code == 200 else UNCLEAR in answer.text


@pytest.mark.serves("post", "/v1/moderations")
@pytest.mark.parametrize("text", ["What is the capital of France?", "Roses are red."])
def test_moderation_answers(http, text_model_id, text):
    answer = http.post("/v1/moderations", json={"input": text, "model": text_model_id})
    assert len(answer.json()["results"]) == 1 if answer.status_code == 200 else UNCLEAR in answer.text


@pytest.mark.serves("post", "/v1/safety/run-shield")
def test_unknown_shield_is_refused(http):
    body = {"shield_id": "no-such-shield", "messages": [{"role": "user", "content": "Hello."}], "params": {}}
    assert 400 <= http.post("/v1/safety/run-shield", json=body).status_code < 500
