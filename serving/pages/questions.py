"""The two questions of month three with their answers, in one sentence each."""

import math
from dataclasses import dataclass

from models.estimate import Bounded, Estimate, GainStatus, bound_by_chance
from models.suggestion import Limits, Suggestion, compare
from serving.assessment import Assessment
from serving.estimate_view import ChanceView, EstimateView
from serving.question_texts import NEEDED_NL, POSSIBLE_NL
from serving.wording import VISIBLE_POINTS, date_nl, number_nl, one_decimal_nl, signed_nl

UNSURE_NL = "Onzeker"
SAME_WORD_NL = "Niet per persoon bekend"
SAME_NL = "voor iedereen gelijk: de gegevens laten geen verschil tussen mensen zien"
UNKNOWN_NL = (
    "Meerwaarde van steun onbekend: bijna niemand in een vergelijkbare situatie kreeg steun, "
    "of bijna iedereen"
)
NOT_YET_ESTIMATED_NL = "Meerwaarde van steun onbekend: ze werd toen nog niet geschat"
# by whether it was from before the effect of support was estimated at all
_UNKNOWN_WHY_NL = {
    False: "Bijna niemand in een vergelijkbare situatie kreeg steun, of bijna iedereen",
    True: "De meerwaarde van steun werd toen nog niet geschat",
}
SUMMARY_NL = {
    Suggestion.REFER: "Stappen naar werk lijken mogelijk, maar niet vanzelf. "
    "Bespreek of VDAB of een partner kan helpen.",
    Suggestion.UNSURE: "De marge loopt over een grens: het getal volstaat niet om te kiezen. "
    "Kijk eerst wat er ontbreekt, of vraag het aan de persoon.",
    Suggestion.NOT_YET: "Stappen naar werk lijken nu nog ver weg.",
    Suggestion.OWN_WAY: "Ook zonder extra steun ligt de kans op terugkeer op of boven de grens. "
    "Zeker is die terugkeer niet.",
}
# where the gain differs between people it answers the second question, not the chance alone
BY_GAIN_NL = SUMMARY_NL | {
    Suggestion.REFER: "Stappen naar werk lijken mogelijk, en steun voegt naar schatting genoeg "
    "toe. Bespreek of VDAB of een partner kan helpen.",
    Suggestion.OWN_WAY: "Stappen naar werk lijken mogelijk, en steun voegt naar schatting weinig "
    "toe: het geschatte effect ligt onder de grens.",
}


@dataclass(frozen=True)
class Question:
    """A question, its answer in a word where there is one, and why."""

    question_nl: str
    answer_nl: str
    why_nl: str


def summarise(a: Assessment) -> str:
    """Return what the suggestion comes down to; for own_way and refer it depends on why."""
    by_gain = a.estimate.gain_status is GainStatus.ESTIMATED
    summary = (BY_GAIN_NL if by_gain else SUMMARY_NL)[a.suggestion]
    return f"{summary}{_look_again(a)}"


def answer_questions(a: Assessment, view: EstimateView) -> tuple[Question, Question]:
    """Return both questions, answered by the limits of the assessment."""
    return _ask_possible(a, view), _ask_support(a, view)


def describe_gain(view: EstimateView, limits: Limits) -> str:
    """Return what is known of the effect of support, without a point at the end."""
    if view.gain is None:
        return NOT_YET_ESTIMATED_NL if math.isnan(limits.gain_from) else UNKNOWN_NL
    shown = f"{view.gain.points} ({view.gain.low} tot {view.gain.high})"
    if view.gain_status is GainStatus.SAME_FOR_ALL:
        return f"{shown} {SAME_NL}"
    return f"Het geschatte effect van steun is {shown} op 100"


def describe_hidden(estimate: Estimate) -> str:
    """Return what of the interval is for what nobody wrote down, or nothing where that is 0."""
    if estimate.gain is None or estimate.hidden * 100 < VISIBLE_POINTS:
        return ""
    return (
        "In de marge van het effect en van de kans met steun zitten "
        f"±\N{NO-BREAK SPACE}{one_decimal_nl(estimate.hidden * 100)} punten voor verschillen die "
        "nergens genoteerd staan, zoals motivatie; die schuiven ieders getal even ver op."
    )


def describe_limits(limits: Limits) -> str:
    """Return who set the limits that the answers name."""
    return f"De grenzen van deze antwoorden komen van: {limits.author}."


def _ask_possible(a: Assessment, view: EstimateView) -> Question:
    bounds = (a.estimate.support or a.estimate.usual).bounded
    found = compare(bounds, a.limits.not_yet_below)
    word = {True: "Ja", False: "Nog niet", None: UNSURE_NL}[found]
    which = "Met steun" if view.support else "Zonder extra steun"
    why = f"{which} keren er naar schatting {_tell(view.end)} terug"
    return Question(POSSIBLE_NL, word, f"{why}, {_place(found, bounds, a.limits.not_yet_below)}.")


def _ask_support(a: Assessment, view: EstimateView) -> Question:
    if a.estimate.gain and view.gain_status is GainStatus.ESTIMATED:
        bounds = bound_by_chance(a.estimate.gain.bounded, a.estimate.hidden)
        found = compare(bounds, a.limits.gain_from)
        word = {True: "Ja", False: "Wellicht niet", None: UNSURE_NL}[found]
        low, high = (signed_nl(round(one * 100)) for one in bounds[1:])
        by_chance = a.estimate.hidden * 100 >= VISIBLE_POINTS
        apart = f"{low} tot {high}" + (", voor toeval alleen" if by_chance else "")
        why = f"{_tell_gain(view)} ({apart}), {_place(found, bounds, a.limits.gain_from)}"
        return Question(NEEDED_NL, word, f"{why}.")
    bounds = a.estimate.usual.bounded
    found = compare(bounds, a.limits.own_way_from)
    alone = f"daarom telt hier de kans zonder extra steun, {_tell(view.usual)}"
    why = f"{_say_why_alone(a, view)}; {alone}, {_place(found, bounds, a.limits.own_way_from)}"
    return Question(NEEDED_NL, "Onbekend" if view.gain is None else SAME_WORD_NL, f"{why}.")


def _tell_gain(view: EstimateView) -> str:
    more = view.end.op_100 - view.usual.op_100
    if more == 0:
        return "Met steun keren er naar schatting evenveel mensen terug"
    which = "meer" if more > 0 else "minder"
    return f"Met steun keren er naar schatting {abs(more)} op 100 {which} terug"


def _say_why_alone(a: Assessment, view: EstimateView) -> str:
    if view.gain is None:
        return _UNKNOWN_WHY_NL[math.isnan(a.limits.gain_from)]
    shown = f"{view.gain.points} op 100 ({view.gain.low} tot {view.gain.high})"
    return f"Steun voegt naar schatting bij iedereen evenveel toe, {shown}"


def _tell(chance: ChanceView) -> str:
    return f"{chance.op_100} op 100 ({chance.low} tot {chance.high})"


def _place(found: bool | None, bounds: Bounded, limit: float) -> str:
    shown = number_nl(limit * 100)
    if found is False and round(bounds[2] * 100) >= limit * 100:  # rounded, it reads as the limit
        return f"en dat ligt net onder de grens van {shown}"
    if found is None:
        return f"en de grens van {shown} ligt daartussen"
    return f"en dat ligt helemaal {'op of boven' if found else 'onder'} de grens van {shown}"


def _look_again(a: Assessment) -> str:
    if a.look_again_on is None:
        return ""
    return f" Opnieuw te bekijken op {date_nl(a.look_again_on)}."
