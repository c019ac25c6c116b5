from base64 import b64encode
from collections.abc import Callable

import pytest

from serving.passwords import (
    check_password,
    hash_password,
    is_password,
)
from serving.sessions import DEVICE_COOKIE, SESSION_COOKIE
from serving.store.users import UserRefusedError
from tests.running_service import PASSWORD, Service, find_token


@pytest.mark.parametrize("path", ["/api/v1/cases", "/api/v1/cases/C-0001", "/api/v1/model"])
def test_the_api_asks_who_is_there(service: Service, path: str) -> None:
    answers = [
        service.client.get(path),
        service.client.get(path, auth=("arts", "een-ander-wachtwoord")),
        service.client.get(path, auth=("niemand", PASSWORD)),
        service.client.get(path, auth=("x\x00", PASSWORD)),
        service.client.get(path, headers={"authorization": "Bearer x"}),
        service.client.get(path, headers={"authorization": "Basic ###"}),
        service.client.get(path, headers={"authorization": "Basic " + _encode("geen-punt")}),
        service.client.get(path, headers={"authorization": "Basic " + _encode(b"\xff:x")}),
    ]

    assert {a.status_code for a in answers} == {401}
    assert {a.headers["www-authenticate"] for a in answers} == {
        'Basic realm="Kantelpunt", charset="UTF-8"'
    }


