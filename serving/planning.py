"""The use cases of a planner: the last plan, questions of what-if, scenarios, capacity, limits.

All of them read what planning kept, which is totals. None of them reaches a case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from models.intake.change import Change
from models.intake.faults import IntakeError
from models.intake.flow import Flow
from models.intake.outlook import simulate
from models.intake.targets import Target, Targets
from models.regional_limits import GainLimit
from serving.faults import FieldFault, NoPlanError, NoScenarioError, RequestRefusedError
from serving.memory import give_back
from serving.permissions import Action, User, check_can
from serving.planning_answers import round_outlook
from serving.planning_limits import find_next_month
from serving.planning_targets import tell_year_end
from serving.store.audit import AuditEvent
from serving.store.engine import Store
from serving.store.planning import (
    Capacity,
    KeptPlan,
    Scenario,
    count_scenarios,
    find_plan,
    find_scenario,
    get_flow,
    list_capacities,
    list_gain_limits,
    list_scenarios,
    remove_scenario,
    save_capacity,
    save_gain_limits,
    save_scenario,
)

DRAWS = 1000  # as many as the plan itself: the answer differs by the change, not by luck
MOST_SCENARIOS = 200
MOST_OWN = 50  # each holds a whole answer, and a page lists those of everybody
OLD_DAYS = 35  # months are counted whole: an older plan misses one
_EXPECTED_NL = {
    "gain_from": "een grens die dit model kent: de meerwaarde moet per persoon geschat zijn",
    "consent": "een aandeel van 0 tot 1 per regio van de planning, of onder all",
    "capacity": "0 of meer plaatsen per regio van de planning",
    "target": "minstens 1 traject per jaar",
}


@dataclass(frozen=True)
class Planned:
    """The last plan, and how many days ago it was made."""

    kept: KeptPlan
    days_old: int

    @property
    def is_old(self) -> bool:
        """Whether it misses a month."""
        return self.days_old > OLD_DAYS

    @property
    def regions(self) -> Sequence[str]:
        """The regions of the plan."""
        found: Sequence[str] = self.kept.plan["outlook"]["regions"]
        return found


def get_plan(user: User, *, store: Store, now: datetime) -> Planned:
    """Return the last plan; raises NoPlanError."""
    check_can(user, Action.VIEW_PLANNING)
    with store.reading() as connection:
        kept = find_plan(connection)
    if kept is None:
        raise NoPlanError("nothing was planned yet: run `kantelpunt plan`")
    return Planned(kept, (now - kept.made_at).days)


def try_change(
    user: User, change: Mapping[str, Any], *, store: Store, now: datetime
) -> dict[str, Any]:
    """Return the outlook under a change, with the years that it brings under `year_end`.

    It is simulated anew from what the last plan kept, with the same luck. Raises NoPlanError, and
    RequestRefusedError for a change that cannot be tried.
    """
    planned = get_plan(user, store=store, now=now)
    try:
        return _simulate(planned, Change.of(change), store)
    except IntakeError as error:
        raise _refuse(error) from None
    finally:
        give_back()


def _simulate(planned: Planned, asked: Change, store: Store) -> dict[str, Any]:
    with store.reading() as connection:
        flow = Flow.of(get_flow(connection, planned.kept.plan_id))
    outlook = simulate(flow, asked, draws=DRAWS)
    so_far = planned.kept.plan["started_so_far"]
    return round_outlook(outlook.summary()) | {
        "year_end": tell_year_end(outlook, so_far, _read_targets(planned), asked.target)
    }


def _read_targets(planned: Planned) -> Targets:
    """Return the targets that the plan was held against."""
    rows = planned.kept.plan["targets"]["year_end"]
    told = [(date(row["year"], 1, 1), row["target"], row["source"]) for row in rows]
    return Targets(tuple(Target(*one) for one in told if one[1] is not None), ())


def _refuse(error: IntakeError) -> RequestRefusedError:
    """Return what to tell of a change that cannot be tried: its text may repeat what was sent."""
    name = str(error).partition(":")[0]
    known = name if name in _EXPECTED_NL else "gain_from"
    return RequestRefusedError("change-impossible", [FieldFault(known, _EXPECTED_NL[known])])


def keep_scenario(
    user: User, name: str, change: Mapping[str, Any], *, store: Store, now: datetime
) -> Scenario:
    """Return a question with its answer, kept under a name.

    Raises RequestRefusedError for somebody who keeps as many as there is room for.
    """
    check_can(user, Action.PLAN)
    planned = get_plan(user, store=store, now=now)
    result = try_change(user, change, store=store, now=now)
    made = Scenario(uuid4().hex, name, user.key, now, planned.kept.as_of, dict(change), result)
    with store.writing() as connection:
        if count_scenarios(connection, user.key) >= MOST_OWN:
            raise RequestRefusedError("too-many-scenarios")
        save_scenario(connection, made, audit=_tell(user, now, "scenario"))
    return made


def view_scenarios(user: User, *, store: Store) -> list[Scenario]:
    """Return the last scenarios that anybody kept."""
    check_can(user, Action.VIEW_PLANNING)
    with store.reading() as connection:
        return list_scenarios(connection, MOST_SCENARIOS)


def get_scenario(user: User, scenario_id: str, *, store: Store) -> Scenario:
    """Return a scenario; raises NoScenarioError."""
    check_can(user, Action.VIEW_PLANNING)
    with store.reading() as connection:
        found = find_scenario(connection, scenario_id)
    if found is None:
        raise NoScenarioError("no such scenario")
    return found


def drop_scenario(user: User, scenario_id: str, *, store: Store, now: datetime) -> None:
    """Remove a scenario of one's own; raises NoScenarioError, or RequestRefusedError."""
    check_can(user, Action.PLAN)
    found = get_scenario(user, scenario_id, store=store)
    if found.made_by != user.key:
        raise RequestRefusedError("not-yours")
    with store.writing() as connection:
        remove_scenario(connection, scenario_id, audit=_tell(user, now, "scenario_gone"))


