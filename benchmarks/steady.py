"""A steady load: so many requests a second at set moments, whatever the answers do.

Of each answer it notes when it came, how long after its moment, and whether it is the expected one
of the version that it names. It runs in a process of its own.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.load import read_answer

CONNECTIONS = 16
# of one assessment only
OWN = ("assessment_id", "made_at")


@dataclass(frozen=True)
class Steady:
    """What to send in turns, and for each version the answer to each request."""

    port: int
    requests: Sequence[bytes]
    expected: Mapping[str, Sequence[Mapping[str, Any]]]
    per_second: float
    seconds: float


@dataclass(frozen=True)
class Answered:
    """One answer: when it came, after how many milliseconds, and what it was.

    `at` is in seconds since 1970, as the other process counts; `version` is empty for an error, and
    `status` is 0 where the connection was closed instead.
    """

    at: float
    ms: float
    status: int
    version: str
    is_right: bool
    again: bool = False


async def run_steady(steady: Steady) -> list[Answered]:
    """Send until the time is over; an answer counts from the moment at which it was due."""
    began, found = time.perf_counter(), list[Answered]()
    turns = iter(range(round(steady.per_second * steady.seconds)))

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", steady.port)
        for turn in turns:
            due = began + turn / steady.per_second
            await asyncio.sleep(max(0, due - time.perf_counter()))
            place = turn % len(steady.requests)
            if reader.at_eof():  # closed while it rested, as a proxy that is changed does
                reader, writer = await asyncio.open_connection("127.0.0.1", steady.port)
            writer.write(steady.requests[place])
            again = False
            try:
                head, body = await read_answer(reader)
            except (EOFError, OSError) as error:
                if getattr(error, "partial", b""):
                    raise
                again = True
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", steady.port)
                writer.write(steady.requests[place])
                head, body = await read_answer(reader)
            ms = 1000 * (time.perf_counter() - due)
            found.append(replace(judge(head, body, place, ms, steady.expected), again=again))
        writer.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return found


def judge(
    head: bytes,
    body: bytes,
    place: int,
    ms: float,
    expected: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Answered:
    """Return what came back, held against the answer of the version that it names."""
    status, at = int(head[9:12]), time.time()
    if status != 201:
        return Answered(at, ms, status, "", is_right=False)
    told = json.loads(body)
    version = told["model_version"]
    is_right = version in expected and strip(told) == expected[version][place]
    return Answered(at, ms, status, version, is_right)


def strip(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer without what differs from one assessment to the next."""
    return {name: value for name, value in told.items() if name not in OWN}


def main() -> None:
    """Read a load from standard input, send it, and write every answer."""
    told = json.load(sys.stdin)
    told["requests"] = [bytes.fromhex(text) for text in told["requests"]]
    json.dump([vars(one) for one in asyncio.run(run_steady(Steady(**told)))], sys.stdout)
