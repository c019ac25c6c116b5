"""Who logs on at one worker is known at the other, and out at both; nothing is kept in between."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import insert, select

from serving.accounts import end_account, set_password
from serving.deps import get_now
from serving.permissions import Role, User
from serving.sessions import SESSION_COOKIE, Sessions
from serving.store.engine import EVERY_FUND, Store
from serving.store.planning_tables import plans
from tests.factories import make_extract_tables, write_extract
from tests.planned_store import get_planned_template
from tests.running_issuer import RunningIssuer, build_oidc_settings, run_issuer
from tests.running_postgres import Postgres
from tests.running_processes import build_environment
from tests.running_service import FUND, PASSWORD, make_own_case
from tests.serving.worker_pair import Browser, Pair, ask, run_pair
from tests.waiting import AGES, wait_until

OTHER_PASSWORD = "een-ander-lang-wachtwoord"  # noqa: S105


@pytest.fixture(scope="module")
def own_issuer() -> Iterator[RunningIssuer]:
    with run_issuer() as made:
        yield made


@pytest.fixture(scope="module")
def pair(
    postgres: Postgres,
    postgres_template: str,
    own_issuer: RunningIssuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    settings = build_oidc_settings(own_issuer) | {"own_estimate": "required"}
    url, folder = postgres.make_database(postgres_template), tmp_path_factory.mktemp("workers")
    with run_pair(url, folder, **settings) as running:
        yield running


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser(timeout=AGES) as made:
        yield made


def test_who_logs_off_at_one_worker_is_out_at_the_other(pair: Pair, browser: Browser) -> None:
    browser.log_on(pair.first, pair.add_user("gaat.weg"))
    cookie = browser.cookies[SESSION_COOKIE]
    known = [browser.is_in(place) for place in pair.both]

    token = browser.find_token(f"{pair.first}/model")
    left = browser.post(f"{pair.second}/logout", data={"token": token})
    # what somebody copied from the browser before is worth nothing either
    browser.cookies.set(SESSION_COOKIE, cookie, "127.0.0.1", "/")

    assert known == [True, True]
    assert (left.status_code, left.headers["location"]) == (303, "/login?afgemeld=true")
    assert [browser.is_in(place) for place in pair.both] == [False, False]


def test_a_log_on_form_of_one_worker_may_be_sent_to_the_other(pair: Pair, browser: Browser) -> None:
    token = browser.find_token(f"{pair.first}/login")
    form = {"token": token, "name": pair.add_user("formulier"), "password": PASSWORD}

    entered = browser.post(f"{pair.second}/login", data=form)

    assert entered.status_code == 303
    assert browser.is_in(pair.first)


def test_an_account_that_is_closed_is_out_at_both_workers(pair: Pair, browser: Browser) -> None:
    user = pair.add_user("gesloten")
    browser.log_on(pair.first, user)
    asked = [ask(f"{place}/api/v1/cases", user).status_code for place in pair.both]

    end_account(pair.store, user, now=get_now())

    assert asked == [200, 200]
    assert [browser.is_in(place) for place in pair.both] == [False, False]
    for place in pair.both:
        # the API looks an account up once a second
        wait_until(lambda: ask(f"{place}/api/v1/cases", user).status_code == 401)  # noqa: B023


def test_another_password_ends_sessions_at_both_workers(pair: Pair, browser: Browser) -> None:
    user = pair.add_user("ander.wachtwoord")
    browser.log_on(pair.second, user)
    for place in pair.both:
        assert ask(f"{place}/api/v1/cases", user).status_code == 200

    set_password(pair.store, user, OTHER_PASSWORD, now=get_now())

    assert [browser.is_in(place) for place in pair.both] == [False, False]
    for place in pair.both:
        wait_until(lambda: ask(f"{place}/api/v1/cases", user).status_code == 401)  # noqa: B023
        assert ask(f"{place}/api/v1/cases", user, password=OTHER_PASSWORD).status_code == 200
    assert browser.log_on(pair.first, user, OTHER_PASSWORD) == 303


def open_sessions(minutes_ago: float = 0) -> Sessions:
    """Return the sessions of the workers, as they were so long ago."""
    secret, now = build_environment("", Path())["KANTELPUNT_SESSION_SECRET"], time.time()
    return Sessions(secret, hours=8, idle_minutes=30, clock=lambda: now - 60 * minutes_ago)


def test_work_at_one_worker_counts_as_work_at_the_other(pair: Pair, browser: Browser) -> None:
    key = pair.add_user("even.weg")
    user = User(key, key, Role.ADVISING_PHYSICIAN, FUND)

    browser.cookies.set(SESSION_COOKIE, open_sessions(29).open(user), "127.0.0.1", "/")
    seen = browser.is_in(pair.first)
    renewed = open_sessions().read(browser.cookies[SESSION_COOKIE])
    others = browser.is_in(pair.second)
    browser.cookies.set(SESSION_COOKIE, open_sessions(31).open(user), "127.0.0.1", "/")

    assert (seen, others) == (True, True)
    assert renewed.used - renewed.since > 60 * 28
    assert [browser.is_in(place) for place in pair.both] == [False, False]


def test_a_log_on_that_began_at_one_worker_ends_at_the_other(
    pair: Pair, own_issuer: RunningIssuer, browser: Browser
) -> None:
    begun = browser.get(f"{pair.first}/login/oidc", params={"naar": "/model"})
    answer = own_issuer.authorise(begun.headers["location"])

    back = urlsplit(parse_qs(urlsplit(begun.headers["location"]).query)["redirect_uri"][0]).path
    entered = browser.get(f"{pair.second}{back}", params=answer)

    assert (entered.status_code, entered.headers["location"]) == (303, "/model")
    assert [browser.is_in(place) for place in pair.both] == [True, True]


def test_a_file_that_one_worker_takes_in_is_told_of_by_the_other(
    pair: Pair, tmp_path: Path
) -> None:
    write_extract(tmp_path, {"cases": make_extract_tables(20)["cases"]})
    content = (tmp_path / "cases.csv").read_bytes()

    files = {"file": ("meldingen.csv", content, "text/csv")}
    sent = ask(f"{pair.first}/api/v1/imports", "systeem", files=files)
    address = f"{pair.second}{sent.headers['location']}"
    wait_until(lambda: ask(address, "systeem").json()["status"] in ("done", "failed"))
    told = ask(address, "systeem").json()

    assert sent.status_code == 202
    assert (told["status"], told["rows_done"]) == ("done", 20)
    assert told["counts"]["saved"] == content.decode().count(FUND)


def test_who_answered_first_at_one_worker_sees_the_estimate_at_the_other(pair: Pair) -> None:
    user = pair.add_user("schat.zelf")
    case = make_own_case(case_id="C-zelf")
    made = ask(f"{pair.first}/api/v1/assessments", "systeem", case).json()["assessment_id"]
    shown = [ask(f"{place}/api/v1/cases/C-zelf", user).json() for place in pair.both]
    body = {"assessment_id": made, "is_possible": "yes", "is_needed": "unsure"}

    kept = ask(f"{pair.first}/api/v1/cases/C-zelf/own-estimate", user, body)
    again = ask(f"{pair.second}/api/v1/cases/C-zelf/own-estimate", user, body)
    other = ask(f"{pair.second}/api/v1/cases/C-zelf/own-estimate", user, body | {"is_needed": "no"})

    assert ["p_usual" in one["latest"] for one in shown] == [False, False]
    assert (kept.status_code, again.status_code, other.status_code) == (201, 201, 409)
    for place in pair.both:
        told = ask(f"{place}/api/v1/cases/C-zelf", user).json()
        assert "p_usual" in told["latest"]


def test_a_scenario_that_one_worker_kept_is_there_at_the_other(pair: Pair) -> None:
    copy_plan(Store(f"sqlite:///{get_planned_template()}"), pair.store)
    user = pair.add_user("plant", Role.PLANNER)

    kept = ask(f"{pair.first}/api/v1/scenarios", user, {"name": "minder", "consent": {"all": 0.01}})
    told = [ask(f"{place}/api/v1/scenarios", user).json()["scenarios"] for place in pair.both]

    assert kept.status_code == 201
    assert [[one["name"] for one in of] for of in told] == [["minder"], ["minder"]]


def copy_plan(made: Store, into: Store) -> None:
    with made.reading(EVERY_FUND) as connection:
        rows = [dict(row) for row in connection.execute(select(plans)).mappings()]
    with into.writing(EVERY_FUND) as connection:
        connection.execute(insert(plans), rows)
    made.close()
