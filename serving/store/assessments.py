"""Assessments in the store, with the case that each belongs to."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    Connection,
    Executable,
    RowMapping,
    and_,
    bindparam,
    case,
    func,
    insert,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from features.contract import Contract, parse_contract
from features.matrix import build_row
from models.curve import CurvePoint
from models.estimate import Estimate, GainStatus
from models.suggestion import Limits, Suggestion
from serving.assessment import LIST_REASONS, Assessment, explain_estimate, rank_suggestion
from serving.permissions import Scope
from serving.states import TRANSITIONS, CaseEvent, CaseState
from serving.store.audit import AuditEvent, save_audit
from serving.store.estimates import read_estimate, to_columns, to_gain_columns
from serving.store.identity import FIXED, CaseTakenError
from serving.store.reach import in_reach
from serving.store.tables import assessments, cases, contracts

DAYS = ("absence_started_on", "screened_on")
_KEYS = ("sickness_fund", "case_id")
_REOPENED = [
    state.value
    for (state, event), to in TRANSITIONS.items()
    if event is CaseEvent.REASSESS and to is not state
]


def save_assessments(
    connection: Connection,
    made: Sequence[Assessment],
    *,
    audit: Sequence[AuditEvent],
    may_move: bool = True,
) -> None:
    """Keep assessments, their cases and the audit lines: all or none.

    The list shows a case as on its latest screening day; an older one joins the history only, as
    does one of a case whose person objects. Raises CaseTakenError where a number stands for another
    person, another absence or, unless a case `may_move`, another region; `find_bars` tells before.
    """
    if made:
        _save_contract(connection, made[0].contract)
        connection.execute(_ADD, [_to_row(a) for a in made])
        _save_cases(connection, made, may_move=may_move)
    save_audit(connection, audit)


def _save_contract(connection: Connection, contract: Contract) -> None:
    # a contract is never taken away again: what a connection once saw kept needs no second look
    seen: set[str] = connection.info.setdefault("contracts", set())
    if contract.fingerprint in seen:
        return
    if connection.execute(_FIND_CONTRACT, {"fingerprint": contract.fingerprint}).first():
        seen.add(contract.fingerprint)
        return
    row = {"fingerprint": contract.fingerprint, "text": contract.text}
    connection.execute(_build_contract_insert(connection.dialect.name), row)


def _save_cases(connection: Connection, made: Sequence[Assessment], *, may_move: bool) -> None:
    latest: dict[tuple[str, str], Assessment] = {}
    for a in made:
        known = latest.get((a.sickness_fund, a.case_id))
        if known is None or a.screened_on >= known.screened_on:
            latest[a.sickness_fund, a.case_id] = a
    # in one order, or two who save the same cases could wait for each other for ever
    rows = [_to_case_row(latest[key]) for key in sorted(latest)]
    upsert = _build_case_upsert(connection.dialect.name, tuple(rows[0]), may_move)
    try:
        connection.execute(upsert, rows)
    except IntegrityError:
        raise CaseTakenError(FIXED) from None


# built once: building a statement takes longer than running it
_ADD = insert(assessments)
_FIND_CONTRACT = select(contracts.c.fingerprint).where(
    contracts.c.fingerprint == bindparam("fingerprint")
)


@cache
def _build_contract_insert(dialect: str) -> Executable:
    statement: Executable = _insert_for(dialect, contracts).on_conflict_do_nothing()
    return statement


@cache
def _build_case_upsert(dialect: str, names: tuple[str, ...], may_move: bool) -> Executable:
    statement = _insert_for(dialect, cases)
    new = statement.excluded
    fixed = FIXED if may_move else (*FIXED, "region")
    is_same = and_(*(new[name] == cases.c[name] for name in fixed))
    is_latest = and_(new.screened_on >= cases.c.screened_on, cases.c.is_blocked.is_(False))
    fresh = {name: new[name] for name in names if name not in _KEYS}
    # of another case no person at all, which the column refuses: nothing is kept then
    person = {"person_key": case((is_same, new.person_key))}
    built: Executable = statement.on_conflict_do_update(
        index_elements=list(_KEYS),
        set_=fresh | person | _reopen(new.screened_on),
        where=or_(is_latest, not_(is_same)),
    )
    return built


def _reopen(screened_on: Any) -> dict[str, Any]:
    """Return the state of a case after an assessment; one of a later day opens it again."""
    again = and_(screened_on > cases.c.screened_on, or_(*(cases.c.state == s for s in _REOPENED)))
    return {
        "state": case((again, CaseState.OPEN.value), else_=cases.c.state),
        "is_open": case((again, true()), else_=cases.c.is_open),
        "look_again_on": case((again, null()), else_=cases.c.look_again_on),
        "state_version": case((again, cases.c.state_version + 1), else_=cases.c.state_version),
    }


def _insert_for(dialect: str, table: Any) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


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
        "gain_order": _order_by_gain(a.estimate),
        "labour_status": a.case.get("labour_status"),
        "reassess_on": a.reassess_on,
        "answered": a.answered,
        "reasons": [[r.text_nl, r.points] for r in a.reasons.usual[:LIST_REASONS]],
    }


def _order_by_gain(estimate: Estimate) -> float:
    """Return what puts who gains most first; 0 where the gain tells nobody apart."""
    if estimate.gain is None or estimate.gain_status is not GainStatus.ESTIMATED:
        return 0.0
    return -estimate.gain.value


def _to_row(a: Assessment) -> dict[str, Any]:
    inputs = _to_json(a.case)
    return {
        "assessment_id": a.assessment_id,
        "sickness_fund": a.sickness_fund,
        "case_id": a.case_id,
        "screened_on": a.screened_on,
        "made_at": a.made_at,
        "made_by": a.made_by,
        "model_version": a.model_version,
        "bundle_digest": a.bundle_digest,
        "contract_fingerprint": a.contract.fingerprint,
        "limits": limits_to_json(a.limits),
        "inputs": inputs,
        "inputs_digest": digest_inputs(inputs),
        **to_columns(a.estimate),
        "curve": [vars(point) for point in a.curve] or None,
        "suggestion": a.suggestion.value,
    }


def digest_inputs(inputs: Mapping[str, Any]) -> str:
    """Return the SHA-256 of inputs as they are kept: it shows where one was changed afterwards."""
    return sha256(_to_text(inputs).encode()).hexdigest()


def _to_json(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}


def list_assessments(connection: Connection, scope: Scope, case_id: str) -> list[Assessment]:
    """Return every assessment of a case in reach, latest first; none when it is out of reach.

    The latest is the one that the case names: of two of one day, the last that was saved.
    """
    named = select(cases.c.assessment_id).where(in_reach(cases, scope, case_id)).scalar_subquery()
    query = (
        select(assessments, contracts.c.text.label("contract_text"))
        .join(contracts)
        .where(in_reach(assessments, scope, case_id))
        .order_by(
            (assessments.c.assessment_id == named).desc(),
            assessments.c.screened_on.desc(),
            assessments.c.made_at.desc(),
            assessments.c.assessment_id,
        )
    )
    return [_to_assessment(row) for row in connection.execute(query).mappings()]


def _to_assessment(row: RowMapping) -> Assessment:
    contract = parse_kept(row["contract_text"])
    inputs = read_days(row["inputs"])
    estimate = read_estimate(dict(row))
    return Assessment(
        assessment_id=row["assessment_id"],
        case=inputs,
        estimate=estimate,
        suggestion=Suggestion(row["suggestion"]),
        reasons=explain_estimate(estimate, build_row(inputs, contract), contract),
        curve=tuple(CurvePoint(**point) for point in row["curve"] or ()),
        limits=read_limits_kept(row["limits"]),
        contract=contract,
        model_version=row["model_version"],
        made_at=row["made_at"],
        made_by=row["made_by"],
        bundle_digest=row["bundle_digest"],
    )


def read_days(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs as they were assessed from how they are kept."""
    return {k: date.fromisoformat(v) if k in DAYS else v for k, v in inputs.items()}


