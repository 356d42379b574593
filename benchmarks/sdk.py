"""The openai SDK's async client with the floor's SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from benchmarks.floor import Store
from benchmarks.workload import CONCURRENCY, JUDGE_PROMPT, measure, questions


async def client(url: str, conversations: int, folder: str) -> int:
    """All conversations; the number of calls."""
    from openai import AsyncOpenAI

    store = Store(folder)
    numbers: Iterator[int] = iter(range(conversations))
    api = AsyncOpenAI(base_url=url, api_key="none", max_retries=0)

    async def ask(model: str, messages: list[Any]) -> tuple[str, bytes]:
        reply = await api.chat.completions.create(model=model, messages=messages, temperature=0)
        return reply.choices[0].message.content or "", reply.model_dump_json().encode()

    async def verdict(model: str, number: int, text: str) -> None:
        prompt = [{"role": "user", "content": JUDGE_PROMPT + text}]
        store.put(number, 9, *await ask(model, prompt))

    async def worker() -> None:
        for number in numbers:
            messages: list[Any] = []
            text = ""
            for turn, question in enumerate(questions(number)):
                messages.append({"role": "user", "content": question})
                text, raw = await ask("mock", messages)
                messages.append({"role": "assistant", "content": text})
                store.put(number, turn, text, raw)
            await asyncio.gather(verdict("judge-a", number, text), verdict("judge-b", number, text))

    await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
    store.flush()
    return store.count


if __name__ == "__main__":
    measure(client)
