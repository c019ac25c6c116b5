"""Plans for tests: simulated by the real code from a world in which every chance is known."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from models.intake.backtest import backtest
from models.intake.flow import Flow
from models.intake.mix import Mix
from models.intake.outlook import simulate
from models.intake.panel import Panel
from models.intake.stages import tell_stages
from models.intake.targets import count_exits, funnel, keep_clock, lead_times, outflow, year_end
from serving.accounts import BY
from serving.planning_answers import round_outlook
from serving.store.audit import AuditEvent
from serving.store.planning import save_plan
from tests.models.intake.truth import REGIONS, SHARES, Rules, World, build_flow, make_world
from tests.running_service import NOW, Service

FEW = 2000  # spells a month: with fewer, counts are small and hidden
ORIGIN, HORIZON, DRAWS, PAST = 99, 18, 120, 36  # the first month to come is April 2026
KINDS = ("orientation", "job_coaching", "ips")
HISTORY = {"entries": "entries", "reached": "off_3m", "referred": "referred", "started": "started"}


@cache
def make_flow(*, regions: int = len(REGIONS), spells: float = 20_000) -> Flow:
    """Return a road of some regions; few spells make small counts."""
    return _make(regions, spells)[1]


@cache
def _make(regions: int, spells: float) -> tuple[World, Flow]:
    shares = SHARES[:regions] / SHARES[:regions].sum()
    rules = Rules(
        spells=spells,
        months=ORIGIN + HORIZON,
        regions=REGIONS[:regions],
        shares=tuple(shares),
        apart=0.2,
    )
    world = make_world(rules, seed=3)
    coming = world.count("entries")[:, ORIGIN:]
    rng = np.random.default_rng(0)
    luck = np.exp(rng.normal(0, 0.04, (DRAWS, 1, 1)) + rng.normal(0, 0.03, (DRAWS, 1, HORIZON)))
    flow = build_flow(world, ORIGIN, rng.poisson(coming * luck))
    opened = flow.open_pathways.sum(axis=1)
    size = np.round(shares * 1000)
    return world, replace(
        flow,
        mix=_make_mix(size),
        capacity=np.ceil(opened * np.linspace(0.97, 1.2, regions)).astype(np.int64),
        started_so_far=world.count("started")[:, ORIGIN - 3 : ORIGIN].sum(axis=1).astype(np.int64),
        kinds=KINDS,
        kind_counts=np.outer(size, (5, 3, 1)).astype(np.int64),
    )


def _make_mix(size: Any) -> Mix:
    limits = tuple(round(0.01 * n, 2) for n in range(13))
    return Mix(
        gain_edges=(-0.05, 0.0, 0.05, 0.1, 0.25),
        gains=np.outer(size, (1, 5, 3, 1)),
        score_edges=(0.0, 0.25, 0.5, 0.75, 1.0),
        scores=np.outer(size, (2, 4, 3, 1)),
        suggestions=("refer", "own_way", "not_yet", "unsure"),
        suggested=np.outer(size, (2, 4, 3, 1)),
        limits=limits,
        refer=np.outer(size, np.linspace(6, 0.5, len(limits))),
        screened=size * 10,
        gain_from=0.06,
    )


@cache
def make_plan(*, regions: int = len(REGIONS), spells: float = 20_000) -> dict[str, Any]:
    """Return a plan as the store keeps it."""
    world, flow = _make(regions, spells)
    outlook, so_far = simulate(flow, draws=DRAWS), np.asarray(flow.started_so_far)
    return {
        "as_of": flow.as_of.isoformat(),
        "history": _tell_history(world),
        "outlook": round_outlook(outlook.summary()),
        "forecast": {"methods": ["model"] * HORIZON, "notes": []},
        "backtest": look_back(world) if spells > FEW else None,
        "targets": {
            "year_end": year_end(
                outlook.draws["started"],
                flow.months,
                so_far,
                flow.regions,
                target=int(outlook.draws["started"][:, :, :9].sum(axis=(1, 2)).mean() * 1.3),
            ),
            **_tell_rest(world, flow),
        },
        "limits": _tell_limits(flow),
        "stages": tell_stages(flow, 0),
        "started_so_far": [*so_far.tolist(), int(so_far.sum())],
        "missing": [],
    }


def look_back(world: World) -> Mapping[str, Any]:
    """Return how far off quick ways to forecast the entries were."""
    counts = world.count("entries")[:, ORIGIN - 72 : ORIGIN]
    months = np.datetime64("2018-01", "M") + ORIGIN - 72 + np.arange(72)
    starts = months.astype("datetime64[D]")
    days = ((months + 1).astype("datetime64[D]") - starts).astype(float)
    panel = Panel(world.rules.regions, starts, days, counts)
    quick = ("seasonal_naive", "mean_12", "layered")
    return backtest(panel, 12, 6, methods=quick, draws=100).to_plain()


def _tell_history(world: World) -> Mapping[str, Any]:
    first = np.datetime64("2018-01", "M") + ORIGIN - PAST
    found: dict[str, Any] = {"months": [str(first + n) for n in range(PAST)]}
    for name, step in HISTORY.items():
        counts = world.count(step)[:, ORIGIN - PAST : ORIGIN]
        rows = dict(zip(world.rules.regions, counts.tolist(), strict=True))
        hidden = {r: [None if n < 5 else n for n in row] for r, row in rows.items()}
        found[name] = {"all": counts.sum(axis=0).tolist()} | hidden
    return found


def _tell_rest(world: World, flow: Flow) -> Mapping[str, Any]:
    rng = np.random.default_rng(4)
    tried = world.tried["screened"][:, ORIGIN - 12 : ORIGIN].sum(axis=1).astype(np.int64)
    share = np.linspace(0.09, 0.14, len(tried))
    labels = [str(2022 + n % 3) for n in range(600)]
    exits = count_exits(
        ("2022", "2023", "2024"), labels, rng.integers(0, 30, 600), rng.integers(0, 3, 600)
    )
    today = np.datetime64(flow.as_of)
    began = today - rng.integers(20, 400, 300)
    days = rng.integers(5, 80, 300)
    seen = (today - began).astype(np.int64)
    happened = days <= seen
    screened = began + np.timedelta64(0, "D")
    decided = np.where(happened, screened + days, np.datetime64("NaT"))
    return {
        "outflow": outflow(exits),
        "funnel": funnel(
            flow.regions, tried.astype(float), rng.binomial(tried, share).astype(float)
        ),
        "lead_times": lead_times(np.minimum(days, seen), happened, seen),
        "clocks": keep_clock(screened - 75, screened, decided, flow.as_of),
    }


def _tell_limits(flow: Flow) -> Mapping[str, Any]:
    """Return what planning proposes: one region has a new limit, the others a reason for none."""
    why = (None, "no_capacity", "full", "few_cases", "gain_same", "others_fill")
    nothing = {"now": 0.06, "proposed": None, "free": 0, "share": None}
    nothing |= {"suggested_now": None, "suggested_then": None}
    rows = {r: {**nothing, "why": why[n]} for n, r in enumerate(flow.regions)}
    found = {"proposed": 0.042, "free": 31, "share": 0.4}
    found |= {"suggested_now": 0.18, "suggested_then": 0.26}
    rows[flow.regions[0]] |= found
    return {"valid_from": "2026-05-01", "regions": rows}


def keep_plan(service: Service, **world: Any) -> dict[str, Any]:
    """Keep a plan in the store of a service; the last one kept is the one that is shown."""
    made = make_plan(**world)
    flow = make_flow(**world)
    audit = AuditEvent(NOW, BY, "make_plan")
    with service.store.writing() as connection:
        save_plan(connection, made, flow.to_plain(), as_of=flow.as_of, made_at=NOW, audit=audit)
    return made
