"""What a challenger said beside the champion: kept to compare, never to be used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from models.estimate import Bounded, GainStatus
from models.suggestion import Suggestion
from serving.permissions import Scope
from serving.states import CaseState
from serving.store.reach import in_reach
from serving.store.tables import assessments, cases
from serving.store.work_tables import shadow_scores

_PLAIN = (
    *("assessment_id", "bundle_digest", "sickness_fund", "case_id", "model_version"),
    *("scored_at", "seconds"),
)
_BANDS = {
    "usual": ("p_usual", "low", "high"),
    "gain": ("gain", "gain_low", "gain_high"),
    "support": ("p_support", "support_low", "support_high"),
}


_DONE = (CaseState.CLOSED.value, CaseState.ENDED.value)


@dataclass(frozen=True)
class ShadowScore:
    """The estimate of a challenger for one assessment, without how it came about.

    `reasons` and `champion_reasons` name the fields of the strongest reasons for the chance without
    support. `gain` and `support` are None where the gain is not known.
    """

    assessment_id: str
    bundle_digest: str
    sickness_fund: str
    case_id: str
    model_version: str
    scored_at: datetime
    seconds: float
    usual: Bounded
    gain: Bounded | None
    support: Bounded | None
    gain_status: GainStatus
    gain_hidden: float
    suggestion: Suggestion
    reasons: tuple[str, ...]
    champion_reasons: tuple[str, ...]


def save_scores(connection: Connection, scores: Sequence[ShadowScore]) -> None:
    """Keep scores; each belongs to an assessment that is there, and was not scored so before."""
    if scores:
        connection.execute(insert(shadow_scores), [_to_row(one) for one in scores])


def keep_scores(connection: Connection, scores: Sequence[ShadowScore]) -> int:
    """Keep scores of one fund, and return how many: those whose case may still be scored.

    It may not where the person objects, where it was closed, or where it was forgotten meanwhile;
    whoever changes such a case waits until this is done.
    """
    c, ids = cases.c, sorted({one.case_id for one in scores})
    held = (
        select(c.case_id)
        .where(c.sickness_fund == scores[0].sickness_fund, c.case_id.in_(ids))
        .where(c.is_blocked.is_(False), c.state.not_in(_DONE))
        # in one order, or two who wait would wait forever
        .order_by(c.case_id)
        .with_for_update()
    )
    may = set(connection.execute(held).scalars())
    numbers = [one.assessment_id for one in scores if one.case_id in may]
    a = assessments.c.assessment_id
    there = set(connection.execute(select(a).where(a.in_(numbers))).scalars())
    kept = [one for one in scores if one.assessment_id in there]
    save_scores(connection, kept)
    return len(kept)


def _to_row(one: ShadowScore) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    for name, columns in _BANDS.items():
        numbers |= dict(zip(columns, getattr(one, name) or (None,) * 3, strict=True))
    return {
        **{name: getattr(one, name) for name in _PLAIN},
        **numbers,
        "gain_status": one.gain_status.value,
        "gain_hidden": one.gain_hidden,
        "suggestion": one.suggestion.value,
        "reasons": list(one.reasons),
        "champion_reasons": list(one.champion_reasons),
    }


def list_scores(connection: Connection, scope: Scope, case_id: str) -> list[ShadowScore]:
    """Return every score of a case in reach, latest first: for the person whom they are about."""
    query = (
        select(shadow_scores)
        .where(in_reach(shadow_scores, scope, case_id))
        .order_by(shadow_scores.c.scored_at.desc(), shadow_scores.c.assessment_id)
    )
    return [_to_score(row) for row in connection.execute(query).mappings()]


def _to_score(row: RowMapping) -> ShadowScore:
    bands: dict[str, Any] = {
        name: tuple(row[column] for column in columns) if row[columns[0]] is not None else None
        for name, columns in _BANDS.items()
    }
    return ShadowScore(
        **{name: row[name] for name in _PLAIN},
        **bands,
        gain_status=GainStatus(row["gain_status"]),
        gain_hidden=row["gain_hidden"],
        suggestion=Suggestion(row["suggestion"]),
        reasons=tuple(row["reasons"]),
        champion_reasons=tuple(row["champion_reasons"]),
    )
