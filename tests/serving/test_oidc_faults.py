"""An identity provider that is slow, gone or lies keeps nobody from work who needs it not."""

import gzip
import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import structlog

from serving import asking
from serving import issuer as issuers
from serving.routes import log_on as routes
from tests.running_issuer import CLIENT_SECRET, RunningIssuer, ask, begin, come_back, log_on
from tests.running_service import Service, make_own_case
from tests.waiting import wait_until

DISCOVERY = "/.well-known/openid-configuration"
MANY = 20  # more than the threads for the provider and those for all others together


@pytest.fixture
def service(start_oidc: Callable[..., Service]) -> Iterator[Service]:
    """Return a service that runs as it does for people: with its few threads."""
    made = start_oidc()
    with made.client:
        yield made


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have log-ons wait so long that only what a test does can end the wait."""
    monkeypatch.setattr(asking, "SECONDS", 300.0)
    monkeypatch.setattr(issuers, "PAGE_SECONDS", 300.0)
    monkeypatch.setattr(routes, "PROVIDER_SECONDS", 300.0)


def wait_for_turns(service: Service, pressed: list[Future[Any]]) -> None:
    turns = service.app.state.service.gate.provider_turns
    waiting = MANY - int(turns.total_tokens)
    wait_until(
        lambda: any(p.done() for p in pressed) or turns.statistics().tasks_waiting == waiting
    )


def check_others_work(service: Service, number: int) -> None:
    assert service.post(make_own_case(number)).status_code == 201
    assert service.log_on().status_code == 303
    assert service.client.get("/").status_code == 200


@pytest.mark.usefixtures("patient")
def test_many_who_press_log_on_at_a_provider_that_hangs_keep_nobody_from_work(
    service: Service, issuer: RunningIssuer
) -> None:
    issuer.held = (DISCOVERY,)

    with ThreadPoolExecutor(MANY) as pool:
        pressed = [pool.submit(begin, service) for _ in range(MANY)]
        wait_for_turns(service, pressed)
        check_others_work(service, 1)
        done_before = sum(one.done() for one in pressed)
        issuer.goes_on.set()

    assert done_before == 0
    assert {one.result().status_code for one in pressed} == {303}
    assert issuer.asked.count(DISCOVERY) == 1


@pytest.mark.usefixtures("patient")
def test_many_who_come_back_while_the_provider_does_not_change_their_code_keep_nobody_from_work(
    service: Service, issuer: RunningIssuer
) -> None:
    brought = issuer.authorise(begin(service).headers["location"])
    issuer.held = ("/token",)

    with ThreadPoolExecutor(MANY) as pool:
        back = [pool.submit(come_back, service, brought) for _ in range(MANY)]
        wait_for_turns(service, back)
        assert service.post(make_own_case()).status_code == 201
        done_before = sum(one.done() for one in back)
        issuer.goes_on.set()

    assert done_before == 0
    assert 303 in {one.result().status_code for one in back}


@pytest.mark.usefixtures("patient")
def test_tokens_with_keys_that_a_hanging_provider_must_tell_of_keep_nobody_from_work(
    service: Service, issuer: RunningIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = issuer.sign()
    assert ask(service, known).status_code == 200
    monkeypatch.setattr(issuers, "KEY_SECONDS", 0.2)
    issuer.held = (DISCOVERY,)

    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(lambda n: ask(service, issuer.sign(kid=f"k{n}")), range(MANY)))

    assert {one.status_code for one in answers} == {503}
    assert ask(service, issuer.sign(sub="other")).status_code == 200
    assert service.post(make_own_case()).status_code == 201


def press_in_vain(service: Service) -> str:
    """Press log-on and return the page that says that it cannot be."""
    answer = begin(service)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "De aanmelddienst van uw organisatie antwoordt niet." in answer.text
    return str(answer.text)


@pytest.mark.parametrize("trickle", [b"", b"HTTP/1.1 200 OK\r\n", b"x"])
def test_who_logs_on_at_a_provider_that_hangs_or_trickles_is_told_in_time(
    service: Service, issuer: RunningIssuer, monkeypatch: pytest.MonkeyPatch, trickle: bytes
) -> None:
    monkeypatch.setattr(issuers, "PAUSE_SECONDS", 0.0)
    issuer.held, issuer.trickle = (DISCOVERY,), trickle

    with monkeypatch.context() as hurried:
        hurried.setattr(asking, "SECONDS", 0.3)
        press_in_vain(service)

    issuer.held = ()
    assert log_on(service, issuer).status_code == 303


def test_a_queue_of_log_ons_that_is_too_long_is_told_in_time(
    service: Service, issuer: RunningIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "PROVIDER_SECONDS", 0.2)
    issuer.held = (DISCOVERY,)

    press_in_vain(service)

    issuer.goes_on.set()


HTML = b"<!doctype html><title>Log on</title>"
JSON = {"content-type": "application/json"}
LIES: dict[str, dict[str, Any]] = {
    "a log-on page instead of discovery": {DISCOVERY: (200, {}, HTML)},
    "discovery of another": {
        DISCOVERY: (200, JSON, json.dumps({"issuer": "https://elders.example"}).encode())
    },
    "a way to another host": {DISCOVERY: (302, {"location": "https://elders.example/"}, b"")},
    "a list": {DISCOVERY: (200, JSON, b"[]")},
    "an answer without an end": {DISCOVERY: (200, JSON, b" " * 1_000_001)},
    "an answer that is small on its way": {
        DISCOVERY: (200, {"content-encoding": "gzip"}, gzip.compress(b" " * 50_000_000))
    },
    "brackets in brackets": {DISCOVERY: (200, JSON, b"[" * 100_000)},
    "no keys": {"/keys": (200, JSON, b'{"keys": []}')},
    "keys that are none": {"/keys": (200, JSON, b'{"keys": [{"kty": "RSA", "n": 5}, 7, null]}')},
    "a shared secret for a key": {"/keys": (200, JSON, b'{"keys": [{"kty": "oct", "k": "YQ"}]}')},
    "keys elsewhere": {"/keys": (302, {"location": "https://elders.example/"}, b"")},
    "no page for keys": {"/keys": (404, {}, HTML)},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_provider_that_lies_opens_nothing_and_keeps_nobody_from_work(
    service: Service, issuer: RunningIssuer, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    monkeypatch.setattr(issuers, "PAUSE_SECONDS", 0.0)
    issuer.lies = LIES[lie]

    with structlog.testing.capture_logs() as logs:
        press_in_vain(service)
        bearer = ask(service, issuer.sign())

    check_others_work(service, 1)
    assert bearer.status_code == 503
    assert {one["event"] for one in logs if one["log_level"] == "warning"} == {"issuer"}
    issuer.lies = {}
    assert log_on(service, issuer).status_code == 303


DESCRIBED: dict[str, dict[str, Any]] = {
    "sends people to a page that is not https": {
        "authorization_endpoint": "http://elders.example/authorize"
    },
    "has no page to log on": {"authorization_endpoint": None},
    "takes our secret over http": {"token_endpoint": "http://elders.example/token"},
    "shows keys over http": {"jwks_uri": "http://elders.example/keys"},
    "says nonsense of how it takes our secret": {"token_endpoint_auth_methods_supported": 5},
}


@pytest.mark.parametrize("described", DESCRIBED)
def test_a_provider_that_is_described_in_a_way_that_is_not_safe_is_not_used(
    service: Service, issuer: RunningIssuer, described: str
) -> None:
    issuer.described = DESCRIBED[described]

    press_in_vain(service)

    check_others_work(service, 1)


ANSWERS = {
    "nothing": (200, b""),
    "a page": (200, HTML),
    "no token": (200, b"{}"),
    "a token that is a number": (200, b'{"id_token": 5}'),
    "a fault": (500, HTML),
    "too much": (200, b" " * 1_000_001),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_code_for_which_the_provider_gives_no_token_opens_nothing_and_tells_no_secret(
    service: Service,
    issuer: RunningIssuer,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    answer: str,
) -> None:
    structlog.reset_defaults()
    caplog.set_level(logging.DEBUG)
    brought = issuer.authorise(begin(service).headers["location"]) | {"code": "code-merk"}
    status, body = ANSWERS[answer]
    issuer.lies = {"/token": (status, {}, body)}

    back = come_back(service, brought)

    printed = capsys.readouterr()
    # the client of the tests logs what it asks as well
    logged = [m for r in caplog.records if "//testserver" not in (m := r.getMessage())]
    said = "".join([back.text, printed.out, printed.err, *logged])
    assert back.status_code in (401, 503)
    assert (
        "set-cookie" not in back.headers or "kantelpunt_session" not in back.headers["set-cookie"]
    )
    assert not any(secret in said for secret in (CLIENT_SECRET, "code-merk", issuer.nonce))


def test_a_service_that_starts_without_its_provider_finds_it_later(
    start_oidc: Callable[..., Service], issuer: RunningIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuers, "PAUSE_SECONDS", 0.0)
    issuer.is_down = True
    service = start_oidc()
    ready = service.client.get("/readyz").status_code

    press_in_vain(service)
    check_others_work(service, 1)
    issuer.is_down = False

    assert ready == 200
    assert log_on(service, issuer).status_code == 303


def test_why_a_log_on_was_refused_is_in_the_log(service: Service, issuer: RunningIssuer) -> None:
    with structlog.testing.capture_logs() as logs:
        brought = issuer.authorise(begin(service).headers["location"])
        issuer.id_token = issuer.sign(aud="kantelpunt-paginas", nonce=issuer.nonce, exp=1)
        come_back(service, brought)

    [line] = [one for one in logs if one["event"] == "log-on refused"]
    assert line["why"] == "a token that does not hold (ExpiredTokenError)"