def view_capacities(user: User, *, store: Store) -> list[Capacity]:
    """Return every capacity that was set, in the order in which they were."""
    check_can(user, Action.VIEW_PLANNING)
    with store.reading() as connection:
        return list_capacities(connection)


def set_capacity(
    user: User,
    region: str,
    places: int,
    reason: str,
    *,
    valid_from: date,
    store: Store,
    now: datetime,
    kind: str | None = None,
) -> Capacity:
    """Return a capacity of a region, kept with who set it and why; the next plan reckons with it.

    Raises RequestRefusedError for a region that no plan knows.
    """
    check_can(user, Action.PLAN)
    _check_region(user, region, store=store, now=now)
    made = Capacity(region, kind, valid_from, places, user.name, reason, now)
    event = _tell(
        user, now, "capacity", region=region, places=places, valid_from=valid_from.isoformat()
    )
    with store.writing() as connection:
        save_capacity(connection, made, audit=event)
    return made


def view_limits(user: User, *, store: Store) -> tuple[GainLimit, ...]:
    """Return every limit on the gain of a region, in the order in which they were set."""
    check_can(user, Action.VIEW_PLANNING)
    with store.reading() as connection:
        return list_gain_limits(connection)


def set_limit(
    user: User,
    region: str,
    reason: str,
    *,
    store: Store,
    now: datetime,
    gain_from: float | None = None,
    valid_from: date | None = None,
    is_proposal: bool = True,
) -> GainLimit:
    """Return a limit on the gain of a region, kept with who set it and why.

    It is the one that the last plan proposes, or where `is_proposal` is false the one that is
    given: None lets the limits of everybody hold again. It holds from the first of next month, or
    from a later day. Raises RequestRefusedError for a day that has come, and where nothing was
    proposed. Cases that were assessed keep their suggestion until they are assessed again.
    """
    check_can(user, Action.PLAN)
    planned = _check_region(user, region, store=store, now=now)
    day = valid_from or find_next_month(now.date())
    if day <= now.date():
        raise RequestRefusedError("body", [FieldFault("valid_from", "een dag na vandaag")])
    if is_proposal:
        gain_from = planned.kept.plan["limits"]["regions"][region]["proposed"]
        if gain_from is None:
            raise RequestRefusedError("no-proposal")
    made = GainLimit(region, day, gain_from, user.name, reason)
    event = _tell(user, now, "limit", region=region, valid_from=day.isoformat())
    with store.writing() as connection:
        save_gain_limits(connection, [made], made_at=now, audit=[event])
    return made


def _check_region(user: User, region: str, *, store: Store, now: datetime) -> Planned:
    planned = get_plan(user, store=store, now=now)
    if region not in planned.regions:
        raise RequestRefusedError("body", [FieldFault("region", "een regio van de planning")])
    return planned


def _tell(user: User, now: datetime, what: str, **detail: str | int) -> AuditEvent:
    return AuditEvent(now, user.key, Action.PLAN, None, None, {"what": what, **detail})
