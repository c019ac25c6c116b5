"""The pages of what-if: a question with its answer, what was kept, and scenarios side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from urllib.parse import urlencode

from serving.pages.planning_answers import Lines, Row, draw_lines, list_answers, pick_starts
from serving.pages.planning_limits import points
from serving.pages.planning_plan import Plan, name_region
from serving.pages.planning_question import ROOM, Question, tell_change
from serving.planning_files import Part
from serving.store.planning import Scenario
from serving.wording import (
    number_nl,
    one_decimal_nl,
    op_100,
    short_date_nl,
    short_moment_nl,
)

COMPARE = "/planning/scenarios/vergelijken"
FEWEST, MOST = 2, 4
PLAN_NL = "Het plan zelf"
NOTHING_NL = "niets: het plan zoals het is"


@dataclass(frozen=True)
class Kept:
    """A scenario as the store has it, or the plan itself without a key."""

    key: str
    name: str
    made_at: datetime | None
    as_of: date
    change: Mapping[str, Any]
    outlook: Mapping[str, Any]

    @classmethod
    def of(cls, one: Scenario) -> "Kept":
        """Return a scenario of the store."""
        return cls(one.scenario_id, one.name, one.made_at, one.as_of, one.change, one.result)

    def to_plan(self) -> Plan:
        """Return its outlook as the pages read one."""
        return wrap(self.outlook)


def wrap(outlook: Mapping[str, Any]) -> Plan:
    """Return an outlook that carries its years as the pages read a plan."""
    years = {"year_end": outlook.get("year_end") or ()}
    return Plan({"outlook": outlook, "history": {"months": []}, "targets": years})


def keep_plan_beside(plan: Plan, as_of: date) -> Kept:
    """Return the plan itself as one of what is compared."""
    years = (plan.kept.get("targets") or {}).get("year_end")
    return Kept("", PLAN_NL, None, as_of, {}, {**plan.outlook, "year_end": years})


@dataclass(frozen=True)
class RegionField:
    """The field of a region in the form."""

    field: str
    name: str
    hint: str


@dataclass(frozen=True)
class SavedRow:
    """A scenario in the list of what was kept."""

    key: str
    name: str
    told: Sequence[str]
    made: str
    as_of: str
    is_chosen: bool


@dataclass(frozen=True)
class Answer:
    """The plan and the answer side by side."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    lines: Lines


@dataclass(frozen=True)
class Refused:
    """What could not be done: with the name, or with the choice of what to compare."""

    name: str = ""
    name_fault: str = ""
    choice_fault: str = ""
    chosen: Sequence[str] = ()
    change_fault: str = ""


@dataclass(frozen=True)
class ScenariosView:
    """The page of what-if; without an answer where nothing was asked or it could not be read."""

    question: Question
    regions: Sequence[RegionField]
    hints: Mapping[str, str]
    tries_gain: bool
    told: Sequence[str]
    answer: Answer | None
    saved: Sequence[SavedRow]
    refused: Refused
    may_save: bool
    done: str

    @classmethod
    def of(
        cls,
        plan: Plan,
        question: Question,
        answer: Mapping[str, Any] | None,
        saved: Sequence[Kept],
        zone: tzinfo | None,
        *,
        may_save: bool = False,
        refused: Refused | None = None,
        done: str = "",
    ) -> "ScenariosView":
        """Return what the page shows; `answer` is the outlook under the question."""
        names = {key: name_region(key) for key in plan.regions}
        refused = refused or Refused()
        return cls(
            question=question,
            regions=[_make_field(plan, key) for key in plan.regions],
            hints=tell_hints(plan),
            tries_gain=plan.gain_differs,
            told=tell_change(question.to_plain(), names),
            answer=None if answer is None else _compare(plan, answer),
            saved=[_list_saved(one, names, refused.chosen, zone) for one in saved],
            refused=refused,
            may_save=may_save,
            done=done,
        )


