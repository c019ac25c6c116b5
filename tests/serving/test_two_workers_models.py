"""During a release one worker serves the old model and the other the new: no answer is of both."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from models.bundle import Bundle, read_bundle
from serving.states import DecisionKind
from tests.running_postgres import Postgres
from tests.running_service import make_own_case
from tests.serving.case_work import build_decision
from tests.serving.released import estimate, make_version
from tests.serving.worker_pair import Browser, Pair, ask, run_pair
from tests.waiting import AGES

OLD, NEW = make_version(0.5), make_version(0.25)


@pytest.fixture(scope="module")
def pair(
    postgres: Postgres, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    url, folder = postgres.make_database(postgres_template), tmp_path_factory.mktemp("workers")
    own = [{"KANTELPUNT_BUNDLE": str(bundle)} for bundle in (OLD, NEW)]
    with run_pair(url, folder, *own, own_estimate="off") as running:
        yield running


@pytest.fixture(scope="module")
def old() -> Bundle:
    return read_bundle(OLD)


@pytest.fixture(scope="module")
def new() -> Bundle:
    return read_bundle(NEW)


def assess(place: str, number: int) -> dict[str, Any]:
    answer = ask(f"{place}/api/v1/assessments", "systeem", make_own_case(number))
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def show(place: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = ask(f"{place}/api/v1/cases/C-{number:04d}", "arts").json()
    return found


def decide(place: str, number: int, seen: dict[str, Any]) -> Any:
    body = build_decision(seen, DecisionKind.REFER)
    return ask(f"{place}/api/v1/cases/C-{number:04d}/decisions", "arts", body)


def test_an_estimate_is_shown_as_it_was_made_by_whichever_worker(
    pair: Pair, old: Bundle, new: Bundle
) -> None:
    made = assess(pair.first, 1)

    told = [show(place, 1)["latest"] for place in pair.both]

    assert made["p_usual"] == estimate(old, 1) != estimate(new, 1)
    # what it would ask is known of the model that made it, and of no other
    assert [one.pop("sharpen") is None for one in told] == [False, True]
    assert told[0] == told[1]
    assert (told[0]["model_version"], told[0]["p_usual"]) == (old.version, estimate(old, 1))


def test_a_decision_at_the_other_worker_is_about_what_the_physician_saw(
    pair: Pair, old: Bundle
) -> None:
    made = assess(pair.first, 2)
    seen = show(pair.first, 2)

    kept = decide(pair.second, 2, seen)
    told = show(pair.second, 2)

    assert kept.status_code == 201
    assert [one["assessment_id"] for one in told["decisions"]] == [made["assessment_id"]]
    assert told["latest"]["model_version"] == old.version


def test_who_decides_after_the_new_model_estimated_anew_looks_again_first(
    pair: Pair, new: Bundle
) -> None:
    assess(pair.first, 3)
    seen = show(pair.first, 3)
    again = assess(pair.second, 3)

    refused = decide(pair.first, 3, seen)
    untouched = show(pair.first, 3)
    kept = decide(pair.first, 3, untouched)

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:kantelpunt:problem:stale")
    assert untouched["decisions"] == []
    assert untouched["latest"]["model_version"] == new.version
    assert kept.status_code == 201
    decided = [one["assessment_id"] for one in show(pair.second, 3)["decisions"]]
    assert decided == [again["assessment_id"]]


def test_a_form_of_one_worker_makes_a_whole_estimate_at_the_other(pair: Pair, new: Bundle) -> None:
    assess(pair.first, 4)
    with Browser(timeout=AGES) as browser:
        browser.log_on(pair.first, "arts")
        page = browser.get(f"{pair.first}/dossiers/C-0004/inschatten").text
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))

        form["confirmed"] = "yes"
        sent = browser.post(f"{pair.second}/dossiers/C-0004/inschatten", data=form)

    assert sent.status_code == 303, sent.text
    latest = show(pair.first, 4)["latest"]
    assert latest["model_version"] == new.version
    # all of it: the sum over what pushed is that of its own estimate, not of the one before
    points = sum(one["points"] for one in latest["contributions"])
    whole = latest["base_points"] + points + latest["limit_points"]
    assert whole == pytest.approx(100 * latest["p_usual"])
