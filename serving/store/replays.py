"""Assessments as they are kept, to hold against what the same inputs give again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Text, cast, exists, func, select

from models.curve import CurvePoint
from models.estimate import Estimate
from serving.store.assessments import digest_inputs, read_days
from serving.store.estimates import to_columns
from serving.store.tables import assessments, audit, contracts

# what is kept of an estimate, apart from what it was made from
ESTIMATED = (
    *("p_usual", "low", "high", "base", "bound", "contributions"),
    *("gain_status", "gain", "gain_low", "gain_high", "gain_hidden"),
    *("gain_base", "gain_bound", "gain_contributions"),
    *("p_support", "support_low", "support_high", "curve", "suggestion"),
)


@dataclass(frozen=True)
class Kept:
    """An assessment as its row has it: nothing is worked out again.

    `estimated` holds the columns of `ESTIMATED`. What older releases did not keep is None.
    """

    assessment_id: str
    sickness_fund: str
    case_id: str
    screened_on: date
    made_at: datetime
    model_version: str
    bundle_digest: str | None
    contract_fingerprint: str
    contract_text: str
    limits: Mapping[str, Any]
    inputs: Mapping[str, Any]
    inputs_digest: str | None
    estimated: Mapping[str, Any]

    @property
    def case(self) -> dict[str, Any]:
        """The inputs as they were assessed; raises ValueError or TypeError where a day is none."""
        return read_days(self.inputs)

    @property
    def are_inputs_whole(self) -> bool | None:
        """Whether the inputs are those that were kept; None where nothing tells."""
        if self.inputs_digest is None:
            return None
        return digest_inputs(self.inputs) == self.inputs_digest


@dataclass(frozen=True)
class Place:
    """Where an assessment stands: enough to put those of one bundle together."""

    assessment_id: str
    model_version: str
    bundle_digest: str | None


def find_kept(connection: Connection, assessment_id: str) -> Kept | None:
    """Return one assessment, if it is there."""
    return next(iter(list_kept(connection, [assessment_id])), None)


def list_kept(connection: Connection, ids: Sequence[str]) -> list[Kept]:
    """Return these assessments, apart from those that are gone, in the order of their numbers."""
    query = (
        select(assessments, contracts.c.text.label("contract_text"))
        .join(contracts)
        .where(assessments.c.assessment_id.in_(list(ids)))
        .order_by(assessments.c.assessment_id)
    )
    return [_to_kept(row) for row in connection.execute(query).mappings()]


def _to_kept(row: RowMapping) -> Kept:
    plain = {name: row[name] for name in Kept.__dataclass_fields__ if name in row}
    return Kept(**plain, estimated={name: row[name] for name in ESTIMATED})


def list_places(connection: Connection, since: datetime | None = None) -> list[Place]:
    """Return where every assessment stands that was made since, those of one bundle together."""
    a = assessments.c
    query = select(a.assessment_id, a.model_version, a.bundle_digest)
    if since is not None:
        query = query.where(a.made_at >= since)
    rows = connection.execute(query.order_by(a.model_version, a.bundle_digest, a.assessment_id))
    return [Place(*row) for row in rows]


def to_estimated(
    estimate: Estimate, curve: Sequence[CurvePoint], suggestion: str
) -> dict[str, Any]:
    """Return what would be kept of an estimate, with the names of `ESTIMATED`."""
    points = [vars(point) for point in curve] or None
    return to_columns(estimate) | {"curve": points, "suggestion": suggestion}


@dataclass(frozen=True)
class Gone:
    """An assessment of which only the audit log tells.

    `was_forgotten` is whether a later line of the log says that cases were forgotten.
    """

    made_at: datetime
    was_forgotten: bool


def find_gone(connection: Connection, assessment_id: str) -> Gone | None:
    """Return what the audit log tells of an assessment that is not there; reads the whole log."""
    names_it = cast(audit.c.detail, Text).like(f'%"{assessment_id}"%')
    query = select(func.min(audit.c.audit_id), func.min(audit.c.at)).where(
        audit.c.action == "assess", names_it
    )
    line, at = connection.execute(query).one()
    if line is None:
        return None
    forgets = select(exists().where(audit.c.action == "forget", audit.c.audit_id > line))
    return Gone(at, bool(connection.execute(forgets).scalar_one()))
