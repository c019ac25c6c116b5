"""Whether PostgreSQL has room for the connections of one more process of the service."""

import re

import structlog
from sqlalchemy import text

from features.errors import KantelpuntError
from serving.store.engine import Store

log = structlog.get_logger("kantelpunt")

_MOST = """
select current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0)
"""
_HELD = """
select application_name, count(*) from pg_stat_activity
where datid is not null and application_name is distinct from current_setting('application_name')
group by 1
"""
# as a process of the service is called: see Terms.of_service
_NAME = re.compile(r"kantelpunt serve, most (\d+), [0-9a-f]+")


class NoRoomError(KantelpuntError):
    """A store that gives fewer connections than one process of the service may need."""


def check_room(store: Store) -> None:
    """Raise NoRoomError where the pool can never fit, and warn where it may not beside the others.

    Another process of the service counts for all that it may open, once it opened one; one that
    starts later is not known here. What is behind pgbouncer is not seen from here.
    """
    if not store.is_shared or store.through_pgbouncer:
        return
    with store.reading() as connection:
        most = int(connection.execute(text(_MOST)).scalar_one())
        held = connection.execute(text(_HELD)).all()
    others = sum(_count(name or "", rows) for name, rows in held)
    if store.terms.most > most:
        raise NoRoomError(
            f"PostgreSQL gives {most} connections, and this process may need {store.terms.most}: "
            "raise max_connections, or lower KANTELPUNT_THREADS"
        )
    if store.terms.most + others > most:
        log.warning(
            "PostgreSQL may run out of connections: raise max_connections, or lower "
            "KANTELPUNT_THREADS",
            gives=most,
            needed_here=store.terms.most,
            needed_by_others=others,
        )


def _count(name: str, rows: int) -> int:
    of_service = _NAME.fullmatch(name)
    return int(of_service[1]) if of_service else rows
