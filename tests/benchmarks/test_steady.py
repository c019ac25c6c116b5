"""The steady load, held against a server that hangs up."""

import asyncio
from itertools import count

from benchmarks.load import build_request
from benchmarks.steady import Answered, Steady, run_steady

TURNS = 20


def test_a_request_whose_connection_is_closed_is_sent_once_more_and_told() -> None:
    answers = asyncio.run(_ask_who_hangs_up_once())

    assert [one.status for one in answers] == [503] * TURNS
    assert sum(one.again for one in answers) == 1


async def _ask_who_hangs_up_once() -> list[Answered]:
    turns = count()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            if next(turns) == TURNS // 2:
                break
            writer.write(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        load = Steady(port, [build_request("GET", "/", {})], {}, TURNS / 0.2, 0.2)
        return await run_steady(load)
