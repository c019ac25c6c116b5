"""A small load generator: keep-alive connections that each send the next request when answered.

It runs in a process of its own, so that it does not share an interpreter with what it measures. A
server that stalls is asked less meanwhile: its p99 is that of so many callers who wait for their
answer, and lower than that of people who come anyway, which `benchmarks.soak` measures.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np


@dataclass(frozen=True)
class Load:
    """What to send: whole HTTP/1.1 requests in turns, over so many connections, for so long.

    Connections go to `port` and to the ports of `others` in turns.
    """

    port: int
    requests: Sequence[bytes]
    connections: int
    seconds: float
    others: Sequence[int] = ()


@dataclass(frozen=True)
class Measured:
    """What came back: answers a second, milliseconds of each answer, and the statuses seen."""

    answers: int  # in all, those of the warming up among them
    rate: float
    p50: float
    p95: float
    p99: float
    statuses: dict[str, int]

    def check(self, *allowed: int) -> None:
        """Stop unless every answer had one of these statuses: a fast error is no speed."""
        wrong = {s: n for s, n in self.statuses.items() if int(s) not in allowed}
        if wrong or not self.statuses:
            raise SystemExit(f"answers of other statuses, by number of them: {wrong or 'none'}")


def build_request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


async def run_load(load: Load) -> Measured:
    """Send until the time is over; the first tenth of it only warms up."""
    began = time.perf_counter()
    warm, until = began + load.seconds / 10, began + load.seconds
    found: list[tuple[float, bytes]] = []
    turn = iter(range(10**12))

    async def work(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (sent := time.perf_counter()) < until:
            writer.write(load.requests[next(turn) % len(load.requests)])
            status = (await read_answer(reader))[0][9:12]
            if sent >= warm:
                found.append((time.perf_counter() - sent, status))
        writer.close()

    ports = islice(cycle((load.port, *load.others)), load.connections)
    await asyncio.gather(*map(work, ports))
    return _summarise(found, next(turn), until - warm)


async def read_answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return the head and the body of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    if b"content-length:" in lower:
        size = int(lower.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        return head, await reader.readexactly(size)
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return head, body


def _summarise(found: list[tuple[float, bytes]], answers: int, seconds: float) -> Measured:
    ms = 1000 * np.array([took for took, _ in found])
    names, counts = np.unique([status.decode() for _, status in found], return_counts=True)
    p50, p95, p99 = np.quantile(ms, [0.5, 0.95, 0.99]) if len(ms) else (np.nan,) * 3
    statuses = dict(zip(names.tolist(), counts.tolist(), strict=True))
    return Measured(answers, len(found) / seconds, float(p50), float(p95), float(p99), statuses)


def main() -> None:
    """Read a load from standard input, send it, and write what was measured."""
    told = json.load(sys.stdin)
    told["requests"] = [bytes.fromhex(text) for text in told["requests"]]
    json.dump(vars(asyncio.run(run_load(Load(**told)))), sys.stdout)
