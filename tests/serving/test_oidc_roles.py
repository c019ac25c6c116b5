import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.running_issuer import RunningIssuer, ask
from tests.running_service import Service, make_own_case

CALLS = "rtw_coordinator"


def test_in_which_role_a_token_did_something_is_known_later(
    start_oidc: Callable[..., Service], issuer: RunningIssuer, store_url: str
) -> None:
    service = start_oidc(store_url)
    service.post(make_own_case(region="antwerpen"))
    tokens = [issuer.sign(region="antwerpen"), issuer.sign(sub="subject-2", kantelpunt_role=CALLS)]
    for token in tokens * 2:
        ask(service, token, "/api/v1/cases/C-0001")

    report = ask(service, tokens[0], "/api/v1/cases/C-0001/access-report").json()

    seen = [one["role_nl"] for one in report["seen"] if one["action_nl"] != "ingeschat"]
    assert seen[-4:] == ["terug-naar-werk-coördinator", "adviserend arts"] * 2
    with service.store.reading() as connection:
        query = "select region from users where issuer is not null"
        regions = set(connection.exec_driver_sql(query).scalars())
        noted = connection.exec_driver_sql("select action from audit").scalars().all()
    assert regions == {"antwerpen", None}
    assert noted.count("log_on") == 2


def test_another_role_or_region_in_a_token_is_noted_once(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()
    for token in [issuer.sign()] * 2 + [issuer.sign(region="limburg", name=None)] * 2:
        ask(service, token)

    with service.store.reading() as connection:
        users = connection.exec_driver_sql(
            "select name, role, region from users where issuer is not null"
        )
        lines = connection.exec_driver_sql("select detail from audit where action = 'log_on'")
        kept, noted = [tuple(row) for row in users], [json.loads(d) for d in lines.scalars()]

    role = "advising_physician"
    assert kept == [("Dr. Van Elders", role, "limburg")]
    assert noted == [{"role": role}, {"role": role, "region": "limburg"}]


ENTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"wachtwoord", "Bearer"}),
    ({"local_accounts": False}, {"Bearer"}),
    ({"oidc_api_audience": ""}, {"wachtwoord"}),
    ({"local_accounts": False, "oidc_api_audience": ""}, {"beheerder"}),
]


@pytest.mark.parametrize(("changes", "named"), ENTERS)
def test_who_is_not_logged_on_is_told_what_opens_the_api_here(
    start_oidc: Callable[..., Service], changes: dict[str, Any], named: set[str]
) -> None:
    answer = start_oidc(**changes).client.get("/api/v1/model")

    told = answer.json()["detail"]
    assert answer.status_code == 401
    assert {word for word in ("wachtwoord", "Bearer", "beheerder") if word in told} == named