def _encode(text: str | bytes) -> str:
    return b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def test_the_demo_tells_in_the_problem_with_which_account_to_log_on(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    service = start_service(sqlite_url, demo_hint="naam arts.a, wachtwoord demo")

    detail = service.client.get("/api/v1/model").json()["detail"]

    assert detail.endswith("In de demo: naam arts.a, wachtwoord demo.")


def test_a_password_is_compared_slowly_only_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.get("/api/v1/model")
    monkeypatch.setattr("serving.auth.is_password", lambda *_: pytest.fail("compared again"))

    assert service.get("/api/v1/model").status_code == 200


def test_a_changed_or_closed_account_counts_once_it_is_looked_up(
    either_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.seen_users.SECONDS", 0.0)

    def change(statement: str) -> int:
        with either_service.store.writing() as connection:
            connection.exec_driver_sql(statement)
        return int(either_service.get("/api/v1/model").status_code)

    before = either_service.get("/api/v1/model").status_code
    demoted = change("update users set role = 'rtw_coordinator' where user_key = 'arts'")
    closed = change("update users set active = false where user_key = 'arts'")
    changed = change("update users set active = true, password_hash = 'x' where user_key = 'arts'")

    assert (before, demoted, closed, changed) == (200, 403, 401, 401)


def test_the_memory_of_verified_credentials_has_a_bound(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.passwords.MOST_REMEMBERED", 2)

    for user in ("arts", "arts.b", "planner", "auditor"):
        assert service.get("/api/v1/model", user).status_code == 200

    assert len(service.app.state.service.gate._verified) == 2


def test_a_password_is_kept_as_argon2id_only() -> None:
    kept = hash_password(PASSWORD)

    assert kept.startswith("$argon2id$")
    assert is_password(PASSWORD, kept)
    assert not is_password("iets anders", kept)
    assert not is_password(PASSWORD, "geen hash")


def test_logging_on_gives_a_cookie_that_scripts_and_other_sites_cannot_use(
    service: Service,
) -> None:
    answer = service.log_on()

    cookie = next(c for c in answer.headers.get_list("set-cookie") if SESSION_COOKIE in c)
    assert answer.status_code == 303
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert service.client.get("/").status_code == 200


def test_outside_the_demo_cookies_travel_over_https_and_come_from_this_host_only(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    service = start_service(sqlite_url, secure_cookies=True)
    service.client.base_url = "https://127.0.0.1"

    service.log_on()

    cookies = {cookie.name: cookie for cookie in service.client.cookies.jar}
    assert set(cookies) == {f"__Host-{SESSION_COOKIE}", f"__Host-{DEVICE_COOKIE}"}
    assert all(c.secure and c.path == "/" and not c.domain_specified for c in cookies.values())
    assert service.client.get("/").status_code == 200


def test_browsers_are_told_to_keep_to_https_where_cookies_do(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    service = start_service(sqlite_url, secure_cookies=True)

    answers = [service.client.get(path) for path in ("/login", "/healthz", "/bestaat-niet")]

    assert {a.headers["strict-transport-security"] for a in answers} == {"max-age=31536000"}


def test_without_https_no_browser_is_told_to_keep_to_it(service: Service) -> None:
    assert "strict-transport-security" not in service.client.get("/login").headers


WEAK = [
    ("kort", "12 characters"),
    ("x" * 2000, "12 characters"),
    ("arts.antwerpen1", "not made of the name"),
    ("aaaaaaaaaaaa", "not a row of keys or a common word"),
    ("Wachtwoord2026!", "not a row of keys or a common word"),
    ("azertyqwerty", "not a row of keys or a common word"),
    ("abcdefghijklmn", "not a row of keys or a common word"),
    ("1234567890123456", "not a row of keys or a common word"),
]


@pytest.mark.parametrize(("password", "said"), WEAK)
def test_a_password_that_is_easy_to_guess_is_refused(password: str, said: str) -> None:
    with pytest.raises(UserRefusedError, match=said) as caught:
        check_password(password, "arts.antwerpen")

    assert password not in str(caught.value)


@pytest.mark.parametrize(
    "password", [PASSWORD, "fiets lamp regen", "wachtwoord-van-oma", "x7Kq-92_mZpL!"]
)
def test_a_password_of_some_words_or_random_signs_is_taken(password: str) -> None:
    check_password(password, "arts")

    assert is_password(password, hash_password(password))


def test_a_wrong_password_shows_the_form_again(service: Service) -> None:
    answer = service.log_on("arts", PASSWORD + "x")

    assert answer.status_code == 401
    assert "horen niet samen" in answer.text
    assert 'value="arts"' in answer.text
    assert service.client.get("/", follow_redirects=False).status_code == 303


def test_a_page_brings_one_back_after_logging_on(service: Service) -> None:
    asked = service.client.get("/dossiers/C-0001?x=1", follow_redirects=False)
    shown = service.client.get(asked.headers["location"])

    assert asked.status_code == 303
    assert asked.headers["location"] == "/login?naar=%2Fdossiers%2FC-0001%3Fx%3D1"
    assert 'name="naar" value="/dossiers/C-0001?x=1"' in shown.text
    assert "Meld u aan om verder te gaan." in shown.text


ELSEWHERE = [
    *("https://elders.example/", "//elders.example", "/\\elders.example", "javascript:x", ""),
    *("//[", "/\\[", "http://[", "/\\]x"),
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_logging_on_never_leads_to_another_site(service: Service, address: str) -> None:
    token = find_token(service.client.get("/login").text)
    form = {"token": token, "naar": address, "name": "arts", "password": PASSWORD}

    answer = service.client.post("/login", data=form, follow_redirects=False)

    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("address", ELSEWHERE)
def test_the_log_on_page_repeats_no_address_elsewhere(service: Service, address: str) -> None:
    shown = service.client.get("/login", params={"naar": address})

    assert shown.status_code == 200
    assert 'name="naar" value="/"' in shown.text


def test_a_form_without_our_token_does_nothing(service: Service) -> None:
    form = {"name": "arts", "password": PASSWORD}
    tokens = ["", "x", find_token(service.client.get("/login").text) + "x"]

    answers = [service.client.post("/login", data=form | {"token": t}) for t in tokens]

    assert [a.status_code for a in answers] == [403, 403, 403]
    assert "Het formulier is verlopen" in answers[0].text


def test_a_token_of_another_session_does_not_count(service: Service) -> None:
    service.log_on("arts.b")
    stolen = find_token(service.client.get("/").text)
    service.client.cookies.clear()
    service.log_on("arts")

    answer = service.client.post("/logout", data={"token": stolen})

    assert answer.status_code == 403
    assert service.client.get("/").status_code == 200


def test_logging_off_ends_the_session_everywhere(service: Service) -> None:
    service.log_on()
    kept = service.client.cookies[SESSION_COOKIE]
    token = find_token(service.client.get("/").text)

    answer = service.client.post("/logout", data={"token": token})

    assert "U bent afgemeld." in answer.text
    service.client.cookies.set(SESSION_COOKIE, kept)
    assert service.client.get("/", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("cookie", ["onzin", ""])
def test_who_posts_a_form_after_the_session_ended_is_told_so(service: Service, cookie: str) -> None:
    service.client.cookies.set(SESSION_COOKIE, cookie)

    answer = service.client.post("/logout", data={"token": "x"})

    assert answer.url.path == "/login"
    assert "Vulde u net een formulier in, dan is dat niet bewaard." in answer.text


def test_logging_on_and_off_is_noted(either_service: Service) -> None:
    either_service.log_on()
    token = find_token(either_service.client.get("/").text)
    either_service.client.post("/logout", data={"token": token})

    with either_service.store.reading() as connection:
        rows = connection.exec_driver_sql(
            "select user_key, action from audit where action in ('log_on', 'log_off') "
            "order by audit_id"
        ).fetchall()

    assert [tuple(r) for r in rows] == [("arts", "log_on"), ("arts", "log_off")]
