"""Who sends without end, or does not go on, to a service that has no proxy before it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from serving import bounded_http, server
from serving.server import open_port, serve_aside
from tests.running_service import Service
from tests.waiting import AGES, wait_until

ASKED = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POSTED = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def address(service: Service) -> Iterator[str]:
    with open_port("127.0.0.1", 0) as opened, serve_aside(service.app, opened) as found:
        yield found


def connect(address: str, room: int = 0) -> socket.socket:
    """Connect, with so much room for what was not read yet."""
    made, place = socket.socket(), urlsplit(address)
    if room:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    made.settimeout(AGES)
    made.connect((place.hostname, place.port))
    return made


def is_hung_up(asking: socket.socket) -> bool:
    """Tell whether nobody takes what is sent any more."""
    try:
        asking.send(b"G")
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return False


def read_status(address: str, *pieces: bytes) -> bytes:
    """Send pieces, and return the first line of the answer; nothing where there was none."""
    with closing(connect(address)) as asking:
        try:
            for piece in pieces:
                asking.sendall(piece)
            return asking.recv(4096).partition(b"\r\n")[0]
        except ConnectionError:
            return b""


@pytest.mark.parametrize(
    "pieces",
    [
        (ASKED + b"X: ", b"a" * 8_000_000, b"\r\n\r\n"),
        (ASKED, b"X: a\r\n" * 1_000_000, b"\r\n"),
        (ASKED + CHUNKED + b"0\r\n", b"X: a\r\n" * 1_000_000, b"\r\n"),
        (b"GET /", b"a" * 8_000_000, b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    ],
    ids=["one header", "many headers", "after the body", "an address"],
)
def test_a_head_without_end_is_refused(address: str, pieces: tuple[bytes, ...]) -> None:
    # where not all of it was read, the refusal may get lost
    assert b" 200 " not in read_status(address, *pieces)
    assert read_status(address, ASKED + b"\r\n") == b"HTTP/1.1 200 OK"


def test_a_head_of_a_browser_and_a_body_in_small_pieces_are_no_trouble(address: str) -> None:
    cookies = b"Cookie: a=" + b"b" * 15_000 + b"\r\n\r\n"
    body = b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n"

    assert read_status(address, ASKED + cookies) == b"HTTP/1.1 200 OK"
    assert read_status(address, POSTED + CHUNKED, body) == b"HTTP/1.1 403 Forbidden"


@pytest.mark.parametrize(
    "begun",
    [b"", b"\r\n", b"GET /healthz HT", ASKED, POSTED + b"Content-Length: 9\r\n\r\na"],
    ids=["nothing", "an empty line", "half a line", "half a head", "half a body"],
)
def test_who_does_not_go_on_is_hung_up_on(
    address: str, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "PATIENCE", 0.2)

    assert read_status(address, begun) == b""


def test_who_reads_nothing_of_the_answers_is_hung_up_on(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "PATIENCE", 0.2)
    with closing(connect(address, room=4096)) as asking:
        with suppress(ConnectionError):  # where it is hung up on before all is sent
            asking.sendall(b"GET /static/kantelpunt.css HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000)
        asking.setblocking(False)

        wait_until(lambda: is_hung_up(asking))


def test_a_request_for_a_websocket_is_answered_as_any_other(address: str) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    assert read_status(address, ASKED + upgrade + key) == b"HTTP/1.1 200 OK"


def test_a_body_that_never_ends_keeps_no_service_from_stopping(
    start_service: Callable[..., Service], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "STOP_SECONDS", 1)
    app = start_service(sqlite_url).app
    with open_port("127.0.0.1", 0) as opened, serve_aside(app, opened) as address:
        asking = connect(address)
        asking.sendall(POSTED + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\na")
        assert asking.recv(4096).startswith(b"HTTP/1.1 100")  # so it is being read

    with closing(asking):
        assert asking.recv(4096).startswith(b"HTTP/1.1 500")


def test_who_goes_away_half_way_is_no_fault_of_the_service(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    service_metrics = address + "/metrics"

    def count_gone() -> bool:
        with urlopen(service_metrics) as answer:  # noqa: S310
            return 'route="/login",status="499"' in answer.read().decode()

    with closing(connect(address)) as asking:
        asking.sendall(POSTED + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\na")
        asking.recv(4096)

    wait_until(count_gone)
    assert "fault" not in capsys.readouterr().out
