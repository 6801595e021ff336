"""What is wrong is said, with the status that clients act on."""

import openai
import pytest


def test_unknown_model(chat):
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)) as caught:
        chat("no/such-model", "Hello.")
    assert "no/such-model" in caught.value.response.text


def test_no_messages(http, text_model_id):
    assert http.post("/v1/chat/completions", json={"model": text_model_id}).status_code in (400, 422)


def test_no_model(http):
    assert http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "Hello."}]}).status_code in (400, 422)


def test_body_that_is_no_json(http):
    response = http.post("/v1/chat/completions", content=b"{", headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)


def test_unknown_route(http):
    assert http.get("/v1/nowhere").status_code == 404


@pytest.mark.parametrize("temperature", ["hot", {}])
def test_parameter_of_the_wrong_type(http, text_model_id, temperature):
    body = {"model": text_model_id, "messages": [{"role": "user", "content": "Hello."}], "temperature": temperature}
    assert http.post("/v1/chat/completions", json=body).status_code in (400, 422)


def test_unknown_role(http, text_model_id):
    body = {"model": text_model_id, "messages": [{"role": "nobody", "content": "Hello."}]}
    assert http.post("/v1/chat/completions", json=body).status_code in (400, 422)


def test_error_has_a_message(http):
    body = {"model": "no/such-model", "messages": [{"role": "user", "content": "Hello."}]}
    error = http.post("/v1/chat/completions", json=body).json()
    assert "no/such-model" in str(error)
