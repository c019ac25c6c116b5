"""What champion and challenger said of the same assessments, a part at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from serving.store.tables import assessments, cases, contracts
from serving.store.work_tables import shadow_scores

PART = 2000
_A, _S, _C = assessments.c, shadow_scores.c, cases.c


@dataclass(frozen=True)
class Duel:
    """A challenger beside a champion: versions and checksums, and when they first and last met."""

    champion: str
    champion_digest: str
    challenger: str
    challenger_digest: str
    first_at: datetime
    last_at: datetime


def list_duels(
    connection: Connection, fund: str | None = None, since: datetime | None = None
) -> list[Duel]:
    """Return every challenger beside every champion, of one fund or of all, the last one first."""
    first, last = func.min(_S.scored_at), func.max(_S.scored_at)
    keys = (_A.model_version, _A.bundle_digest, _S.model_version, _S.bundle_digest)
    query = select(*keys, first, last).select_from(_join()).where(*_tests(fund, since))
    rows = connection.execute(query.group_by(*keys).order_by(last.desc(), *keys))
    return [Duel(*row) for row in rows]


def _join() -> Any:
    return shadow_scores.join(assessments, _S.assessment_id == _A.assessment_id).join(
        cases, and_(_C.sickness_fund == _S.sickness_fund, _C.case_id == _S.case_id)
    )


def _tests(fund: str | None, since: datetime | None) -> list[Any]:
    # who objects is left out, also of what was scored before
    tests: list[Any] = [_C.is_blocked.is_(False)]
    if fund is not None:
        tests.append(_S.sickness_fund == fund)
    if since is not None:
        tests.append(_S.scored_at >= since)
    return tests


def stream_pairs(
    connection: Connection,
    duel: Duel,
    *,
    fund: str | None = None,
    since: datetime | None = None,
    most: int | None = None,
) -> Iterator[Sequence[Any]]:
    """Yield what both said, some at a time; the last `most`, if that is given."""
    query = (
        select(
            *(_S[name].label(f"new_{name}") for name in ("p_usual", "gain", "suggestion")),
            *(_A[name] for name in ("p_usual", "gain", "suggestion", "inputs")),
            *(_S.reasons, _S.champion_reasons, _S.seconds, _C.person_key, _S.sickness_fund),
            contracts.c.text.label("contract_text"),
        )
        .select_from(_join().join(contracts, contracts.c.fingerprint == _A.contract_fingerprint))
        .where(
            *_tests(fund, since),
            _A.bundle_digest == duel.champion_digest,
            _S.bundle_digest == duel.challenger_digest,
            _S.model_version == duel.challenger,
        )
        .order_by(_S.scored_at.desc(), _S.assessment_id)
    )
    if most is not None:
        query = query.limit(most)
    with connection.execution_options(yield_per=PART).execute(query) as found:
        yield from found.mappings().partitions()
