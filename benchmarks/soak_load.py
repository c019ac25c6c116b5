"""The load of the soak, in a process of its own: a use at each set moment, whatever answers do.

An answer counts from the moment at which its request was due, so that one that keeps others waiting
counts for each of them. An answer that does not come counts as status 0.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.load import read_answer
from benchmarks.soak_mix import choose
from benchmarks.soak_world import Answer, Given, Use, World, expect_status, find_token

CONNECTIONS = 32
MOST_SECONDS = 60.0  # for an answer


@dataclass(frozen=True)
class Moment:
    """One request: what it was, when it was due, after how many ms it came, what was wrong."""

    kind: str
    due: float
    ms: float
    status: int
    wrong: str


class Line:
    """One connection that is kept, and opened again where the other side closed it."""

    def __init__(self, port: int) -> None:
        """Choose a port; nothing is open yet."""
        self._port = port
        self._pair: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> Answer:
        """Send a request and return the answer."""
        if self._pair is None or self._pair[0].at_eof():
            self.close()
            self._pair = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._pair
        try:
            writer.write(request)
            async with asyncio.timeout(MOST_SECONDS):
                answer = Answer.read(*await read_answer(reader))
        except BaseException:
            self.close()
            raise
        if "connection: close" in answer.head.lower():
            self.close()
        return answer

    def close(self) -> None:
        """Leave the connection."""
        if self._pair is not None:
            self._pair[1].close()
            self._pair = None


async def enter(world: World, line: Line) -> None:
    """Log everybody on who works all day."""
    for session in (*world.physicians, *world.coordinators, world.planner, world.auditor):
        answer = await line.ask(session.get("/login"))
        session.keep(answer)
        fields = {"token": find_token(answer.text), "naar": "/", "name": session.name}
        answer = await line.ask(session.post("/login", **fields, password=world.given.password))
        session.keep(answer)
        if wrong := expect_status(303)(answer):
            raise SystemExit(f"{session.name} cannot log on: {wrong}")


async def run_soak(given: Given, port: int, per_second: float, seconds: float) -> dict[str, Any]:
    """Use the service until the time is over; return what came of it and what was kept."""
    world, found = World(given), list[Moment]()
    await enter(world, Line(port))
    # the parent begins its jobs from here
    sys.stderr.write("begun\n")
    sys.stderr.flush()
    began, turns = time.perf_counter(), iter(range(round(per_second * seconds)))

    async def work() -> None:
        line = Line(port)
        for turn in turns:
            due = turn / per_second
            await asyncio.sleep(max(0, began + due - time.perf_counter()))
            if time.perf_counter() - began - due > MOST_SECONDS:
                # the service is so far behind that whoever waits has left
                found.append(Moment("never sent", due, 1000 * MOST_SECONDS, 0, "too late"))
                continue
            use = choose(world)
            status, wrong = await _do(use, line)
            ms = 1000 * (time.perf_counter() - began - due)
            found.append(Moment(use.kind, due, ms, status, wrong))
        line.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return {"moments": [[*vars(one).values()] for one in found], "kept": vars(world.kept)}


async def _do(use: Use, line: Line) -> tuple[int, str]:
    try:
        answer = await line.ask(use.request)
    except (OSError, EOFError, ValueError) as error:
        return 0, f"no answer: {type(error).__name__}"
    if use.session is not None:
        use.session.keep(answer)
    try:
        return answer.status, use.judge(answer)
    except (KeyError, TypeError, ValueError) as error:
        return answer.status, f"unreadable: {type(error).__name__}"


def main() -> None:
    """Read a load from standard input, send it, and write what came of it."""
    told = json.load(sys.stdin)
    given = Given(**told.pop("given"))
    json.dump(asyncio.run(run_soak(given, **told)), sys.stdout)
