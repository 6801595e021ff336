"""POST /v1/completions."""

import pytest


@pytest.fixture
def complete(openai_client, text_model_id):
    def ask(prompt, **options):
        options = {"max_tokens": 6, "temperature": 0, "seed": 7, **options}
        return openai_client.completions.create(model=text_model_id, prompt=prompt, **options)

    return ask


@pytest.mark.parametrize("prompt", ["Roses are red, violets are", "One, two, three,"])
def test_text_is_continued(complete, prompt):
    answer = complete(prompt)
    assert answer.object == "text_completion"
    assert answer.choices[0].text


def test_token_limit_is_kept(complete):
    answer = complete("One, two, three,", max_tokens=1)
    assert answer.choices[0].finish_reason == "length"


def test_prompt_is_not_repeated(complete):
    prompt = "Roses are red, violets are"
    assert not complete(prompt).choices[0].text.startswith(prompt)