def _make_field(plan: Plan, region: str) -> RegionField:
    places = plan.find_places(region)
    hint = "nu niet ingevuld" if places is None else f"nu {number_nl(places)}"
    return RegionField(ROOM + region, name_region(region), hint)


def tell_hints(plan: Plan) -> Mapping[str, str]:
    """Return what the plan reckons with now, for the fields that are not of a region."""
    year = plan.find_year()
    target = year["target"] if year else None
    shares = [one["mean"] for one in plan.kept.get("stages", ()) if one["step"] == "consented"]
    now = f" Nu {op_100(shares[0])}." if shares else ""
    return {
        "gain": f"Hoger: minder voorstellen tot steun. Lager: meer.{_tell_limit(plan)}",
        "consent": f"Van wie een arts wil doorverwijzen.{now}",
        "target": f"nu {number_nl(target)}" if target else "",
    }


def _tell_limit(plan: Plan) -> str:
    """Return the limit on the gain that the plan goes by, which may differ between regions."""
    limits = (plan.kept.get("limits") or {}).get("regions", {})
    held = sorted({one["now"] for one in limits.values()})
    if not held:
        return ""
    if len(held) == 1:
        return f" Nu {points(held[0])}."
    return f" Nu {one_decimal_nl(100 * held[0])} tot {points(held[-1])}, naargelang de regio."


def _compare(plan: Plan, answer: Mapping[str, Any]) -> Answer:
    plans = [plan, wrap(answer)]
    names = [PLAN_NL, "Uw vraag"]
    return Answer(
        list(zip("AB", names, strict=True)),
        list_answers(plans),
        draw_lines(pick_starts(plans), names, plans),
    )


def _list_saved(
    one: Kept, names: Mapping[str, str], chosen: Sequence[str], zone: tzinfo | None
) -> SavedRow:
    made = short_moment_nl(one.made_at.astimezone(zone)) if one.made_at else ""
    return SavedRow(
        key=one.key,
        name=one.name,
        told=tell_change(one.change, names) or [NOTHING_NL],
        made=made.rpartition(":")[0],
        as_of=short_date_nl(one.as_of),
        is_chosen=one.key in chosen,
    )


@dataclass(frozen=True)
class CompareView:
    """Two to four scenarios side by side, and where to get them as a file."""

    legend: Sequence[tuple[str, str, Sequence[str]]]
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    charts: Sequence[Lines]
    is_older: bool
    csv_address: str
    xlsx_address: str

    @classmethod
    def of(cls, kept: Sequence[Kept]) -> "CompareView":
        """Return what the page shows of scenarios; the plan itself may be one."""
        plans = [one.to_plan() for one in kept]
        names = {key: name_region(key) for key in plans[0].regions}
        letters = "ABCD"[: len(kept)]
        query = urlencode([("s", one.key) for one in kept if one.key])
        titles = [one.name for one in kept]
        return cls(
            legend=[
                (letter, one.name, tell_change(one.change, names) or [NOTHING_NL])
                for letter, one in zip(letters, kept, strict=True)
            ],
            columns=list(zip(letters, titles, strict=True)),
            rows=list_answers(plans),
            charts=[draw_lines(one, titles, plans) for one in (pick_starts(plans), "caseload")],
            is_older=len({one.as_of for one in kept}) > 1,
            csv_address=f"{COMPARE}.csv?{query}",
            xlsx_address=f"{COMPARE}.xlsx?{query}",
        )


def list_parts(kept: Sequence[Kept]) -> list[Part]:
    """Return scenarios as they go into a file."""
    names = {key: name_region(key) for key in kept[0].to_plan().regions}
    return [
        Part(one.name, one.as_of, tell_change(one.change, names) or [NOTHING_NL], one.outlook)
        for one in kept
    ]


def fill_up(plan: Kept, chosen: Sequence[Kept]) -> list[Kept]:
    """Return the plan itself before what was chosen, where there is room for it."""
    return [plan, *chosen] if len(chosen) < MOST else list(chosen)
