from dataclasses import replace
from datetime import date
from math import nan

import numpy as np
import pytest

from models.estimate import Estimate, GainStatus, Sum
from models.suggestion import Limits, Suggestion, suggest
from serving.estimate_view import view_estimate
from serving.pages.questions import answer_questions, describe_gain, describe_hidden, summarise
from tests.running_service import make_assessment

ESTIMATED, SAME, UNKNOWN = GainStatus.ESTIMATED, GainStatus.SAME_FOR_ALL, GainStatus.UNKNOWN
LIMITS = Limits(date(2026, 1, 1), 0.20, 0.55, 0.10, "commissie", "test")
UNKNOWN_NL = (
    "Meerwaarde van steun onbekend: bijna niemand in een vergelijkbare situatie kreeg steun"
)
HIDDEN_NL = (
    "In de marge van het effect en van de kans met steun zitten ±\N{NO-BREAK SPACE}6,5 punten "
    "voor verschillen die nergens genoteerd staan, zoals motivatie; die schuiven ieders getal even "
    "ver op."
)


def make_estimate(
    status: GainStatus, p: float, gain: float = 0.0, hidden: float = 0.0, half: float = 0.03
) -> Estimate:
    def spread(value: float, half: float) -> Sum:
        return Sum(value, value - half, value + half, 0.4, np.array([value - 0.4]), 0.0)

    if status is UNKNOWN:
        return Estimate(spread(p, half), None, None, UNKNOWN)
    wide = half + hidden
    return Estimate(spread(p, half), spread(gain, wide), spread(p + gain, wide), status, hidden)


@pytest.mark.parametrize("hidden", [0.0, 0.02])
@pytest.mark.parametrize("status", list(GainStatus))
def test_the_answers_to_the_questions_are_those_of_the_suggestion(
    status: GainStatus, hidden: float
) -> None:
    made = make_assessment(status=status)
    found = []

    for p in np.linspace(0.05, 0.9, 18):
        for gain in (-0.04, 0.02, 0.09, 0.15):
            estimate = make_estimate(status, float(p), gain, hidden)
            suggestion = suggest(estimate, LIMITS)
            a = replace(made, estimate=estimate, suggestion=suggestion, limits=LIMITS)
            possible, adds = answer_questions(a, view_estimate(a))
            found.append((suggestion, possible.answer_nl, adds.answer_nl, adds.why_nl))

    for suggestion, possible_nl, adds_nl, why_nl in found:
        if suggestion is Suggestion.NOT_YET:
            assert possible_nl == "Nog niet"
        if suggestion in (Suggestion.REFER, Suggestion.OWN_WAY):
            assert possible_nl == "Ja"
            own = (
                adds_nl == "Wellicht niet"
                if status is ESTIMATED
                else "op of boven de grens" in why_nl
            )
            assert own == (suggestion is Suggestion.OWN_WAY)
        if suggestion is Suggestion.UNSURE:
            assert "Onzeker" in (possible_nl, adds_nl) or "ligt daartussen" in why_nl
    assert {one[0] for one in found} == set(Suggestion)


@pytest.mark.parametrize("status", [ESTIMATED, SAME])
def test_a_case_says_how_much_of_the_interval_is_for_what_nobody_wrote_down(
    status: GainStatus,
) -> None:
    hidden, none, tiny, unknown = (
        describe_hidden(one)
        for one in (
            make_estimate(status, 0.4, 0.15, 0.065),
            make_estimate(status, 0.4, 0.15),
            make_estimate(status, 0.4, 0.15, 0.0004),
            make_estimate(UNKNOWN, 0.4),
        )
    )

    assert hidden == HIDDEN_NL
    assert (none, tiny, unknown) == ("", "", "")


