from collections.abc import Callable

import pytest

from serving.sessions import FORM_COOKIE, SESSION_COOKIE
from tests.running_issuer import RunningIssuer, log_on
from tests.running_service import PASSWORD, Service


def test_the_log_on_page_offers_what_there_is(start_oidc: Callable[..., Service]) -> None:
    both = start_oidc().client.get("/login").text
    only_provider = start_oidc(local_accounts=False)
    only = only_provider.client.get("/login").text

    assert "Aanmelden met uw organisatie" in both
    assert 'name="password"' in both
    assert "Aanmelden met uw organisatie" in only
    assert 'name="password"' not in only
    nonce = only_provider.client.cookies[FORM_COOKIE]
    token = only_provider.app.state.service.gate.sessions.build_token(nonce)
    form = {"token": token, "name": "arts", "password": PASSWORD}
    assert only_provider.client.post("/login", data=form).status_code == 401


def test_sessions_of_local_accounts_end_where_those_are_switched_off(
    start_oidc: Callable[..., Service],
) -> None:
    before, after = start_oidc(), start_oidc(local_accounts=False)
    before.log_on()

    after.client.cookies.set(SESSION_COOKIE, before.client.cookies[SESSION_COOKIE])

    assert before.client.get("/").status_code == 200
    assert after.client.get("/", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("address", [None, "javascript:alert(1)", "http://elders.example"])
def test_without_a_safe_address_to_log_off_at_there_is_no_link(
    address: str | None, start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    issuer.described = {"end_session_endpoint": address}
    service = start_oidc()
    log_on(service, issuer)

    page = service.client.get("/login?afgemeld=true").text

    assert "U bent afgemeld." in page
    assert "nog aangemeld" not in page
