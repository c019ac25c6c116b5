"""The API of what became of people, for the systems of a fund."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import ValidationError
from pydantic_core import to_json as to_json_bytes

from serving.body_faults import list_faults
from serving.deps import ApiUser
from serving.outcome_schemas import ROWS_IN, OutcomeRows, OutcomesIn, ReportedOut
from serving.outcomes import WRONG_FIELDS, RefusedRow, report_outcomes
from serving.permissions import Action, User
from serving.routes.parts import (
    PREFIX,
    Now,
    ReadBody,
    ServiceHere,
    describe_body,
    problems,
    to_json,
)
from serving.store.outcomes import Row

router = APIRouter(prefix=PREFIX, tags=["Aanlevering"])


@router.post(
    "/outcomes",
    summary="Melden wat er van mensen geworden is",
    response_model=ReportedOut,
    responses=problems(401, 403, 413, 415, 422, 503),
    openapi_extra=describe_body(OutcomesIn),
)
def post_outcomes(
    service: ServiceHere,
    now: Now,
    user: Annotated[User, Depends(ApiUser(Action.REPORT_OUTCOMES))],
    body: Annotated[OutcomeRows, Depends(ReadBody(OutcomeRows))],
) -> Response:
    """Bewaart trajecten, werk en opvolging; een rij die niet kan, houdt de andere niet tegen."""
    rows, refused = _read_rows(body)
    reported = report_outcomes(user, rows, store=service.store, now=now)
    everything = sorted((*reported.refused, *refused), key=lambda row: (row.table, row.index))
    return to_json(ReportedOut.of(replace(reported, refused=tuple(everything))))


def _read_rows(body: OutcomeRows) -> tuple[dict[str, list[tuple[int, Row]]], list[RefusedRow]]:
    rows: dict[str, list[tuple[int, Row]]] = {table: [] for table in ROWS_IN}
    refused = []
    for table, kind in ROWS_IN.items():
        for index, item in enumerate(getattr(body, table)):
            try:
                rows[table].append((index, _read_row(kind, item)))
            except ValidationError as error:
                faults = tuple(list_faults(error, kind))
                refused.append(RefusedRow(table, index, WRONG_FIELDS, faults))
    return rows, refused


def _read_row(kind: Any, item: Any) -> Row:
    row: Row = kind.model_validate_json(to_json_bytes(item), strict=True).model_dump()
    return row
