"""The floor: aiohttp and batched SQLite, nothing else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from benchmarks.workload import CONCURRENCY, JUDGE_PROMPT, measure, questions

BATCH_ROWS = 256


class Store:
    """Answers in SQLite, committed in batches."""

    def __init__(self, folder: str) -> None:
        self.database = sqlite3.connect(Path(folder) / "floor.sqlite")
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("CREATE TABLE calls (conversation, step, text, raw)")
        self.rows: list[tuple[int, int, str, bytes]] = []
        self.count = 0

    def put(self, conversation: int, step: int, text: str, raw: bytes) -> None:
        """Keep one answer."""
        self.rows.append((conversation, step, text, raw))
        self.count += 1
        if len(self.rows) >= BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Commit what waits."""
        with self.database:
            self.database.executemany("INSERT INTO calls VALUES (?, ?, ?, ?)", self.rows)
        self.rows.clear()


async def client(url: str, conversations: int, folder: str) -> int:
    """All conversations; the number of calls."""
    store = Store(folder)
    numbers: Iterator[int] = iter(range(conversations))
    connector = aiohttp.TCPConnector(limit=CONCURRENCY)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(model: str, messages: list[dict[str, str]]) -> tuple[str, bytes]:
            body = orjson.dumps({"model": model, "messages": messages, "temperature": 0})
            headers = {"Content-Type": "application/json"}
            async with session.post(f"{url}/chat/completions", data=body, headers=headers) as reply:
                raw = await reply.read()
            parsed: dict[str, Any] = orjson.loads(raw)
            return parsed["choices"][0]["message"]["content"], raw

        async def verdict(model: str, number: int, text: str) -> None:
            prompt = [{"role": "user", "content": JUDGE_PROMPT + text}]
            store.put(number, 9, *await ask(model, prompt))

        async def worker() -> None:
            for number in numbers:
                messages: list[dict[str, str]] = []
                text = ""
                for turn, question in enumerate(questions(number)):
                    messages.append({"role": "user", "content": question})
                    text, raw = await ask("mock", messages)
                    messages.append({"role": "assistant", "content": text})
                    store.put(number, turn, text, raw)
                await asyncio.gather(
                    verdict("judge-a", number, text), verdict("judge-b", number, text)
                )

        await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
    store.flush()
    return store.count


if __name__ == "__main__":
    measure(client)
