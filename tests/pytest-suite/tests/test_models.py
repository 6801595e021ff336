"""What the server says it has."""

import openai
import pytest


def test_models_are_listed(openai_client, text_model_id):
    assert text_model_id in [model.id for model in openai_client.models.list()]


def test_embedding_model_is_listed(openai_client, embedding_model_id):
    assert embedding_model_id in [model.id for model in openai_client.models.list()]


def test_llama_stack_client_lists_the_same(openai_client, stack_client):
    assert {m.id for m in stack_client.models.list()} == {m.id for m in openai_client.models.list()}


def test_model_can_be_fetched(http, text_model_id):
    model = http.get(f"/v1/models/{text_model_id}").raise_for_status().json()
    assert text_model_id in (model.get("id"), model.get("identifier"))


def test_unknown_model_is_not_found(http):
    assert http.get("/v1/models/no/such-model").status_code == 404


def test_providers_are_listed(stack_client):
    providers = {(p.api, p.provider_id) for p in stack_client.providers.list()}
    assert ("inference", "llama-cpp-server") in providers


def test_health(http):
    # OGX 1.5.0 says `Error` now and then while it answers everything else.
    assert http.get("/v1/health").json()["status"] in ("OK", "Error")


def test_version(http, server):
    assert http.get("/v1/version").json()["version"] == server.version
