from base64 import b64decode
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

import pytest

from serving.sessions import SESSION_COOKIE
from serving.store.audit import AuditEvent
from serving.store.users import close_account
from tests.running_issuer import (
    CLIENT,
    CLIENT_SECRET,
    RunningIssuer,
    begin,
    come_back,
    log_on,
    read_users,
)
from tests.running_service import NOW, PASSWORD, Service, find_token


def test_the_code_is_worth_something_only_with_what_never_left_us(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()

    entered = log_on(service, issuer)

    posted = issuer.posted[0]
    verifier, sent = posted["code_verifier"], begin(service)
    assert entered.status_code == 303
    assert len(verifier) == 43
    assert verifier not in sent.headers["location"] + sent.headers["set-cookie"]
    assert posted["redirect_uri"] == "https://kantelpunt.example/login/oidc/terug"


@pytest.mark.parametrize(
    ("changes", "taken", "left"),
    [
        ({}, "header", "form"),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, "form", "header"),
    ],
)
def test_our_secret_goes_to_the_provider_in_the_way_that_it_takes(
    changes: dict[str, Any],
    taken: str,
    left: str,
    start_oidc: Callable[..., Service],
    issuer: RunningIssuer,
) -> None:
    issuer.described = changes

    log_on(start_oidc(), issuer)

    posted = issuer.posted[0]
    header = b64decode(posted["authorization"].removeprefix("Basic ")).decode()
    sent = {
        "header": tuple(unquote_plus(part) for part in header.split(":")),
        "form": (posted.get("client_id"), posted.get("client_secret")),
    }
    assert sent[taken] == (CLIENT, CLIENT_SECRET)
    assert sent[left] in ((None, None), ("",))


