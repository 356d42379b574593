"""A chat-completions endpoint that answers at once, as cheaply as Python can."""

from __future__ import annotations

import asyncio
import re
import sys

import uvloop

_ANSWER = (
    b'{"id":"c","object":"chat.completion","created":1,"model":"mock","choices":[{"index":0,'
    b'"finish_reason":"stop","message":{"role":"assistant","content":"%s"}}],'
    b'"usage":{"prompt_tokens":50,"completion_tokens":80,"total_tokens":130}}'
)
_TEXT = b"Please talk to your care team about this; they know your history. " * 6
_CHECK = re.compile(rb'\\"check\\": \\"([0-9a-f]{16})\\"')
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Endpoint(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, just enough of it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self.buffer, 0, end)
            length = int(found[1]) if found else 0
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            self.answer(body)

    def answer(self, body: bytes) -> None:
        """The model list for an empty body, a verdict for a judge's prompt, else plain text."""
        check = _CHECK.search(body)
        if not body:
            reply = b'{"object":"list","data":[{"id":"mock"},{"id":"judge-a"},{"id":"judge-b"}]}'
        elif check:
            verdict = b'{\\"reason\\": \\"general advice\\", \\"score\\": 2, \\"check\\": \\"%s\\"}'
            reply = _ANSWER % (verdict % check[1])
        else:
            reply = _ANSWER % _TEXT
        self.transport.write(  # type: ignore[attr-defined]
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
            + str(len(reply)).encode()
            + b"\r\n\r\n"
            + reply
        )


async def main() -> None:
    """Serve on a free loopback port until standard input closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Endpoint, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main())
