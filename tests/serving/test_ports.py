"""A port is one program's, also where two asked for it before either listened."""

import pytest
from fastapi import FastAPI

from serving.server import PortTakenError, open_port, run_server, serve_aside


def test_a_port_that_another_program_began_to_listen_on_meanwhile_is_told_of() -> None:
    with open_port("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with open_port("127.0.0.1", port) as second:
            first.listen()

            with pytest.raises(PortTakenError, match="choose another with --port"):
                run_server(FastAPI(), second)
            with (
                pytest.raises(PortTakenError, match=f"port {port}"),
                serve_aside(FastAPI(), second),
            ):
                pass
