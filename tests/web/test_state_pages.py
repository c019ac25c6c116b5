import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.problem_texts import TEXTS
from serving.rate_limit import TooManyError
from serving.sessions import FORM_COOKIE
from serving.store.engine import StoreGoneError
from tests.running_service import PASSWORD, Service, find_token, make_service
from tests.web.test_pages import Outline, read


def log_on(service: Service, name: str, password: str) -> Any:
    token = find_token(service.client.get("/login").text)
    form = {"token": token, "naar": "/", "name": name, "password": password}
    return service.client.post("/login", data=form)


@pytest.fixture
def outside(filled: Service) -> Service:
    filled.client.cookies.clear()
    return filled


def find_faults(page: Outline) -> dict[str, bool]:
    """Return which fields are told to be wrong, and whether their text is there to be read."""
    ids = {p.get("id") for p in page.all("p")}
    return {
        str(i["name"]): i["aria-describedby"] in ids
        for i in page.all("input")
        if i.get("aria-invalid") == "true"
    }


def test_a_log_on_without_name_or_password_says_so_at_the_field(outside: Service) -> None:
    nothing, nameless, wordless = (
        log_on(outside, "", ""),
        log_on(outside, " ", "x"),
        log_on(outside, "arts", ""),
    )

    assert [a.status_code for a in (nothing, nameless, wordless)] == [422] * 3
    pages = [Outline(a.text) for a in (nothing, nameless, wordless)]
    assert [find_faults(p) for p in pages] == [
        {"name": True, "password": True},
        {"name": True},
        {"password": True},
    ]
    assert 'value="arts"' in wordless.text


def test_a_wrong_password_keeps_the_name_and_goes_on_at_the_password(outside: Service) -> None:
    answer = log_on(outside, "arts", "een-ander-wachtwoord")

    page = Outline(answer.text)
    assert answer.status_code == 401
    assert find_faults(page) == {"password": True}
    assert [i["name"] for i in page.all("input") if "autofocus" in i] == ["password"]
    assert 'value="arts"' in answer.text
    assert "een-ander-wachtwoord" not in answer.text


def test_a_form_that_lay_open_too_long_keeps_the_name(outside: Service) -> None:
    outside.client.get("/login")
    form = {"token": "x", "name": "arts", "password": PASSWORD, "naar": "/model"}

    answer = outside.client.post("/login", data=form)

    assert answer.status_code == 403
    assert "Het formulier is verlopen. Vul uw wachtwoord opnieuw in." in answer.text
    assert 'value="arts"' in answer.text
    assert 'value="/model"' in answer.text
    assert PASSWORD not in answer.text


def test_too_many_attempts_say_how_long_to_wait(
    outside: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise TooManyError(12)

    monkeypatch.setattr(outside.app.state.service.gate, "check_password", refuse)

    answer = log_on(outside, "arts", "x")

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "12")
    assert "Wacht 12 seconden en probeer dan opnieuw." in answer.text
    assert 'value="arts"' in answer.text


def test_a_session_that_ended_says_what_was_kept_and_what_was_not(outside: Service) -> None:
    page = read(outside, "/login?verlopen=true&naar=/model")

    assert "Uw sessie is verlopen" in page.text
    assert "Wat u bewaarde, is er nog." in page.text
    assert FORM_COOKIE in outside.client.cookies


def test_a_page_of_another_role_says_why_and_where_to_go(pages: Service) -> None:
    page = read(pages, "/logboek", 403)

    assert "Dit is niet voor uw account" in page.text
    assert "vraag dan uw beheerder" in page.text
    assert "Er is niets veranderd." in page.text
    assert {"/", "/hulp"} <= {a["href"] for a in page.all("a")}


def test_a_case_that_is_not_there_is_a_designed_page(pages: Service) -> None:
    page = read(pages, "/dossiers/C-9999", 404)

    assert "Niet gevonden" in page.text
    assert "Zoek het dossier op in de triagelijst" in page.text
    assert "Dr. Arts" in page.text
    assert "C-9999" not in page.text


def test_who_has_no_list_is_not_sent_to_it(pages: Service) -> None:
    pages.client.cookies.clear()
    pages.log_on("auditor")

    page = read(pages, "/bestaat-niet", 404)

    assert "triagelijst" not in page.text


def test_a_store_that_is_gone_says_when_to_try_again(
    pages: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise StoreGoneError("gone")

    monkeypatch.setattr(pages.store, "reading", fail)

    answer = pages.client.get("/model")

    page = Outline(answer.text)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "De opslag van de dossiers antwoordt even niet." in page.text
    assert "Wacht 5 seconden en probeer dan opnieuw." in page.text
    assert "Wat bewaard was, blijft bewaard." in page.text
    assert "/model" in {a["href"] for a in page.all("a") if a["href"] != "#inhoud"}


def test_a_fault_of_ours_says_so_and_gives_nothing_away(
    pages: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("waarde-van-een-persoon")

    monkeypatch.setattr("serving.routes.page_model.ModelView.of", fail)

    answer = pages.client.get("/model")

    assert answer.status_code == 500
    assert "De fout ligt bij de dienst, niet bij u." in answer.text
    assert "waarde-van-een-persoon" not in answer.text


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Callable[[], Service]]:
    made = make_service(f"sqlite:///{tmp_path / 'geen.db'}", maintenance="Tot 14 uur.")
    yield lambda: made
    made.client.close()


def test_maintenance_closes_pages_and_api_without_asking_the_store(
    closed: Callable[[], Service],
) -> None:
    client = closed().client

    page, api = client.get("/dossiers/C-0001"), client.get("/api/v1/cases")
    others = [client.get(path).status_code for path in ("/healthz", "/static/kantelpunt.css")]

    assert [(a.status_code, a.headers["retry-after"]) for a in (page, api)] == [(503, "300")] * 2
    assert "Er wordt aan de dienst gewerkt. Tot 14 uur." in page.text
    assert "Er ging niets verloren." in page.text
    assert "Wacht 5 minuten" in page.text
    assert api.json()["type"] == "urn:kantelpunt:problem:maintenance"
    assert "Content-Security-Policy" in page.headers
    assert others == [200, 200]


def test_every_problem_says_in_dutch_what_to_do_and_what_became_of_ones_work() -> None:
    from serving.errors import build_problem
    from serving.pages.state_view import StateView

    for key in TEXTS:
        problem = build_problem(key, detail="Doe dit.")
        view = StateView.of(problem, again="/x", is_logged_on=True, sees_cases=True)

        assert view.title
        assert view.happened
        assert re.search(r"bewaard|veranderd|verloren", view.kept), key
        assert bool(view.again) == (problem.status in (429, 500, 503))
