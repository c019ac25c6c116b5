"""The use case of `kantelpunt plan`: counts the store, forecasts, simulates, and keeps a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np

from features.errors import KantelpuntError
from models.intake.backtest import backtest
from models.intake.flow import Flow
from models.intake.forecast import Forecast, forecast
from models.intake.outlook import simulate
from models.intake.panel import Panel, PanelError, of_months
from models.intake.stages import tell_stages
from models.intake.targets import Targets, default_targets
from models.regional_limits import GainLimit, get_limits_of
from models.suggestion import Limits
from serving.accounts import BY
from serving.permissions import Action
from serving.planning_answers import round_outlook
from serving.planning_counts import Calendar, number_of, read_courses, read_roads
from serving.planning_entries import Entries, count_late, read_totals
from serving.planning_flow import Counted, build_flow
from serving.planning_history import tell_history
from serving.planning_limits import choose_limits, find_next_month, list_held, propose_limits
from serving.planning_missing import miss
from serving.planning_mix import build_mix
from serving.planning_targets import tell_targets
from serving.store.audit import AuditEvent
from serving.store.engine import EVERY_FUND, Connection, Store
from serving.store.planning import (
    list_capacities,
    list_gain_limits,
    read_gain_limits,
    save_gain_limits,
    save_plan,
)
from serving.store.planning_gains import list_regions, sample_estimates, stream_gains

HORIZON = 18  # months: this year and the next to their ends, for most of the year
DRAWS = 1000
SAMPLE = 1000  # cases per region that limits are tried on
RECENT = 12  # months of screenings that they are drawn from
AUTHOR = "kantelpunt plan"
LATEST = 3  # months that entries may lag behind the cases


class CannotPlanError(KantelpuntError):
    """There is nothing to plan from, with what to bring."""


@dataclass(frozen=True)
class Asked:
    """What to plan: as known on a day, with limits and yearly targets that hold for everybody."""

    as_of: date
    now: datetime
    limits: tuple[Limits, ...]
    targets: Targets = field(default_factory=default_targets)


@dataclass(frozen=True)
class Made:
    """A plan that was kept, and what it had to do without, as `miss` tells it."""

    plan: Mapping[str, Any]
    missing: tuple[Mapping[str, str], ...]


def make_plan(store: Store, asked: Asked) -> Made:
    """Return a plan from what the store knows, and keep it with an audit line.

    Raises CannotPlanError where nothing was counted, and PanelError where counts cannot be read.
    """
    calendar = Calendar.before(asked.as_of)
    with store.reading(EVERY_FUND) as connection:
        counted, samples, missing = _count(connection, calendar, asked)
        panel = build_panel(counted)
        found, tested = _forecast(panel, calendar)
        flow = build_flow(counted, found.paths)
        outlook = simulate(flow, draws=DRAWS)
        history = tell_history(counted.roads, counted.entries)
        targets = tell_targets(connection, counted.roads, history, outlook, asked.targets)
    plan = {
        "as_of": calendar.as_of.isoformat(),
        "history": history.shown,
        "started_so_far": list(history.started_so_far),
        "outlook": round_outlook(outlook.summary()),
        "stages": tell_stages(flow, outlook.seed),
        "forecast": {
            "of": "screened" if counted.entries is None else "entries",
            "methods": list(found.methods),
            "notes": [note.to_plain() for note in found.notes],
        },
        "backtest": tested,
        "targets": targets,
        "limits": propose_limits(
            flow, outlook, samples, counted.limits, find_next_month(asked.now.date())
        ),
        "missing": list(missing),
    }
    _keep(store, plan, flow, asked, calendar.as_of)
    return Made(plan, tuple(missing))


def _keep(store: Store, plan: Mapping[str, Any], flow: Flow, asked: Asked, as_of: date) -> None:
    detail = {"regions": len(flow.regions), "missing": len(plan["missing"])}
    event = AuditEvent(asked.now, BY, "make_plan", None, None, detail)
    with store.writing(EVERY_FUND) as connection:
        save_plan(connection, plan, flow.to_plain(), as_of=as_of, made_at=asked.now, audit=event)


def set_proposed(made: Made, store: Store, now: datetime) -> list[GainLimit]:
    """Return the limits on the gain that a plan proposes, set with an audit line each.

    They hold from the first of next month. A limit that somebody else set stays.
    """
    with store.writing(EVERY_FUND) as connection:
        chosen = choose_limits(made.plan["limits"], list_gain_limits(connection), AUTHOR)
        lines = [
            AuditEvent(
                now,
                BY,
                Action.PLAN,
                None,
                None,
                {"what": "limit", "region": one.region, "valid_from": one.valid_from.isoformat()},
            )
            for one in chosen
        ]
        save_gain_limits(connection, chosen, made_at=now, audit=lines)
    return chosen


def _count(
    connection: Connection, calendar: Calendar, asked: Asked
) -> tuple[Counted, Mapping[str, Any], list[dict[str, str]]]:
    entries, missing = _read_entries(connection, calendar)
    regions = tuple(list_regions(connection)) if entries is None else entries.regions
    if not regions:
        raise CannotPlanError(
            "nothing to plan from: bring entries (`kantelpunt plan --entries FILE`) or cases"
        )
    roads = read_roads(connection, calendar, regions, from_entries=entries is not None)
    since, until = calendar.first_of(RECENT), calendar.as_of
    capacities = list_capacities(connection)
    samples = sample_estimates(connection, since, until, SAMPLE)
    regional = read_gain_limits(connection)
    coming = find_next_month(asked.now.date())
    limits = {r: get_limits_of(coming, r, asked.limits, regional) for r in regions}
    held = np.array([list_held(r, calendar, asked.limits, regional) for r in regions])
    mix = build_mix(stream_gains(connection, since, until), samples, regions, limits)
    courses = read_courses(connection, calendar, regions)
    if not capacities:
        missing.append(miss("no_capacity"))
    found = (entries, roads, courses, capacities, mix, limits, held, coming)
    return Counted(calendar, regions, *found), samples, missing


def _read_entries(
    connection: Connection, calendar: Calendar
) -> tuple[Entries | None, list[dict[str, str]]]:
    """Return the entries if they are recent enough to plan from, and what is missing."""
    entries = read_totals(connection, calendar)
    if entries is None:
        return None, [miss("no_entries")]
    late = count_late(entries)
    kept = late <= LATEST
    if not kept.any():
        return None, [miss("entries_old", int(late.min()))]
    gone = [region for region, has in zip(entries.regions, kept, strict=True) if not has]
    unknown = sorted(set(list_regions(connection)) - set(entries.regions))
    missing = [miss("entries_late", int(late[kept].max()))] * bool(late[kept].any())
    missing += [miss("region_silent", region) for region in gone]
    missing += [miss("region_unknown", region) for region in unknown]
    return entries.keep(kept), missing + [miss("fund_silent", fund) for fund in entries.silent]


def _forecast(panel: Panel, calendar: Calendar) -> tuple[Forecast, dict[str, object] | None]:
    """Return what comes in the months to plan, by the methods that did best; and how they did."""
    last = number_of(panel.starts[-1].astype(date))
    horizon = HORIZON + calendar.last - last
    try:
        tested = backtest(panel)
    except PanelError:
        return forecast(panel, horizon, draws=DRAWS), None
    return forecast(panel, horizon, draws=DRAWS, choice=tested.choice), tested.to_plain()


def build_panel(counted: Counted) -> Panel:
    """Return what is forecast, from the first month to the last in which anything is known."""
    counts = (
        counted.roads.screenings if counted.entries is None else (counted.entries.counts["entered"])
    )
    some = np.asarray((np.nan_to_num(counts) > 0).any(axis=0))
    if not some.any():
        raise CannotPlanError(
            "nothing to plan from: no absence began and nobody was screened in the last years"
        )
    first = int(np.argmax(some))
    # up to the last month of all: what a region told after that stays, and others are expected
    late = 0 if counted.entries is None else int(count_late(counted.entries).max())
    last = len(some) - 1 - late
    months = tuple(counted.calendar.names[first : last + 1])
    return of_months(counted.regions, months, counts[:, first : last + 1])
