"""Several questions at once, from one test: all of them are that test's."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

CITIES = ("France", "Italy", "Spain", "Norway")


def test_threads(chat, text_model_id):
    with ThreadPoolExecutor(len(CITIES)) as pool:
        answers = list(pool.map(lambda c: chat(text_model_id, f"What is the capital of {c}?"), CITIES))
    assert all(answer.choices[0].message.content for answer in answers)


def test_tasks(chat, async_openai_client, text_model_id):
    async def ask():
        async with async_openai_client() as client:
            return await asyncio.gather(*(chat(text_model_id, f"What is the capital of {c}?", client=client) for c in CITIES))

    answers = asyncio.run(ask())
    assert all(answer.choices[0].message.content for answer in answers)


def test_streams(chat, async_openai_client, text_model_id):
    async def read(client, city):
        stream = await chat(text_model_id, f"What is the capital of {city}?", client=client, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

    async def ask():
        async with async_openai_client() as client:
            return await asyncio.gather(*(read(client, city) for city in CITIES))

    assert all(asyncio.run(ask()))
