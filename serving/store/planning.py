"""What planning keeps: plans, capacities, scenarios and limits on the gain. No row of a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from models.regional_limits import ByRegion, GainLimit, group_limits
from serving.store.audit import AuditEvent, save_audit
from serving.store.planning_tables import capacities, gain_limits, plans, scenarios


@dataclass(frozen=True)
class KeptPlan:
    """What a run of planning found, as JSON holds it; what simulating again needs is apart."""

    plan_id: int
    made_at: datetime
    as_of: date
    plan: Mapping[str, Any]


@dataclass(frozen=True)
class Capacity:
    """How many pathways a region can have at the same time, from a day on; who said so and why.

    `kind` is None where it is of all kinds together.
    """

    region: str
    kind: str | None
    valid_from: date
    places: int
    author: str
    reason: str
    made_at: datetime


@dataclass(frozen=True)
class Scenario:
    """A question of what-if that somebody gave a name, with its answer."""

    scenario_id: str
    name: str
    made_by: str
    made_at: datetime
    as_of: date
    change: Mapping[str, Any]
    result: Mapping[str, Any]


def save_plan(
    connection: Connection,
    plan: Mapping[str, Any],
    flow: Mapping[str, Any],
    *,
    as_of: date,
    made_at: datetime,
    audit: AuditEvent,
) -> None:
    """Keep a plan, and the flow that it was simulated from."""
    row = {"made_at": made_at, "as_of": as_of, "plan": dict(plan), "flow": dict(flow)}
    connection.execute(insert(plans), row)
    save_audit(connection, [audit])


def find_plan(connection: Connection) -> KeptPlan | None:
    """Return the last plan of the newest month, or None: one of an earlier day comes after it."""
    c = plans.c
    query = select(c.plan_id, c.made_at, c.as_of, c.plan)
    newest = query.order_by(c.as_of.desc(), c.made_at.desc(), c.plan_id.desc())
    row = connection.execute(newest.limit(1)).first()
    return KeptPlan(*row) if row else None


def get_flow(connection: Connection, plan_id: int) -> Mapping[str, Any]:
    """Return what a plan was simulated from."""
    found: Mapping[str, Any] = connection.execute(
        select(plans.c.flow).where(plans.c.plan_id == plan_id)
    ).scalar_one()
    return found


def save_capacity(connection: Connection, made: Capacity, *, audit: AuditEvent) -> None:
    """Keep a capacity; those before it stay."""
    connection.execute(insert(capacities), vars(made))
    save_audit(connection, [audit])


def list_capacities(connection: Connection) -> list[Capacity]:
    """Return every capacity that was ever set, in the order in which they were."""
    c = capacities.c
    query = select(*(c[name] for name in Capacity.__dataclass_fields__)).order_by(c.capacity_id)
    return [Capacity(*row) for row in connection.execute(query)]


def save_scenario(connection: Connection, made: Scenario, *, audit: AuditEvent) -> None:
    """Keep a scenario."""
    connection.execute(insert(scenarios), vars(made))
    save_audit(connection, [audit])


def list_scenarios(connection: Connection, most: int) -> list[Scenario]:
    """Return the last scenarios, the last one first."""
    c = scenarios.c
    names = Scenario.__dataclass_fields__
    query = select(*(c[name] for name in names)).order_by(c.made_at.desc(), c.scenario_id)
    return [Scenario(*row) for row in connection.execute(query.limit(most))]


def count_scenarios(connection: Connection, made_by: str) -> int:
    """Return how many scenarios somebody keeps."""
    query = select(func.count()).where(scenarios.c.made_by == made_by)
    return int(connection.execute(query).scalar_one())


def find_scenario(connection: Connection, scenario_id: str) -> Scenario | None:
    """Return a scenario, or None."""
    c = scenarios.c
    query = select(*(c[name] for name in Scenario.__dataclass_fields__))
    row = connection.execute(query.where(c.scenario_id == scenario_id)).first()
    return Scenario(*row) if row else None


def remove_scenario(connection: Connection, scenario_id: str, *, audit: AuditEvent) -> None:
    """Remove a scenario."""
    connection.execute(delete(scenarios).where(scenarios.c.scenario_id == scenario_id))
    save_audit(connection, [audit])


def save_gain_limits(
    connection: Connection, made: list[GainLimit], *, made_at: datetime, audit: list[AuditEvent]
) -> None:
    """Keep limits on the gain; those before them stay."""
    if made:
        rows = [vars(one) | {"made_at": made_at} for one in made]
        connection.execute(insert(gain_limits), rows)
    save_audit(connection, audit)


def list_gain_limits(connection: Connection) -> tuple[GainLimit, ...]:
    """Return every limit on the gain of a region, in the order in which they were set."""
    c = gain_limits.c
    names = GainLimit.__dataclass_fields__
    query = select(*(c[name] for name in names)).order_by(c.limit_id)
    return tuple(GainLimit(*row) for row in connection.execute(query))


def read_gain_limits(connection: Connection) -> ByRegion:
    """Return the limits on the gain by region, for who assesses."""
    return group_limits(list_gain_limits(connection))
