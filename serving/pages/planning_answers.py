"""Outlooks beside each other: what a planner compares, in a table and in lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from serving.pages.compare_chart import Compare, Strand, draw_compares
from serving.pages.fan_chart import INNER, MIDDLE
from serving.pages.planning_breaks import name_break
from serving.pages.planning_plan import Plan, between, chance_nl, decimal, name_full, whole
from serving.wording import EN_DASH, number_nl, upper_first

YEAR = 12  # months
COMPARED = {
    "started": "Vragen een plaats, per maand",
    "placed": "Beginnen echt, per maand",
    "caseload": "Lopende trajecten, als iedereen kan beginnen",
}


@dataclass(frozen=True)
class Cell:
    """A figure with what stands under it in small."""

    value: str
    note: str = ""


Row = tuple[str, Sequence[Cell]]


@dataclass(frozen=True)
class Lines:
    """One measure of all outlooks: the drawings, and the table beside them."""

    key: str
    title: str
    drawings: Sequence[Compare]
    rows: Sequence[tuple[str, Sequence[str]]]


def pick_starts(plans: Sequence[Plan]) -> str:
    """Return the measure of starts to draw: who gets a place, where all of them know places."""
    return "placed" if all(plan.bands("placed") for plan in plans) else "started"


def list_answers(plans: Sequence[Plan]) -> list[Row]:
    """Return a row per figure that planners compare, a cell per outlook."""
    months = plans[0].months
    later = name_full(months[min(YEAR, len(months)) - 1])
    return [(label.format(later=later), [tell(plan) for plan in plans]) for label, tell in _FIGURES]


def draw_lines(measure: str, names: Sequence[str], plans: Sequence[Plan]) -> Lines:
    """Return the middle of a measure of each outlook, over the months that all of them have."""
    months = plans[0].months
    values = [list(plan.bands(measure)[MIDDLE])[: len(months)] for plan in plans]
    shown = min(len(one) for one in values)
    strands = [Strand(name, one[:shown]) for name, one in zip(names, values, strict=True)]
    rows = [
        (name_full(month), [whole(one[place]) for one in values])
        for place, month in enumerate(months[:shown])
    ]
    return Lines(measure, COMPARED[measure], draw_compares(months[:shown], strands), rows)


def _at_year(measure: str, form: Callable[[float | None], str]) -> Callable[[Plan], Cell]:
    def tell(plan: Plan) -> Cell:
        bands = plan.bands(measure)
        if not bands:
            return Cell("niet bekend")
        place = min(YEAR, len(plan.months)) - 1
        low, high = (bands[name][place] for name in INNER)
        return Cell(form(bands[MIDDLE][place]), f"{form(low)} {EN_DASH} {form(high)}")

    return tell


def _tell_sum(measure: str) -> Callable[[Plan], Cell]:
    def tell(plan: Plan) -> Cell:
        bands = plan.sums(measure, YEAR)
        if not bands:
            return Cell("niet bekend")
        low, high = (bands[name] for name in INNER)
        return Cell(whole(bands[MIDDLE]), between(low, high))

    return tell


def _tell_break(plan: Plan) -> Cell:
    _, chance = plan.find_break()
    if plan.find_places() is None:
        return Cell("geen capaciteit ingevuld")
    return Cell(upper_first(name_break(plan)), f"{chance_nl(chance)} kans dat het krap wordt")


def _tell_goal(plan: Plan) -> Cell:
    row = plan.find_year()
    if row is None:
        return Cell("niet bekend")
    return Cell(chance_nl(row["p"]), f"doel {number_nl(row['target'])} in {row['year']}")


_FIGURES: Sequence[tuple[str, Callable[[Plan], Cell]]] = (
    ("Vragen een plaats in de volgende 12 maanden", _tell_sum("started")),
    ("Beginnen echt, met de plaats die er is", _tell_sum("placed")),
    ("Lopende trajecten in {later}, als iedereen kan beginnen", _at_year("caseload", whole)),
    ("Coaches nodig in {later}, als iedereen kan beginnen", _at_year("coaches", decimal)),
    ("Te krap vanaf", _tell_break),
    ("Kans op het doel", _tell_goal),
    ("Wachten in {later}, in maanden", _at_year("wait_months", decimal)),
)
