import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from serving import issuer as issuers
from serving.seen_users import SECONDS
from tests.running_issuer import RunningIssuer, ask, make_key
from tests.running_service import OTHER_FUND, PASSWORD, Service, make_own_case
from tests.waiting import AGES

MARK = "geheim-merk"


def test_a_token_opens_the_api_with_the_role_and_the_fund_of_its_claims(
    start_oidc: Callable[..., Service], issuer: RunningIssuer, store_url: str
) -> None:
    service = start_oidc(store_url)
    service.post(make_own_case())

    own = ask(service, issuer.sign())
    other = ask(service, issuer.sign(sickness_fund=OTHER_FUND))
    coordinator = ask(service, issuer.sign(kantelpunt_role="rtw_coordinator"), "/api/v1/model")

    assert [c["case_id"] for c in own.json()["cases"]] == ["C-0001"]
    assert other.json()["cases"] == []
    assert coordinator.status_code == 403


def test_what_a_token_did_is_noted_under_a_key_that_tells_nothing_of_the_person(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()
    header = {"authorization": f"Bearer {issuer.sign(sub='jan@elders.example')}"}

    answer = service.client.post("/api/v1/assessments", json=make_own_case(), headers=header)

    assert answer.status_code == 201
    with service.store.reading() as connection:
        query = "select distinct user_key from audit where action <> 'add_user'"
        (key,) = connection.exec_driver_sql(query).scalars()
    assert key.startswith("oidc:")
    assert "jan" not in key


def now() -> int:
    return int(time.time())


def test_a_little_difference_between_clocks_does_not_matter(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()
    times: list[dict[str, Any]] = [{"exp": now() - 30}, {"nbf": now() + 30}, {"iat": now() + 30}]

    statuses = [ask(service, issuer.sign(**given)).status_code for given in times]

    assert statuses == [200, 200, 200]


UNUSABLE: dict[str, dict[str, Any]] = {
    "no role": {"kantelpunt_role": None},
    "an unknown role": {"kantelpunt_role": "directeur"},
    "a role that is no text": {"kantelpunt_role": {"a": 1}},
    "a role in a list in a list": {"kantelpunt_role": [["advising_physician"]]},
    "two roles": {"kantelpunt_role": ["advising_physician", "auditor"]},
    "no fund for a physician": {"sickness_fund": None},
    "an empty fund for a coordinator": {"kantelpunt_role": "rtw_coordinator", "sickness_fund": ""},
    "two funds": {"sickness_fund": ["fonds-a", "fonds-b"]},
    "a fund that is a number": {"sickness_fund": 7},
    "a fund with a line end": {"sickness_fund": "fonds-a\n"},
    "two regions": {"region": ["antwerpen", "limburg"]},
    "a region that cannot be": {"region": {"is": "alles"}},
    "a region without a fund": {
        "kantelpunt_role": "auditor",
        "sickness_fund": None,
        "region": "antwerpen",
    },
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_an_account_without_a_place_here_is_told_so(
    kind: str, start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()

    answer = ask(service, issuer.sign(**UNUSABLE[kind]))

    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:kantelpunt:problem:account-unusable"
    assert answer.json()["title"] == "Dit is niet voor uw account"


def test_role_and_fund_stand_where_the_settings_say(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc(
        oidc_role_claim="realm_access.roles",
        oidc_roles={"kp-arts": "advising_physician", "kp-audit": "auditor"},
        oidc_fund_claim="https://ziekenfonds.example/fonds",
        oidc_region_claim="plaats.gewest",
    )
    service.post(make_own_case(1, region="antwerpen"))
    service.post(make_own_case(2, region="limburg"))
    issuer.claims = {
        "sub": "x",
        "realm_access": {"roles": ["offline_access", "kp-arts"]},
        "https://ziekenfonds.example/fonds": ["fonds-a"],
        "plaats": {"gewest": "limburg"},
    }

    listed = ask(service, issuer.sign())
    by_our_name = ask(service, issuer.sign(realm_access={"roles": ["advising_physician"]}))

    assert [c["case_id"] for c in listed.json()["cases"]] == ["C-0002"]
    assert by_our_name.status_code == 403


def test_a_new_key_of_the_issuer_is_found_and_an_old_one_no_longer_counts(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()
    old = issuer.sign()
    before = ask(service, old).status_code

    issuer.keys = [make_key("second")]
    after = ask(service, issuer.sign(kid="second")).status_code
    time.sleep(SECONDS)

    assert (before, after, ask(service, old).status_code) == (200, 200, 401)


def test_made_up_key_ids_do_not_make_us_ask_the_issuer_each_time(
    start_oidc: Callable[..., Service], issuer: RunningIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuers, "PAUSE_SECONDS", float(AGES))
    service = start_oidc()
    ask(service, issuer.sign())

    statuses = {ask(service, issuer.sign(kid=f"k{n}")).status_code for n in range(20)}

    assert statuses == {401}
    assert issuer.asked.count("/keys") == 2


def test_a_token_that_names_no_key_counts_only_where_there_is_one(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    alone = ask(start_oidc(), issuer.sign(kid=None)).status_code
    issuer.keys.append(make_key("second"))
    among_two = ask(start_oidc(), issuer.sign(kid=None)).status_code

    assert (alone, among_two) == (200, 401)


def test_tokens_hold_while_the_issuer_is_down_once_its_keys_are_known(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    known, new = start_oidc(), start_oidc()
    ask(known, issuer.sign())

    issuer.is_down = True
    answers = [ask(service, issuer.sign()) for service in (known, new)]

    assert [a.status_code for a in answers] == [200, 503]
    assert answers[1].headers["retry-after"] == "5"
    assert answers[1].json()["type"] == "urn:kantelpunt:problem:issuer-gone"


def test_a_new_key_of_an_issuer_that_is_down_is_neither_taken_nor_refused(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()
    ask(service, issuer.sign())
    issuer.is_down = True

    answers = [ask(service, issuer.sign(kid=kid)) for kid in ("second", "second", "first")]

    assert [a.status_code for a in answers] == [503, 503, 200]


DESCRIPTIONS: list[dict[str, Any]] = [
    {"issuer": "https://elders.example"},
    {"jwks_uri": "http://elders.example/keys"},
    {"jwks_uri": None},
    {"authorization_endpoint": "javascript:x"},
    {"token_endpoint": ["x"]},
]


@pytest.mark.parametrize("described", DESCRIPTIONS)
def test_an_issuer_that_describes_itself_wrongly_is_not_believed(
    described: dict[str, Any], start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    issuer.described = described

    assert ask(start_oidc(), issuer.sign()).status_code == 503


KEYS: list[Any] = [
    [],
    None,
    {},
    ["x"],
    [{"kty": "RSA"}],
    [{"kty": "oct", "k": "AAAA"}],
    b"{",
    b"[]",
]


@pytest.mark.parametrize("keys", KEYS)
def test_an_issuer_without_a_key_to_check_with_is_as_good_as_down(
    keys: Any,
    start_oidc: Callable[..., Service],
    issuer: RunningIssuer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service, usual = start_oidc(), issuer.answer
    broken = keys if isinstance(keys, bytes) else {"keys": keys}
    monkeypatch.setattr(
        issuer, "answer", lambda p, f: (200, broken) if p == "/keys" else usual(p, f)
    )

    assert ask(service, issuer.sign()).status_code == 503


def test_an_issuer_that_sends_without_end_is_left(
    start_oidc: Callable[..., Service], issuer: RunningIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = start_oidc()
    monkeypatch.setattr(issuer, "answer", lambda *_: (200, b" " * 1_500_000))

    assert ask(service, issuer.sign()).status_code == 503


def test_a_key_that_is_not_for_signing_is_left_aside(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    private = RSAKey.generate_key(2048, {"kid": "enc", "use": "enc"})
    issuer.keys.append(private)

    statuses = [
        ask(start_oidc(), issuer.sign(kid=kid, key=key)).status_code
        for kid, key in ((None, issuer.keys[0]), ("first", issuer.keys[0]))
    ]

    assert statuses == [200, 200]
    assert ask(start_oidc(), issuer.sign(kid="enc")).status_code == 401


def test_tokens_are_taken_only_where_an_audience_is_set(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    answer = ask(start_oidc(oidc_api_audience=""), issuer.sign(aud=""))

    assert answer.status_code == 401
    assert answer.headers.get_list("www-authenticate") == [
        'Basic realm="Kantelpunt", charset="UTF-8"'
    ]


def test_the_description_of_the_api_tells_with_what_one_enters(
    start_oidc: Callable[..., Service],
) -> None:
    described = start_oidc().client.get("/openapi.json").json()

    asked = described["paths"]["/api/v1/model"]["get"]
    assert set(described["components"]["securitySchemes"]) == {"basic", "bearer"}
    assert asked["security"] == [{"basic": []}, {"bearer": []}]
    assert "429" in asked["responses"]


def test_passwords_open_nothing_where_local_accounts_are_off(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc(local_accounts=False)

    answer = service.client.get("/api/v1/cases", auth=("arts", PASSWORD))

    assert answer.status_code == 401
    assert answer.headers.get_list("www-authenticate") == ['Bearer realm="Kantelpunt"']
    assert ask(service, issuer.sign()).status_code == 200
