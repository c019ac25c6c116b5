"""The use case of an assessment: the only place that knows the order of its steps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
from typing import Any
from uuid import uuid4

import numpy as np

from features.errors import KantelpuntError
from features.matrix import Matrix, build_row
from features.requests import CaseRefusedError, check_case
from models.bundle import Bundle
from models.curve import CurvePoint, list_curves, trace_curve, trace_curves
from models.estimate import Estimate
from models.reasons import reasons_of_many
from models.regional_limits import ByRegion, get_limits_of
from models.sharpen import Sharpener, find_sharpeners
from models.suggestion import Limits, LimitsError, get_limits, suggest
from serving.assessment import LIST_REASONS, Assessment, Reasons, explain_estimate
from serving.permissions import (
    Action,
    NotAllowedError,
    User,
    check_can,
    check_can_assess,
    get_scope,
)
from serving.store.assessments import save_assessments
from serving.store.audit import AuditEvent
from serving.store.engine import Connection, Store
from serving.store.identity import find_bars, once_more

MOST_IN_BATCH = 1000
Check = Callable[[Connection], None]
Kept = Callable[[Sequence[Assessment]], None]


def tell_nobody(_: Sequence[Assessment]) -> None:
    """Do nothing with assessments that were kept."""


@dataclass(frozen=True)
class Desk:
    """What an assessment needs beside the case: who asks, which model, which limits, when."""

    user: User
    bundle: Bundle
    limits: tuple[Limits, ...]
    now: datetime
    # told of assessments once they are kept; must neither wait nor fail
    tell_kept: Kept = tell_nobody
    # limits on the gain of regions, which count before those of everybody
    regional: ByRegion = field(default_factory=dict)


@dataclass(frozen=True)
class BatchItem:
    """What became of one case of a batch: an assessment, or the error that it met."""

    index: int
    assessment: Assessment | None
    error: KantelpuntError | None


def assess_case(
    data: Any, *, desk: Desk, store: Store, save: bool = True, check: Check | None = None
) -> Assessment:
    """Estimate one case, say why in Dutch, and keep both with an audit line.

    `check` may refuse it once the case is held, where nobody else can change it any more.
    """
    check_can(desk.user, Action.ASSESS)
    assessment = prepare_assessment(data, desk)
    for error in _keep([assessment], desk=desk, store=store, save=save, check=check).values():
        raise error
    return assessment


def prepare_assessment(data: Any, desk: Desk) -> Assessment:
    """Return the assessment of one case as it came in; raises CaseRefusedError and its like."""
    case = _check(data, desk)
    row = build_row(case, desk.bundle.contract)
    return build_assessment(case, row, desk.bundle.estimate(row), desk)


def assess_batch(
    items: Sequence[Any], *, desk: Desk, store: Store, save: bool = True
) -> list[BatchItem]:
    """Estimate many cases; one that cannot be estimated gets its error and holds up no other."""
    check_can(desk.user, Action.ASSESS)
    checked: dict[int, Mapping[str, Any]] = {}
    errors: dict[int, KantelpuntError] = {}
    for index, data in enumerate(items):
        try:
            checked[index] = _check(data, desk)
        except (CaseRefusedError, NotAllowedError, LimitsError) as error:
            errors[index] = error
    made = dict(zip(checked, assess_checked(list(checked.values()), desk), strict=True))
    places = list(made)
    for place, bar in _keep(list(made.values()), desk=desk, store=store, save=save).items():
        del made[places[place]]
        errors[places[place]] = bar
    return [BatchItem(i, made.get(i), errors.get(i)) for i in range(len(items))]


def assess_checked(cases: Sequence[Mapping[str, Any]], desk: Desk) -> list[Assessment]:
    """Return the assessments of cases that were checked, all estimated at once."""
    if not cases:
        return []
    matrix = np.vstack([build_row(case, desk.bundle.contract) for case in cases])
    estimates = desk.bundle.estimate_many(matrix)
    return [
        build_assessment(case, matrix[i], estimates.one(i), desk) for i, case in enumerate(cases)
    ]


def assess_for_list(cases: Sequence[Mapping[str, Any]], desk: Desk) -> list[Assessment]:
    """Return what `assess_checked` would, with only the reasons that the list shows.

    Saying all of them takes most of the time; whoever opens the case has them made anew.
    """
    if not cases:
        return []
    contract, curve = desk.bundle.contract, desk.bundle.model.curve
    matrix = np.vstack([build_row(case, contract) for case in cases])
    estimates = desk.bundle.estimate_many(matrix)
    contributions = estimates.usual.contributions
    said = reasons_of_many(contributions, matrix, contract, most=LIST_REASONS)
    curves = list_curves(trace_curves(curve, estimates, matrix)) if curve else repeat(())
    return [
        _assemble(case, estimates.one(i), Reasons(tuple(reasons), None, None), points, desk)
        for i, (case, reasons, points) in enumerate(zip(cases, said, curves, strict=False))
    ]


def build_assessment(
    case: Mapping[str, Any], row: Matrix, estimate: Estimate, desk: Desk
) -> Assessment:
    """Return the assessment of a checked case and its row: its suggestion and all its reasons."""
    curve = desk.bundle.model.curve
    reasons = explain_estimate(estimate, row, desk.bundle.contract)
    points = trace_curve(curve, estimate, row) if curve else ()
    return _assemble(case, estimate, reasons, points, desk)


def _assemble(
    case: Mapping[str, Any],
    estimate: Estimate,
    reasons: Reasons,
    curve: tuple[CurvePoint, ...],
    desk: Desk,
) -> Assessment:
    limits = get_limits_of(case["screened_on"], case["region"], desk.limits, desk.regional)
    return Assessment(
        assessment_id=uuid4().hex,
        case=case,
        estimate=estimate,
        suggestion=suggest(estimate, limits),
        reasons=reasons,
        curve=curve,
        limits=limits,
        contract=desk.bundle.contract,
        model_version=desk.bundle.version,
        made_at=desk.now,
        made_by=desk.user.key,
        bundle_digest=desk.bundle.digest,
    )


def find_open_questions(made: Assessment, bundle: Bundle) -> list[Sharpener] | None:
    """Return the open questions that would move an assessment most.

    None when another model made it: what this one would ask says nothing of that estimate.
    """
    made_by = (made.model_version, made.contract.fingerprint)
    if made_by != (bundle.version, bundle.contract.fingerprint):
        return None
    return find_sharpeners(bundle.model, build_row(made.case, made.contract))


def _check(data: Any, desk: Desk) -> Mapping[str, Any]:
    case = check_case(data, desk.bundle.contract)
    if case["screened_on"] > desk.now.date():
        raise CaseRefusedError(["screened_on: expected a day that is not after today"])
    check_can_assess(desk.user, case)
    get_limits(case["screened_on"], desk.limits)
    return case


def _keep(
    made: Sequence[Assessment], *, desk: Desk, store: Store, save: bool, check: Check | None = None
) -> dict[int, KantelpuntError]:
    """Return by its place why an assessment may not be made; keep the others, if asked to."""
    scope = get_scope(desk.user)
    fund, region = scope.sickness_fund, scope.region
    if not save:
        with store.reading(fund) as connection:
            return find_bars(connection, made, region=region)

    def keep() -> dict[int, KantelpuntError]:
        with store.writing(fund) as connection:
            bars = find_bars(connection, made, region=region, hold=True)
            if check is not None:
                check(connection)
            kept = [one for place, one in enumerate(made) if place not in bars]
            lines = [build_event(one, desk) for one in kept]
            save_assessments(connection, kept, audit=lines, may_move=region is None)
        return bars

    bars = once_more(keep)
    desk.tell_kept([one for place, one in enumerate(made) if place not in bars])
    return bars


def build_event(made: Assessment, desk: Desk) -> AuditEvent:
    """Return the audit line of one assessment."""
    detail = {"assessment_id": made.assessment_id, "model_version": made.model_version}
    return AuditEvent(
        desk.now, desk.user.key, Action.ASSESS, made.sickness_fund, made.case_id, detail
    )
