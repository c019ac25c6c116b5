from dataclasses import replace
from datetime import date

import pytest

from models.estimate import Estimate, GainStatus, Sum
from models.people import PeopleGroup, PeopleTable
from serving.assessment import Assessment
from serving.pages.people_view import SIZE, TOO_FEW_NL, Crowd, PeopleView, view_people
from tests.running_service import make_assessment


def make_table(low: float = 0.3, high: float = 0.35, returned: float = 0.31) -> PeopleTable:
    bounds = (round(max(returned - 0.04, 0), 2), round(min(returned + 0.04, 1), 2))
    group = PeopleGroup(True, low, high, 1410, returned, *bounds)
    return PeopleTable(date(2024, 7, 3), date(2025, 1, 1), (group,))


def make_sum(value: float, half: float = 0.08) -> Sum:
    a = make_assessment(1)
    return replace(a.estimate.usual, value=value, low=value - half, high=value + half)


def make_estimated(
    gain: float | None, *, status: GainStatus = GainStatus.ESTIMATED, usual: float = 0.32
) -> Assessment:
    if gain is None:
        estimate = Estimate(make_sum(usual), None, None, GainStatus.UNKNOWN)
    else:
        sums = (make_sum(usual), make_sum(gain), make_sum(usual + gain))
        estimate = Estimate(*sums, status)
    return replace(make_assessment(1), estimate=estimate)


def view(gain: float | None, **changes: float) -> PeopleView:
    return view_people(make_table(**changes), make_estimated(gain))


def count(crowd: Crowd | None) -> dict[str, int]:
    assert crowd is not None
    return {kind: len(marks) for kind, marks in crowd.kinds}


def test_people_like_this_are_told_with_how_many_stand_behind_the_number() -> None:
    shown = view(0.13)

    assert shown.told_nl == (
        "Bij 1.410 eerdere mensen met een gelijkaardige inschatting (30 tot 35 op 100) keerden er "
        "zonder extra steun 31 van de 100 terug (marge van 90 %: 27 tot 35)."
    )
    assert (
        "30 tot 35 op 100, en de vragenlijst beantwoord. Dit dossier kreeg 32."
        in (shown.about_nl[0])
    )
    assert "van 3 juli 2024 tot en met 31 december 2024" in shown.about_nl[0]


def test_what_support_adds_is_drawn_beside_it_and_said_to_be_an_estimate() -> None:
    shown = view(0.13)

    assert count(shown.without) == {"back": 31, "away": 69}
    assert count(shown.support) == {"back": 31, "more": 13, "away": 56}
    assert shown.support_nl == (
        "Met steun zouden er naar schatting 13 meer terugkeren (+5 tot +21). Dat is geschat, niet "
        "geteld."
    )


@pytest.mark.parametrize(
    ("gain", "returned", "expected", "told"),
    [
        (-0.05, 0.31, {"back": 26, "fewer": 5, "away": 69}, "5 minder"),
        (0.0, 0.31, {"back": 31, "away": 69}, "evenveel"),
        (0.13, 0.95, {"back": 95, "more": 5}, "13 meer"),
        (-0.13, 0.03, {"fewer": 3, "away": 97}, "13 minder"),
    ],
)
def test_a_crowd_is_a_hundred_whatever_support_does(
    gain: float, returned: float, expected: dict[str, int], told: str
) -> None:
    shown = view(gain, returned=returned)

    assert count(shown.support) == expected
    assert sum(expected.values()) == 100
    assert f"naar schatting {told} " in shown.support_nl
    assert shown.is_fewer == ("fewer" in expected)


def test_where_the_gain_is_not_known_only_what_was_counted_is_drawn() -> None:
    shown = view(None)

    assert shown.support is None
    assert shown.support_nl == "Hoeveel steun daaraan zou toevoegen, is niet bekend."


def test_a_gain_that_is_the_same_for_all_is_said_to_be() -> None:
    a = make_estimated(0.05, status=GainStatus.SAME_FOR_ALL)

    assert "voor iedereen gelijk" in view_people(make_table(), a).support_nl


def test_without_answers_it_says_why_the_interval_of_the_estimate_is_wider() -> None:
    table, a = make_table(), make_estimated(0.13)
    group = replace(table.groups[0], answered=False)
    questions = {a.contract.fields[place].name for place in a.contract.answers}
    blank = replace(a, case={k: v for k, v in a.case.items() if k not in questions})

    without = view_people(replace(table, groups=(group,)), blank)

    assert "de antwoorden die ontbreken" in without.about_nl[1]
    assert "niet beantwoord" in without.about_nl[0]
    assert not any("die ontbreken" in text for text in view_people(table, a).about_nl)


def test_where_too_few_people_are_alike_no_number_is_shown() -> None:
    shown = view_people(make_table(low=0.6, high=0.7), make_estimated(0.13))

    assert shown == PeopleView(TOO_FEW_NL)
    assert shown.support_nl == ""


def test_no_two_figures_stand_in_the_same_place_and_none_outside_the_drawing() -> None:
    shown = view(0.13)

    assert shown.support is not None
    marks = [mark for _, kind in shown.support.kinds for mark in kind]
    assert len(set(marks)) == 100
    assert max(max(mark) for mark in marks) + 20 == SIZE
