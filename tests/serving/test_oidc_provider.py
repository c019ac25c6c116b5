import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from serving.sessions import FLOW_COOKIE
from tests.free_port import find_port
from tests.running_issuer import begin, come_back, read_users
from tests.running_processes import can_connect
from tests.running_service import Service, make_own_case
from tests.waiting import AGES, wait_until

USER = (
    '{"sub": "jan@elders.example", "name": "Dr. Van Elders", "sickness_fund": "fonds-a",'
    ' "kantelpunt_role": "advising_physician"}'
)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Run an identity provider that others made, in a process of its own."""
    port = find_port()
    given = ["-p", str(port), "--require-nonce", "true", "--user-claims", USER]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", *given]
    environment = os.environ | {"NO_COLOR": "1"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: process.poll() is not None or can_connect(port))
        assert process.poll() is None, "the identity provider did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=AGES)


def choose(address: str, **form: str) -> dict[str, str]:
    """Do what a person does at the provider, and return what the browser brings back."""
    answer = httpx2.post(address, data=form, timeout=AGES)
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == (
        "https://kantelpunt.example/login/oidc/terug"
    )
    return dict(parse_qsl(back.query))


def test_a_person_logs_on_at_a_provider_that_others_made_and_finds_the_page_asked_for(
    start_oidc: Callable[..., Service], provider: str, store_url: str
) -> None:
    service = start_oidc(store_url, oidc_issuer=provider)
    service.post(make_own_case())
    asked = service.client.get("/dossiers/C-0001")
    link = asked.text.partition('href="/login/oidc')[2].partition('"')[0]

    sent = service.client.get(f"/login/oidc{link}", follow_redirects=False)
    entered = come_back(service, choose(sent.headers["location"], sub="jan@elders.example"))

    assert entered.status_code == 303
    assert entered.headers["location"] == "/dossiers/C-0001"
    page = service.client.get("/dossiers/C-0001")
    assert page.status_code == 200
    assert "Dr. Van Elders" in page.text
    ((key, *rest),) = read_users(service)
    assert rest == ["Dr. Van Elders", "advising_physician", "fonds-a", "", provider, 1]
    with service.store.reading() as connection:
        query = (
            "select action, user_key, sickness_fund from audit "
            "where action in ('log_on', 'view_case') order by audit_id"
        )
        noted = [tuple(row) for row in connection.exec_driver_sql(query)]
    assert noted == [("log_on", key, "fonds-a"), ("view_case", key, "fonds-a")]


def test_a_person_who_says_no_at_the_provider_is_not_logged_on(
    start_oidc: Callable[..., Service], provider: str
) -> None:
    service = start_oidc(oidc_issuer=provider)

    brought = choose(begin(service).headers["location"], action="deny")
    answer = come_back(service, brought)

    assert brought["error"] == "access_denied"
    assert answer.status_code == 401
    assert "Het aanmelden is niet gelukt" in answer.text


def test_a_code_opens_one_session(start_oidc: Callable[..., Service], provider: str) -> None:
    service = start_oidc(oidc_issuer=provider)
    sent = begin(service)
    kept = service.client.cookies[FLOW_COOKIE]
    brought = choose(sent.headers["location"], sub="jan@elders.example")

    first = come_back(service, brought)
    without_cookie = come_back(service, brought)
    service.client.cookies.set(FLOW_COOKIE, kept)
    again = come_back(service, brought)

    assert [a.status_code for a in (first, without_cookie, again)] == [303, 401, 401]


def test_someone_known_to_the_provider_without_a_role_here_is_told_so(
    start_oidc: Callable[..., Service], provider: str
) -> None:
    service = start_oidc(oidc_issuer=provider)

    answer = come_back(service, choose(begin(service).headers["location"], sub="iemand"))

    assert answer.status_code == 403
    assert "Dit is niet voor uw account" in answer.text
    assert read_users(service) == []
