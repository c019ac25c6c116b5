"""How much each key may still do, for all processes that work on one store."""

from dataclasses import dataclass

from sqlalchemy import Column, Double, Table, Text, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from serving.store.columns import metadata
from serving.store.engine import Store

WINDOW = 60.0  # seconds in which an allowance comes back whole
_ROUNDING = 1e-6  # a millionth of a second is rounding, not a request too many

# a key is a keyed hash: nobody reads in it who tried, nor from where
allowances = Table(
    "allowances",
    metadata,
    Column("allowance_key", Text, primary_key=True),
    # seconds since 1970: the moment at which the whole allowance is back
    Column("full_at", Double, nullable=False),
)


@dataclass(frozen=True)
class Asked:
    """Some turns of a key, each of which takes `step` seconds to come back."""

    key: str
    turns: int
    step: float
    now: float


def find_wait(store: Store, asked: Asked) -> float:
    """Take the turns and return 0, or take none and return how many seconds to wait.

    One statement reads and writes, so that no two processes take the same turn. A moment further
    ahead than any process can have written comes from a clock that was set back since: it does
    not count, or everybody would wait for as long as the clock was wrong.
    """
    c = allowances.c
    cost = asked.turns * asked.step
    sane = case((c.full_at > asked.now + WINDOW + asked.step, asked.now), else_=c.full_at)
    begin = case((sane > asked.now, sane), else_=asked.now)
    dialect = postgresql if store.engine.dialect.name == "postgresql" else sqlite
    taken = (
        dialect.insert(allowances)
        .values(allowance_key=asked.key, full_at=asked.now + cost)
        .on_conflict_do_update(
            index_elements=[c.allowance_key],
            set_={"full_at": begin + cost},
            where=begin + cost - asked.now <= WINDOW + _ROUNDING,
        )
        .returning(c.full_at)
    )
    with store.writing() as connection:
        if connection.execute(taken).first() is not None:
            return 0.0
        found = connection.execute(select(c.full_at).where(c.allowance_key == asked.key)).scalar()
    return max(float(found or asked.now) + cost - asked.now - WINDOW, _ROUNDING)


def give_turn_back(store: Store, asked: Asked) -> None:
    """Take the turns off the count again."""
    c = allowances.c
    lowered = allowances.update().values(full_at=c.full_at - asked.turns * asked.step)
    with store.writing() as connection:
        connection.execute(lowered.where(c.allowance_key == asked.key))


def forget_full(store: Store, now: float) -> None:
    """Remove every key that has its whole allowance back."""
    with store.writing() as connection:
        connection.execute(delete(allowances).where(allowances.c.full_at < now))
