"""One question over HTTP to a service of others, with an end in time and in size.

The time is for the whole answer. A limit on each read alone would let one that sends a byte now and
then hold its asker for days.
"""

import asyncio
import ssl
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2

from features.errors import KantelpuntError

SECONDS = 5.0
MOST_BYTES = 1_000_000
_FAILS = (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError)


class NoAnswerError(KantelpuntError):
    """No answer, none in time, or one that is too large; tells the kind of fault alone."""


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status; redirects are not followed."""

    status: int
    body: bytes
    date: str = ""


def ask(
    method: str, address: str, *, trust: ssl.SSLContext | bool | None = None, **sent: Any
) -> Answer:
    """Return the answer within SECONDS; raises NoAnswerError. Not for a thread with a loop."""
    try:
        return asyncio.run(_ask(method, address, _trust() if trust is None else trust, sent))
    except _FAILS as error:
        raise NoAnswerError(type(error).__name__) from None


async def _ask(
    method: str, address: str, trust: ssl.SSLContext | bool, sent: dict[str, Any]
) -> Answer:
    # what is packed could be small on its way and fill the memory here
    headers = {
        "accept": "application/json",
        "accept-encoding": "identity",
        **sent.pop("headers", {}),
    }
    async with (
        asyncio.timeout(SECONDS),
        httpx2.AsyncClient(timeout=None, verify=trust) as client,
        client.stream(method, address, headers=headers, **sent) as answer,
    ):
        body = b""
        async for part in answer.aiter_raw():
            body += part
            if len(body) > MOST_BYTES:
                raise NoAnswerError(f"more than {MOST_BYTES} bytes")
        return Answer(answer.status_code, body, answer.headers.get("date", ""))


@cache
def _trust() -> ssl.SSLContext:
    """Return whom to trust as httpx does; made once, as it takes some hundredths of a second."""
    return httpx2.create_ssl_context()
