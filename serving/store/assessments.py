"""Assessments in the store, with the case that each belongs to."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from features.contract import Contract, parse_contract
from features.matrix import build_row
from models.curve import CurvePoint
from models.suggestion import Limits, Suggestion
from serving.assessment import LIST_REASONS, Assessment, explain_estimate, rank_suggestion
from serving.permissions import Scope
from serving.store.audit import AuditEvent, save_audit
from serving.store.estimates import read_estimate, to_columns, to_gain_columns
from serving.store.tables import assessments, cases, contracts

DAYS = ("absence_started_on", "screened_on")


def save_assessments(
    connection: Connection, made: Sequence[Assessment], *, audit: Sequence[AuditEvent]
) -> None:
    """Keep assessments, their cases and the audit lines: all or none.

    The list shows a case as on its latest screening day; an older one joins the history only.
    """
    if made:
        _save_contract(connection, made[0].contract)
        connection.execute(insert(assessments), [_to_row(a) for a in made])
        _save_cases(connection, made)
    save_audit(connection, audit)


def _save_contract(connection: Connection, contract: Contract) -> None:
    row = {"fingerprint": contract.fingerprint, "text": contract.text}
    connection.execute(_insert_for(connection, contracts).on_conflict_do_nothing(), row)


def _save_cases(connection: Connection, made: Sequence[Assessment]) -> None:
    latest: dict[tuple[str, str], Assessment] = {}
    for a in made:
        known = latest.get((a.sickness_fund, a.case_id))
        if known is None or a.screened_on >= known.screened_on:
            latest[a.sickness_fund, a.case_id] = a
    statement = _insert_for(connection, cases)
    fresh = {c.name: statement.excluded[c.name] for c in cases.c if not c.primary_key}
    statement = statement.on_conflict_do_update(
        index_elements=[cases.c.sickness_fund, cases.c.case_id],
        set_=fresh,
        where=statement.excluded.screened_on >= cases.c.screened_on,
    )
    connection.execute(statement, [_to_case_row(a) for a in latest.values()])


def _insert_for(connection: Connection, table: Any) -> Any:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def _to_case_row(a: Assessment) -> dict[str, Any]:
    return {
        "sickness_fund": a.sickness_fund,
        "case_id": a.case_id,
        "person_key": a.case["person_key"],
        "region": a.case["region"],
        "absence_started_on": a.absence_started_on,
        "screened_on": a.screened_on,
        "assessment_id": a.assessment_id,
        "suggestion": a.suggestion.value,
        "urgency": rank_suggestion(a.suggestion),
        "p_usual": a.estimate.usual.value,
        "low": a.estimate.usual.low,
        "high": a.estimate.usual.high,
        **to_gain_columns(a.estimate),
        "answered": a.answered,
        "reasons": [[r.text_nl, r.points] for r in a.reasons.usual[:LIST_REASONS]],
    }


def _to_row(a: Assessment) -> dict[str, Any]:
    return {
        "assessment_id": a.assessment_id,
        "sickness_fund": a.sickness_fund,
        "case_id": a.case_id,
        "screened_on": a.screened_on,
        "made_at": a.made_at,
        "made_by": a.made_by,
        "model_version": a.model_version,
        "contract_fingerprint": a.contract.fingerprint,
        "limits": _to_json(vars(a.limits)),
        "inputs": _to_json(a.case),
        **to_columns(a.estimate),
        "curve": [vars(point) for point in a.curve] or None,
        "suggestion": a.suggestion.value,
    }


def _to_json(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}


def list_assessments(connection: Connection, scope: Scope, case_id: str) -> list[Assessment]:
    """Return every assessment of a case in reach, latest first; none when it is out of reach."""
    reach = [assessments.c.sickness_fund == scope.sickness_fund, assessments.c.case_id == case_id]
    if scope.region is not None:
        known = select(cases.c.case_id).where(
            cases.c.sickness_fund == scope.sickness_fund,
            cases.c.case_id == case_id,
            cases.c.region == scope.region,
        )
        reach.append(known.exists())
    query = (
        select(assessments, contracts.c.text.label("contract_text"))
        .join(contracts)
        .where(*reach)
        .order_by(
            assessments.c.screened_on.desc(),
            assessments.c.made_at.desc(),
            assessments.c.assessment_id,
        )
    )
    return [_to_assessment(row) for row in connection.execute(query).mappings()]


def _to_assessment(row: RowMapping) -> Assessment:
    contract = _parse(row["contract_text"])
    case = {k: date.fromisoformat(v) if k in DAYS else v for k, v in row["inputs"].items()}
    estimate = read_estimate(dict(row))
    return Assessment(
        assessment_id=row["assessment_id"],
        case=case,
        estimate=estimate,
        suggestion=Suggestion(row["suggestion"]),
        reasons=explain_estimate(estimate, build_row(case, contract), contract),
        curve=tuple(CurvePoint(**point) for point in row["curve"] or ()),
        limits=_read_limits(row["limits"]),
        contract=contract,
        model_version=row["model_version"],
        made_at=row["made_at"],
        made_by=row["made_by"],
    )


def _read_limits(raw: Mapping[str, Any]) -> Limits:
    # there was no limit on the gain before the gain was estimated
    known = {"gain_from": math.nan, **raw}
    return Limits(**known | {"valid_from": date.fromisoformat(raw["valid_from"])})


@lru_cache(maxsize=16)
def _parse(text: str) -> Contract:
    return parse_contract(text, where="store")


def list_known(
    connection: Connection, case_ids: Collection[str], model_version: str
) -> set[tuple[str, str, str]]:
    """Return sickness fund, case and inputs of what this model version assessed of these cases."""
    c = assessments.c
    query = select(c.sickness_fund, c.case_id, c.inputs).where(
        c.case_id.in_(sorted(case_ids)), c.model_version == model_version
    )
    return {(r[0], r[1], _to_text(r[2])) for r in connection.execute(query)}


def build_known(case: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return what `list_known` would hold of a case that was assessed."""
    return case["sickness_fund"], case["case_id"], _to_text(_to_json(case))


def _to_text(inputs: Mapping[str, Any]) -> str:
    return json.dumps(inputs, sort_keys=True)


def count_assessments(connection: Connection) -> int:
    """Return how many assessments the store holds."""
    return connection.execute(select(func.count()).select_from(assessments)).scalar_one()