def limits_to_json(limits: Limits) -> dict[str, Any]:
    """Return limits as they are kept with an assessment."""
    return _to_json(vars(limits))


def read_limits_kept(raw: Mapping[str, Any]) -> Limits:
    """Return the limits that an assessment was held against, from how they are kept."""
    # there was no limit on the gain before the gain was estimated
    known = {"gain_from": math.nan, **raw}
    return Limits(**known | {"valid_from": date.fromisoformat(raw["valid_from"])})


@lru_cache(maxsize=16)
def parse_kept(text: str) -> Contract:
    """Return a contract from its text in the store."""
    return parse_contract(text, where="store")


def list_known(
    connection: Connection, of_funds: Mapping[str, Collection[str]], model_version: str
) -> set[tuple[str, str, str]]:
    """Return sickness fund, case and inputs of what this model version assessed of these cases."""
    c = assessments.c
    known = set()
    for fund, case_ids in of_funds.items():
        query = select(c.sickness_fund, c.case_id, c.inputs).where(
            in_reach(assessments, Scope(fund)),
            c.case_id.in_(sorted(case_ids)),
            c.model_version == model_version,
        )
        known |= {(r[0], r[1], _to_text(r[2])) for r in connection.execute(query)}
    return known


def build_known(case: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return what `list_known` would hold of a case that was assessed."""
    return case["sickness_fund"], case["case_id"], _to_text(_to_json(case))


def _to_text(inputs: Mapping[str, Any]) -> str:
    return json.dumps(inputs, sort_keys=True)


def count_assessments(connection: Connection) -> int:
    """Return how many assessments the store holds."""
    return connection.execute(select(func.count()).select_from(assessments)).scalar_one()