def test_a_public_client_sends_its_name_only(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    entered = log_on(start_oidc(oidc_client_secret=""), issuer)

    assert entered.status_code == 303
    assert issuer.posted[0]["client_id"] == CLIENT
    assert issuer.posted[0]["authorization"] == ""
    assert "client_secret" not in issuer.posted[0]


REFUSED: dict[str, dict[str, str]] = {
    "another state": {"state": "x"},
    "a state that is not ASCII": {"state": "é"},
    "no state": {"state": ""},
    "no code": {"code": ""},
    "another code": {"code": "b"},
    "another issuer": {"iss": "https://elders.example"},
    "an error": {"code": "", "error": "server_error"},
}


@pytest.mark.parametrize("kind", REFUSED)
def test_an_answer_that_is_not_to_our_question_opens_nothing(
    kind: str, start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()

    answer = log_on(service, issuer, **REFUSED[kind])

    assert answer.status_code == 401
    assert "Het aanmelden is niet gelukt of duurde te lang." in answer.text
    assert SESSION_COOKIE not in service.client.cookies


def test_a_provider_that_names_itself_must_do_so(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    issuer.described = {"authorization_response_iss_parameter_supported": True}
    service = start_oidc()

    unnamed, named = log_on(service, issuer), log_on(service, issuer, iss=issuer.address)

    assert [unnamed.status_code, named.status_code] == [401, 303]


TOKENS: dict[str, dict[str, Any]] = {
    "of another log-on": {"nonce": "x"},
    "without a nonce": {"nonce": None},
    "for another client": {"aud": [CLIENT, "ander"], "azp": "ander"},
    "for the API": {"aud": "kantelpunt-api"},
    "of another issuer": {"iss": "https://elders.example"},
    "that expired": {"exp": 1},
    "with another key": {"kid": "geen"},
}


@pytest.mark.parametrize("kind", TOKENS)
def test_an_identity_token_that_does_not_hold_opens_nothing(
    kind: str, start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()
    brought = issuer.authorise(begin(service).headers["location"])
    issuer.id_token = issuer.sign(**{"aud": CLIENT, "nonce": issuer.nonce} | TOKENS[kind])

    answer = come_back(service, brought)

    assert answer.status_code == 401
    assert SESSION_COOKIE not in service.client.cookies


@pytest.mark.usefixtures("_no_turn_back")
def test_who_comes_back_in_vain_too_often_is_asked_to_wait(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc(log_on_per_minute=1)
    well = {log_on(service, issuer).status_code for _ in range(5)}

    in_vain = [log_on(service, issuer, code="x").status_code for _ in range(4)]

    assert well == {303}
    assert in_vain == [401, 401, 401, 429]


@pytest.mark.parametrize("claims", [{"kantelpunt_role": "baas"}, {"sickness_fund": ""}])
def test_an_account_without_role_or_fund_is_told_so_on_a_page(
    claims: dict[str, str], start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    issuer.claims |= claims

    answer = log_on(start_oidc(), issuer)

    assert answer.status_code == 403
    assert "heeft daar geen rol, of geen ziekenfonds, waarmee u hier terechtkunt" in answer.text


@pytest.mark.parametrize("falls", ["before", "meanwhile"])
def test_a_provider_that_is_down_stops_log_ons_and_no_session(
    falls: str, start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()
    log_on(service, issuer)
    brought = issuer.authorise(begin(service).headers["location"])
    issuer.is_down = True

    if falls == "before":
        newcomer = start_oidc()
        answer = begin(newcomer)
    else:
        answer = come_back(service, brought)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "Wie al aangemeld is, werkt gewoon verder." in answer.text
    assert service.client.get("/").status_code == 200


def test_a_role_or_fund_that_changed_counts_from_the_next_log_on(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()
    log_on(service, issuer)

    issuer.claims |= {"kantelpunt_role": "auditor", "sickness_fund": "", "name": ""}
    log_on(service, issuer)

    ((key, *rest),) = read_users(service)
    with service.store.reading() as connection:
        query = "select detail from audit where action = 'log_on' order by audit_id"
        noted = [str(row) for row in connection.exec_driver_sql(query).scalars()]
    assert ["advising_physician" in noted[0], "auditor" in noted[1]] == [True, True]
    assert rest == [key, "auditor", None, "", issuer.address, 1]
    assert service.client.get("/", follow_redirects=False).headers["location"] == "/logboek"


def test_an_account_that_was_closed_here_is_out_by_every_door(
    start_oidc: Callable[..., Service],
    issuer: RunningIssuer,
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("serving.seen_users.SECONDS", 0.0)
    service = start_oidc(store_url)
    log_on(service, issuer)
    (key, *_), bearer = read_users(service)[0], {"authorization": f"Bearer {issuer.sign()}"}
    before = service.client.get("/api/v1/cases", headers=bearer).status_code

    with service.store.writing() as connection:
        close_account(connection, key, audit=AuditEvent(NOW, "test", "close_user"))

    page = service.client.get("/", follow_redirects=False)
    again = log_on(service, issuer)
    api = service.client.get("/api/v1/cases", headers=bearer)
    assert [before, page.status_code, again.status_code, api.status_code] == [200, 303, 403, 403]
    assert "Uw account is hier afgesloten." in again.text
    assert api.json()["type"] == "urn:kantelpunt:problem:account-closed"


def test_logging_off_ends_the_session_and_shows_how_to_log_off_at_the_provider(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc(oidc_label="Ziekenfonds A")
    log_on(service, issuer)
    kept = service.client.cookies[SESSION_COOKIE]
    token = find_token(service.client.get("/").text)

    answer = service.client.post("/logout", data={"token": token})

    service.client.cookies.set(SESSION_COOKIE, kept)
    assert service.client.get("/", follow_redirects=False).status_code == 303
    assert "U bent afgemeld." in answer.text
    assert "Bij Ziekenfonds A bent u misschien nog aangemeld." in answer.text
    assert f'href="{issuer.address}/end?client_id={CLIENT}&amp;post_logout' in answer.text


def test_a_session_of_a_provider_that_is_no_longer_set_is_worth_nothing(
    start_oidc: Callable[..., Service],
    start_service: Callable[..., Service],
    issuer: RunningIssuer,
    sqlite_url: str,
) -> None:
    service, without = start_oidc(), start_service(sqlite_url)
    log_on(service, issuer)

    without.client.cookies.set(SESSION_COOKIE, service.client.cookies[SESSION_COOKIE])

    assert without.client.get("/", follow_redirects=False).status_code == 303
    assert without.client.get("/login/oidc").status_code == 404


def test_nobody_logs_on_to_an_account_of_the_provider_with_a_password(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()
    log_on(service, issuer)
    service.client.cookies.clear()
    key = read_users(service)[0][0]

    statuses = [service.log_on(key, password).status_code for password in ("", PASSWORD)]
    api = service.client.get("/api/v1/model", auth=(key, ""))

    # the form asks for a password before anybody is looked up
    assert [*statuses, api.status_code] == [422, 401, 401]


@pytest.mark.parametrize("address", ["https://elders.example/", "//elders.example", "/\\x"])
def test_a_log_on_at_the_provider_leads_back_to_this_site_only(
    address: str, start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    entered = log_on(start_oidc(), issuer, address)

    assert entered.headers["location"] == "/"
