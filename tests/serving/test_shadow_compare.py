"""What a challenger would have said otherwise: totals that hold against what was put in."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import update
from typer.testing import CliRunner

import kantelpunt
from models.estimate import GainStatus
from models.suggestion import Suggestion
from serving.permissions import NotAllowedError, Role, User
from serving.shadow_compare import Comparison, build_matrix, compare_all, report_shadow
from serving.store.assessments import save_assessments
from serving.store.engine import EVERY_FUND, Store
from serving.store.shadow import save_scores
from serving.store.tables import cases
from tests.running_service import FUND, OTHER_FUND, Service, make_assessment
from tests.serving.shadows import make_score

PERSONS = 400
SHIFT, EXTRA = 0.03, 0.05
SCIENTIST = User("dataspecialist", "D", Role.DATA_SCIENTIST)


def fill(store: Store, persons: int = PERSONS, extra: float = EXTRA, fund: str = FUND) -> None:
    """Keep assessments and scores: all move by SHIFT, the unemployed by `extra` more."""
    rng = np.random.default_rng(7)
    made, scores = [], []
    base = make_assessment(1, status=GainStatus.ESTIMATED, sickness_fund=fund)
    for number in range(persons):
        unemployed = number % 2 == 0
        case = {
            **base.case,
            "case_id": f"C-{number:04d}",
            "person_key": f"P-{number // 2 * 2:04d}" if number % 10 == 1 else f"P-{number:04d}",
            "labour_status": "unemployed" if unemployed else "employee",
            "age_years": 20 + number % 40,
        }
        one = replace(base, assessment_id=f"{fund}{number:020d}", case=case)
        moved = SHIFT + extra * unemployed + rng.normal(0, 0.02)
        usual = tuple(min(max(v + moved, 0.0), 1.0) for v in base.estimate.usual.bounded)
        assert base.estimate.gain is not None
        gain = tuple(v - 0.01 for v in base.estimate.gain.bounded)
        scores.append(
            make_score(
                one.assessment_id,
                sickness_fund=fund,
                case_id=one.case_id,
                usual=(base.estimate.usual.value + moved, *usual[1:]),
                gain=gain,
                suggestion=Suggestion.UNSURE if number % 20 == 0 else base.suggestion,
                reasons=("a", "b", "c") if number % 4 else ("b", "a", "c"),
                champion_reasons=("a", "b", "c") if number % 5 else ("a", "b", "d"),
            )
        )
        made.append(one)
    with store.writing(EVERY_FUND) as connection:
        save_assessments(connection, made, audit=[])
        save_scores(connection, scores)


def compare(store: Store) -> Comparison:
    [found] = compare_all(store)
    return found


def test_what_was_put_in_is_found(either_service: Service) -> None:
    fill(either_service.store)

    found = compare(either_service.store)

    assert (found.cases, found.persons) == (PERSONS, PERSONS - PERSONS // 10)
    assert found.usual is not None
    assert found.usual.low < SHIFT + EXTRA / 2 < found.usual.high
    assert found.gain is not None
    assert found.gain.value == pytest.approx(-0.01)
    assert found.other_suggestion is not None
    assert found.other_suggestion.value == 1 / 20
    assert sum(count or 0 for count in found.matrix.values()) == PERSONS
    assert found.other_reasons is not None
    assert found.other_reasons.value == 1 / 5
    assert found.other_order is not None
    assert found.other_order.value == 1 / 4 - 1 / 20
    assert found.milliseconds == pytest.approx(1.0)
    assert (found.duel.champion, found.duel.challenger) == ("3", "4")


def test_the_group_that_moves_otherwise_is_named_and_no_other(service: Service) -> None:
    fill(service.store)

    found = compare(service.store)

    named = {(one.field, one.label_nl) for one in found.groups}
    assert found.groups_seen >= 5
    assert {field for field, _ in named} == {"labour_status"}
    first = found.groups[0]
    assert first.beyond.low < abs(first.beyond.value) <= EXTRA * 1.3
    assert first.moves.cases == PERSONS / 2


@pytest.mark.parametrize("extra", [0.0, 0.008])
def test_where_no_group_moves_otherwise_by_a_point_none_is_named(
    service: Service, extra: float
) -> None:
    fill(service.store, extra=extra)

    assert compare(service.store).groups == ()


def test_of_few_persons_nothing_is_told(service: Service) -> None:
    fill(service.store, persons=49)

    found = compare(service.store)

    assert (found.cases, found.usual, found.matrix) == (49, None, {})


def test_a_small_count_is_hidden_and_so_is_what_would_tell_it(service: Service) -> None:
    fill(service.store, persons=60)  # three of which get another suggestion

    matrix = compare(service.store).matrix

    assert [count for count in matrix.values() if count] == []
    assert list(matrix.values()).count(None) == 2


def test_the_share_of_other_suggestions_does_not_tell_a_hidden_count() -> None:
    counts = {
        (Suggestion.OWN_WAY, Suggestion.OWN_WAY): 80,
        (Suggestion.REFER, Suggestion.REFER): 6,
        (Suggestion.OWN_WAY, Suggestion.REFER): 9,
        (Suggestion.REFER, Suggestion.OWN_WAY): 3,
    }

    matrix = build_matrix([(a.value, b.value) for (a, b), n in counts.items() for _ in range(n)])

    # twelve differ, as the share says: nine shown would tell the three
    assert {cell for cell, count in matrix.items() if count is None} == {
        (Suggestion.REFER, Suggestion.OWN_WAY),
        (Suggestion.OWN_WAY, Suggestion.REFER),
    }


def test_hidden_counts_that_are_few_together_are_not_told_by_the_total() -> None:
    same = [(one.value, one.value) for one in (Suggestion.OWN_WAY, Suggestion.REFER)] * 20
    other = [(Suggestion.OWN_WAY, Suggestion.REFER), (Suggestion.REFER, Suggestion.OWN_WAY)]

    matrix = build_matrix([*same, *((a.value, b.value) for a, b in other)])

    assert list(matrix.values()).count(None) == 3


def test_who_objects_is_left_out_of_what_was_scored_before(service: Service) -> None:
    fill(service.store)
    with service.store.writing(EVERY_FUND) as connection:
        objecting = cases.c.case_id < "C-0100"
        connection.execute(update(cases).where(objecting).values(is_blocked=True))

    assert compare(service.store).cases == PERSONS - 100


def test_the_totals_of_one_fund_hold_no_other(either_service: Service) -> None:
    store = either_service.store
    fill(store)
    fill(store, persons=80, fund=OTHER_FUND)

    every = report_shadow(SCIENTIST, store=store, most=10_000)
    other = report_shadow(replace(SCIENTIST, sickness_fund=OTHER_FUND), store=store, most=10_000)
    last = report_shadow(SCIENTIST, store=store, most=100)

    assert (every and every.cases, other and other.cases) == (PERSONS + 80, 80)
    assert last
    assert last.cases == 100


@pytest.mark.parametrize("role", [Role.ADVISING_PHYSICIAN, Role.PLANNER, Role.RTW_COORDINATOR])
def test_who_works_with_cases_may_not_know(service: Service, role: Role) -> None:
    with pytest.raises(NotAllowedError):
        report_shadow(User("u", "U", role, FUND), store=service.store, most=10)


def test_the_command_tells_it_in_words_and_numbers(
    service: Service, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    nothing = CliRunner().invoke(kantelpunt.app, ["shadow"]).output
    fill(service.store)

    told = CliRunner().invoke(kantelpunt.app, ["shadow", "--since", "2026-04-15"]).output
    later = CliRunner().invoke(kantelpunt.app, ["shadow", "--since", "2026-04-16"]).output

    assert "no challenger was scored" in nothing
    assert "no challenger was scored" in later
    assert "challenger 4 beside champion 3, 2026-04-15 to 2026-04-15" in told
    assert "compared          400 assessments of 360 persons" in told
    assert "p_usual           +5." in told
    assert "other suggestion  5.0% (" in told
    assert "move otherwise than the rest" in told
    assert "+5.0 points beyond the rest  Statuut: werkzoekende (200)" in told
    assert "C-0" not in told


def test_the_page_of_the_versions_tells_it_to_the_scientist_and_not_to_the_physician(
    service: Service,
) -> None:
    fill(service.store)

    service.log_on("dataspecialist")
    told = service.client.get("/model/versies").text
    service.client.cookies.clear()
    service.log_on("arts")
    hidden = service.client.get("/model/versies").text

    assert "Op proef: versie 4 naast versie 3" in told
    assert "Bij 5,0 % doet ze een ander voorstel." in told
    assert "Statuut: werkzoekende" in told
    assert "Op proef" not in hidden
    assert "C-0001" not in told
