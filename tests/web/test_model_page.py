from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from threading import Event
from typing import Any

import pytest

from models.estimate import GainStatus
from models.suggestion import read_limits
from serving.following import Following, FollowState, Refused, Why
from serving.model_versions import Known, RegistryNotes, State
from serving.pages.model_summary import ModelSummary
from serving.pages.model_view import VersionsView
from serving.registry import Registered, RegistryGoneError
from serving.store.model_versions import build_count
from tests.running_service import FUND, NOW, TODAY, Service, get_bundle, get_gain_bundle
from tests.waiting import AGES
from tests.web.test_pages import read

MARGIN = "marge van 95\N{NO-BREAK SPACE}%"
FIGURES = {
    "auc": [0.717, 0.683, 0.748],
    "mean_p_less_outcome": [-0.004, -0.029, 0.031],
    "returned_highest_10": [0.797, 0.692, 0.867],
    "precision_lowest_10": [0.786, 0.706, 0.861],
}
INFO: dict[str, Any] = {
    "trained_on": "2026-03-31",
    "screenings": {"all": 8594, "test": 839},
    "windows": {"test_from": "2025-02-24", "test_until": "2025-08-25"},
    "shipped": "kantelpunt",
    "figures": {"kantelpunt": FIGURES},
    "groups": {
        "with_answers": {"auc": [0.738, 0.694, 0.778]},
        "without_answers": {"auc": [0.652, 0.584, 0.719]},
    },
    "gain": {
        "mean": [0.047, 0.033, 0.061],
        "ranking_slope_90": [0.173, 0.123, 0.224],
        "starts": 10426,
        "comparisons": 10196,
    },
}


def summarise(info: dict[str, Any], status: GainStatus = GainStatus.ESTIMATED) -> ModelSummary:
    bundle = replace(get_gain_bundle(status), info=info)
    return ModelSummary.of(bundle, read_limits(), TODAY)


def test_the_summary_says_for_people_how_good_the_model_was_on_later_people() -> None:
    summary = summarise(INFO)

    figures = [(fact.figure, fact.interval) for fact in summary.quality]
    assert figures == [
        ("72 op de 100 keer", f"(68\N{EN DASH}75, {MARGIN})"),
        ("\N{MINUS SIGN}0,4 punten", f"(\N{MINUS SIGN}2,9 tot +3,1, {MARGIN})"),
        ("80 op 100", f"(69\N{EN DASH}87, {MARGIN})"),
        ("79 op 100", f"(71\N{EN DASH}86, {MARGIN})"),
    ]
    assert "Met antwoorden op de vragenlijst is het 74" in summary.quality[0].meaning
    other = summarise(INFO | {"shipped": "lines", "figures": {"lines": FIGURES}})
    assert "Met antwoorden" not in other.quality[0].meaning
    assert "839 latere inschattingsmomenten, van 24 februari 2025" in summary.tested_nl
    assert summary.made_of[0].startswith("Het model leerde uit 8.594 inschattingsmomenten")
    assert "binnen een jaar" in summary.estimates[0]


def test_the_summary_says_what_is_known_of_the_gain_and_what_may_hide_in_it() -> None:
    seen, by_lot = summarise(INFO), summarise(INFO | {"gain": INFO["gain"] | {"by_lot": True}})

    assert seen.gain_nl.startswith("Ja, per persoon.")
    assert [fact.figure for fact in seen.gain_facts] == ["+4,7", "+17,3"]
    levels = [fact.interval.partition("marge van ")[2] for fact in seen.gain_facts]
    assert levels == ["95\N{NO-BREAK SPACE}%)", "90\N{NO-BREAK SPACE}%)"]
    assert any("zoals motivatie" in note for note in seen.gain_notes)
    assert any("Een lot besliste" in note for note in by_lot.gain_notes)


@pytest.mark.parametrize("status", [GainStatus.SAME_FOR_ALL, GainStatus.UNKNOWN])
def test_without_a_gain_per_person_the_limit_on_the_chance_is_named(status: GainStatus) -> None:
    summary = summarise(INFO, status)

    assert "kans zonder extra steun" in summary.gain_nl
    assert summary.limits is not None
    assert summary.limits.rules[1].endswith("kans zonder extra steun van 55 op 100.")
    assert bool(summary.gain_facts) == (status is GainStatus.SAME_FOR_ALL)


def test_a_model_that_noted_little_says_little_and_hides_no_gap() -> None:
    summary = summarise({"trained_on": "2026-03-31"})

    assert (summary.quality, summary.tested_nl, summary.rivals_nl) == ([], "", "")
    assert summary.made_of == [
        "Het model kent wat er bekend was tot 31 maart 2026. Later niets.",
    ]
    assert "Deze kaart bevat nog geen cijfers per groep" in summary.groups_nl
    assert summary.fairness is None


def test_limits_that_do_not_hold_yet_are_not_shown() -> None:
    assert ModelSummary.of(get_bundle(), read_limits(), date(1980, 1, 1)).limits is None


def test_the_page_has_a_dutch_summary_first_and_the_english_card_to_open(pages: Service) -> None:
    page = read(pages, "/model")

    assert "Model, versie 3" in page.text
    assert "Het model kent wat er bekend was tot 31 maart 2026." in page.text
    assert "De grenzen van vandaag" in page.text
    assert "gezet door commissie" in page.text
    assert page.text.index("De grenzen van vandaag") < page.text.index("Model card")
    assert len(page.all("details")) == 1
    assert [d["lang"] for d in page.all("div") if "lang" in d] == ["en"]


