"""What the planner of the demo finds: entries, places that run out, a target, and a plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from features.deadlines import add_months
from models.intake.targets import DEFAULT_PATH, read_targets
from models.suggestion import Limits
from serving.permissions import Action
from serving.planning_entries import read_entries_file
from serving.planning_run import Asked, make_plan
from serving.store.audit import AuditEvent
from serving.store.engine import Store
from serving.store.planning import Capacity, save_capacity

if TYPE_CHECKING:
    from features.tables import Extract

AUTHOR = "Kantelpunt, demo"
# of the pathways that run at the end of last month, per region in turn: places for so many. Some
# run out within months, one has too few already, and some have plenty
PLACES = (1.04, 1.15, 1.04, 1.04, 0.97, 1.12)
PLACES_NL = "verzonnen: {percent} op 100 van de trajecten die nu lopen"
GOAL = 0.98  # of the pathways that began in the last twelve months: what each year should bring
GOAL_NL = "Verzonnen doel, voor zoveel mensen als de demo heeft"


@dataclass(frozen=True)
class Office:
    """Where planning works: the store, the limits, the file of targets, who notes, and when."""

    store: Store
    limits: tuple[Limits, ...]
    targets: Path
    user: str
    now: datetime


def plan_demo(office: Office, past: "Extract", entries: Path) -> None:
    """Keep entries, capacities and a target that suit the past, and plan from all of it."""
    first = office.now.date().replace(day=1)
    read_entries_file(entries, store=office.store, now=office.now, fund=None)
    _set_places(office, _count_running(past, first - timedelta(days=1)))
    begun = past.pathways["started_on"].dt.date
    year = int(((begun >= add_months(first, -12)) & (begun < first)).sum())
    office.targets.write_text(_write_targets(first.year, year), encoding="utf-8")
    limits, targets = office.limits, read_targets(office.targets)
    make_plan(office.store, Asked(office.now.date(), office.now, limits, targets))


def _count_running(past: "Extract", on: date) -> Mapping[str, int]:
    """Return how many pathways run on a day, per region of the past."""
    regions = past.cases.drop_duplicates("case_id").set_index("case_id")["region"]
    begun, ended = (past.pathways[name].dt.date for name in ("started_on", "ended_on"))
    runs = begun.notna() & (begun <= on) & ~(ended.notna() & (ended <= on))
    counts = past.pathways["case_id"][runs].map(regions).astype(str).value_counts()
    return {str(region): int(counts.get(region, 0)) for region in sorted(regions.unique())}


def _set_places(office: Office, running: Mapping[str, int]) -> None:
    since = date(office.now.year, 1, 1)
    for (region, count), share in zip(running.items(), cycle(PLACES), strict=False):
        places, reason = round(share * count), PLACES_NL.format(percent=round(100 * share))
        made = Capacity(region, None, since, places, AUTHOR, reason, office.now)
        told: dict[str, str | int] = {"what": "capacity", "region": region, "places": places}
        told["valid_from"] = since.isoformat()
        event = AuditEvent(office.now, office.user, Action.PLAN, None, None, told)
        with office.store.writing() as connection:
            save_capacity(connection, made, audit=event)


def _write_targets(year: int, begun: int) -> str:
    """Return a file with a target from a year on, and the outflow that was published."""
    goal = max(round(GOAL * begun, -1), 1)
    target = f'[[targets]]\nvalid_from = {year}-01-01\nstarted = {goal}\nsource = "{GOAL_NL}"\n'
    _, mark, published = DEFAULT_PATH.read_text(encoding="utf-8").partition("[[outflow]]")
    return "\n".join([target, mark + published])
