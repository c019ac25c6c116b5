from collections.abc import Callable

import pytest
from itsdangerous import URLSafeSerializer

from serving.errors import FormExpiredError, NotLoggedOnError, SessionEndedError
from serving.sessions import SESSION_COOKIE, Seal, Sessions, name_cookie
from tests.moved_clock import Clock
from tests.running_service import USERS, Service, find_token

SECRET = "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy"  # noqa: S105
HOUR, MINUTE = 3600.0, 60.0


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000_000.0)


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(SECRET, hours=8, idle_minutes=30, clock=clock)


def test_a_session_in_which_nothing_is_done_ends(sessions: Sessions, clock: Clock) -> None:
    cookie = sessions.open(USERS[0])

    clock.now += 29 * MINUTE
    assert sessions.read(cookie).user_key == "arts"

    clock.now += 2 * MINUTE
    with pytest.raises(SessionEndedError):
        sessions.read(cookie)


def test_a_session_that_is_used_goes_on_until_it_lasted_long_enough(
    sessions: Sessions, clock: Clock
) -> None:
    cookie, started = sessions.open(USERS[0]), clock.now

    for _ in range(24):
        clock.now += 20 * MINUTE
        cookie = sessions.renew(sessions.read(cookie)) or cookie

    clock.now += 1
    assert clock.now - started == 8 * HOUR + 1
    with pytest.raises(SessionEndedError):
        sessions.read(cookie)


def test_a_session_keeps_its_forms_when_it_is_renewed(sessions: Sessions, clock: Clock) -> None:
    first = sessions.read(sessions.open(USERS[0]))
    token = sessions.build_token(first.nonce)

    clock.now += 10 * MINUTE
    renewed = sessions.renew(first)

    assert renewed is not None
    sessions.check_token(sessions.read(renewed).nonce, token)


def test_a_cookie_is_not_written_with_every_request(sessions: Sessions, clock: Clock) -> None:
    session = sessions.read(sessions.open(USERS[0]))

    clock.now += 30

    assert sessions.renew(session) is None


def test_the_token_of_a_form_ends_with_the_longest_session(
    sessions: Sessions, clock: Clock
) -> None:
    token = sessions.build_token("nonce")

    clock.now += 8 * HOUR + 1

    with pytest.raises(FormExpiredError):
        sessions.check_token("nonce", token)


def test_what_was_signed_for_one_purpose_is_worth_nothing_for_another(clock: Clock) -> None:
    sealed = Seal(SECRET, "device", clock).close(["arts", "x"])

    assert Seal(SECRET, "device", clock).find(sealed, HOUR) == ["arts", "x"]
    assert Seal(SECRET, "session", clock).find(sealed, HOUR) is None
    assert Seal(SECRET + "x", "device", clock).find(sealed, HOUR) is None


@pytest.mark.parametrize("content", ["tekst", [], [1, 2, 3], {"a": 1}, None, ["gisteren", "x"]])
def test_what_is_signed_but_of_another_form_is_nothing(clock: Clock, content: object) -> None:
    signed = URLSafeSerializer(SECRET, salt="kantelpunt-session").dumps(content)

    assert Seal(SECRET, "session", clock).find(str(signed), HOUR) is None


def test_no_cookie_is_no_session_rather_than_one_that_ended(sessions: Sessions) -> None:
    for nothing in (None, ""):
        with pytest.raises(NotLoggedOnError) as caught:
            sessions.read(nothing)

        assert not isinstance(caught.value, SessionEndedError)


def test_a_browser_is_known_for_the_name_that_logged_on_from_it_only(
    sessions: Sessions, clock: Clock
) -> None:
    cookie = sessions.build_device("arts")

    assert sessions.find_device(cookie, "arts")
    assert sessions.find_device(cookie, "arts.b") == ""
    assert sessions.find_device("onzin", "arts") == ""
    clock.now += 91 * 24 * HOUR
    assert sessions.find_device(cookie, "arts") == ""


def test_cookies_of_https_can_be_set_by_this_host_only() -> None:
    assert name_cookie("x", secure=True) == "__Host-x"
    assert name_cookie("x", secure=False) == "x"


@pytest.fixture
def timed(start_service: Callable[..., Service], sqlite_url: str, clock: Clock) -> Service:
    """Return a service whose sessions follow the clock of the test."""
    service = start_service(sqlite_url)
    gate = service.app.state.service.gate
    gate.sessions = Sessions(SECRET, hours=8, idle_minutes=30, clock=clock)
    return service


def test_pages_renew_the_session_and_what_is_open_goes_on(timed: Service, clock: Clock) -> None:
    timed.log_on()
    statuses, cookies = [], set()

    for _ in range(5):
        clock.now += 20 * MINUTE
        statuses.append(timed.client.get("/", follow_redirects=False).status_code)
        cookies.add(timed.client.cookies[SESSION_COOKIE])

    assert statuses == [200] * 5
    assert len(cookies) == 5


def test_an_idle_session_leads_to_the_log_on_page_which_says_why(
    timed: Service, clock: Clock
) -> None:
    timed.log_on()

    clock.now += 31 * MINUTE
    answer = timed.client.get("/model")

    assert answer.url.path == "/login"
    assert answer.url.params["naar"] == "/model"
    assert "Uw sessie is verlopen" in answer.text


def test_error_pages_renew_the_session_as_well(timed: Service, clock: Clock) -> None:
    timed.log_on()
    clock.now += 20 * MINUTE

    answer = timed.client.get("/dossiers/bestaat-niet")

    assert answer.status_code == 404
    assert SESSION_COOKIE in answer.headers["set-cookie"]


def test_logging_off_leaves_no_session_behind_however_old_it_was(
    timed: Service, clock: Clock
) -> None:
    timed.log_on()
    token = find_token(timed.client.get("/").text)
    clock.now += 20 * MINUTE

    answer = timed.client.post("/logout", data={"token": token}, follow_redirects=False)

    written = [c for c in answer.headers.get_list("set-cookie") if SESSION_COOKIE in c]
    assert len(written) == 1
    assert "Max-Age=0" in written[0]
    assert SESSION_COOKIE not in timed.client.cookies


def test_logging_on_always_opens_a_new_session(timed: Service, clock: Clock) -> None:
    planted = Sessions(SECRET, hours=8, idle_minutes=30, clock=clock).open(USERS[2])
    timed.client.get("/login", headers={"cookie": f"{SESSION_COOKIE}={planted}"})

    first = timed.log_on("arts").cookies[SESSION_COOKIE]
    token = find_token(timed.client.get("/").text)
    second = timed.log_on("arts").cookies[SESSION_COOKIE]

    assert len({planted, first, second}) == 3
    assert timed.client.post("/logout", data={"token": token}).status_code == 403