def test_the_model_card_cannot_bring_script_into_the_page(
    pages: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = pages.app.state.service
    card = "# Kaart\n\n<script>alert(1)</script> [x](javascript:alert(1))"
    evil = replace(service.bundle, card=card)
    monkeypatch.setitem(pages.app.state._state, "service", replace(service, bundle=evil))

    page = read(pages, "/model")

    assert page.all("script") == []
    assert not [a for a in page.all("a") if "javascript" in str(a.get("href"))]


def test_versions_that_gave_estimates_are_counted_for_the_own_fund(pages: Service) -> None:
    # the page itself does not wait until a registry that is not there is known to be gone
    pages.app.state.service.registry.read(NOW, wait_seconds=60)

    page = read(pages, "/model/versies")

    assert f"Gaven hier inschattingen, bij {FUND}" in page.text
    assert "3 doet nu dienst 15 apr 2026 15 apr 2026 73" in page.text
    assert "antwoordt nu niet. De dienst werkt gewoon verder" in page.text


def test_a_version_of_few_estimates_is_shown_without_their_number(pages: Service) -> None:
    with pages.store.writing() as connection:
        connection.exec_driver_sql(
            "update assessments set model_version = '2' where case_id in ('C-0004', 'C-0005')"
        )
    pages.client.cookies.clear()
    pages.log_on("dataspecialist")

    page = read(pages, "/model/versies")
    with pages.store.writing() as connection:
        connection.exec_driver_sql("update assessments set model_version = '3'")

    assert "2 15 apr 2026 15 apr 2026 minder dan 5" in page.text
    assert "3 doet nu dienst 15 apr 2026 15 apr 2026 71" in page.text


@pytest.mark.parametrize("fund", [None, FUND])
def test_the_count_of_versions_reads_no_estimate(pages: Service, fund: str | None) -> None:
    with pages.store.reading() as connection:
        query = build_count(fund).compile(connection.engine, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"explain query plan {query}").fetchall()

    assert "COVERING INDEX assessments_by_model" in str(plan)


KNOWN = [Registered("3", NOW, ("champion",)), Registered("2", NOW, ())]


def test_the_registry_is_asked_once_in_ten_minutes_and_after_a_release() -> None:
    asked: list[int] = []

    def ask() -> Sequence[Registered]:
        asked.append(1)
        return KNOWN

    notes = RegistryNotes(ask)
    first, second = notes.read(NOW, AGES), notes.read(NOW + timedelta(minutes=9), AGES)
    third = notes.read(NOW + timedelta(minutes=11), AGES)
    notes.forget()
    released = notes.read(NOW + timedelta(minutes=12), AGES)

    assert first == second == Known(State.KNOWN, KNOWN, NOW)
    assert third.at == NOW + timedelta(minutes=11)
    assert released.at == NOW + timedelta(minutes=12)
    assert len(asked) == 3


def test_a_registry_that_is_slow_or_gone_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = Event()

    def ask() -> Sequence[Registered]:
        answered.wait(AGES)
        raise RegistryGoneError("gone")

    notes = RegistryNotes(ask)
    slow = notes.read(NOW, 0)
    answered.set()
    gone = notes.read(NOW, AGES)
    monkeypatch.setattr(notes, "_ask", lambda: KNOWN)
    still, back = notes.read(NOW, AGES), notes.read(NOW + timedelta(seconds=31), AGES)

    assert (still.state, back.state) == (State.GONE, State.KNOWN)
    assert slow.state is State.ASKED
    assert gone.state is State.GONE
    assert RegistryNotes(None).read(NOW).state is State.NONE


def test_the_page_says_which_version_is_released_and_which_serves() -> None:
    known = Known(State.KNOWN, KNOWN, NOW)
    how = Following(FollowState.SERVED, NOW)

    view = VersionsView.of([], known, how, "2", None, NOW.tzinfo)

    assert [(one.version, one.aliases, one.is_now) for one in view.registered] == [
        ("3", "champion", False),
        ("2", "", True),
    ]
    assert view.registry_nl == ""
    assert view.asked_at.startswith("15 apr 2026")


REFUSED = Refused("9", Why.SMOKE, NOW, "9-run", "told to who keeps the service")
NOT_FOLLOWED = [
    (
        Following(FollowState.REFUSED, NOW, REFUSED),
        "Versie 9 is vrijgegeven, maar de dienst nam ze niet over: de proefgevallen komen hier "
        "anders uit dan bij het trainen (15 apr 2026, 10:00:00). Versie 3 doet verder dienst.",
    ),
    (
        Following(FollowState.NOBODY, NOW),
        "Geen enkele versie is nu vrijgegeven in het modelregister. Versie 3 doet verder dienst.",
    ),
    (Following(FollowState.SERVED, NOW), ""),
]


@pytest.mark.parametrize(("how", "told"), NOT_FOLLOWED)
def test_the_page_says_why_what_is_released_is_not_what_serves(how: Following, told: str) -> None:
    view = VersionsView.of([], Known(State.KNOWN, KNOWN, NOW), how, "3", None, NOW.tzinfo)

    assert view.followed_nl == told