def test_the_second_question_names_the_interval_that_it_was_answered_by() -> None:
    made = make_assessment(status=ESTIMATED)
    hidden, none = (
        replace(made, estimate=make_estimate(ESTIMATED, 0.4, 0.15, one), limits=LIMITS)
        for one in (0.06, 0.0)
    )

    with_hidden, by_chance = (answer_questions(a, view_estimate(a))[1] for a in (hidden, none))

    assert with_hidden.why_nl == (
        "Met steun keren er naar schatting 15 op 100 meer terug (+12 tot +18, voor toeval alleen), "
        "en dat ligt helemaal op of boven de grens van 10."
    )
    assert by_chance.why_nl == with_hidden.why_nl.replace(", voor toeval alleen", "")


@pytest.mark.parametrize(
    ("gain", "says"), [(0.0, "evenveel mensen terug ("), (-0.04, "4 op 100 minder terug (")]
)
def test_support_that_adds_nothing_is_told_in_words(gain: float, says: str) -> None:
    made = make_assessment(status=ESTIMATED)
    a = replace(made, estimate=make_estimate(ESTIMATED, 0.4, gain), limits=LIMITS)

    question = answer_questions(a, view_estimate(a))[1]

    assert question.answer_nl == "Wellicht niet"
    assert question.why_nl.startswith(f"Met steun keren er naar schatting {says}")


@pytest.mark.parametrize(
    ("status", "gain_from", "answer", "why"),
    [
        (SAME, 0.1, "Niet per persoon bekend", "bij iedereen evenveel toe, +5 op 100 (2 tot"),
        (UNKNOWN, 0.1, "Onbekend", "Bijna niemand in een vergelijkbare situatie kreeg steun"),
        (UNKNOWN, nan, "Onbekend", "De meerwaarde van steun werd toen nog niet geschat"),
    ],
)
def test_where_the_gain_answers_nothing_the_chance_alone_counts(
    status: GainStatus, gain_from: float, answer: str, why: str
) -> None:
    made = make_assessment(status=status)
    limits = replace(LIMITS, gain_from=gain_from)
    a = replace(made, estimate=make_estimate(status, 0.4, 0.05), limits=limits)

    question = answer_questions(a, view_estimate(a))[1]

    assert question.answer_nl == answer
    assert why in question.why_nl
    assert "daarom telt hier de kans zonder extra steun, 40 op 100" in question.why_nl
    assert question.why_nl.endswith("en dat ligt helemaal onder de grens van 55.")


def test_why_someone_goes_their_own_way_depends_on_what_is_known_of_the_gain() -> None:
    made = make_assessment(status=ESTIMATED)

    by_gain, by_chance = (
        summarise(
            replace(made, estimate=make_estimate(status, 0.7, 0.02), suggestion=Suggestion.OWN_WAY)
        )
        for status in (ESTIMATED, SAME)
    )

    assert "het geschatte effect ligt onder de grens" in by_gain
    assert "zonder extra steun ligt de kans op terugkeer op of boven de grens" in by_chance


def test_an_interval_that_reads_as_the_limit_but_stays_under_it_is_just_under() -> None:
    made = make_assessment(status=UNKNOWN)
    just, far = (
        replace(made, estimate=make_estimate(UNKNOWN, p), limits=LIMITS) for p in (0.166, 0.1)
    )

    question, clear = (answer_questions(a, view_estimate(a))[0] for a in (just, far))

    assert question.why_nl.endswith("(14 tot 20) terug, en dat ligt net onder de grens van 20.")
    assert clear.why_nl.endswith("en dat ligt helemaal onder de grens van 20.")


def test_an_assessment_from_before_the_gain_does_not_blame_the_data() -> None:
    made = make_assessment(status=UNKNOWN)

    now, then = (
        describe_gain(view_estimate(made), limits)
        for limits in (LIMITS, replace(LIMITS, gain_from=nan))
    )

    assert now.startswith(UNKNOWN_NL)
    assert then == "Meerwaarde van steun onbekend: ze werd toen nog niet geschat"
