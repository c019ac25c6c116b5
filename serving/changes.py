"""What changed between two assessments of a case: values, numbers, suggestion and reasons."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.contract import Contract
from features.matrix import build_row
from models.estimate import Sum
from models.reasons import value_nl
from models.suggestion import Suggestion
from serving.assessment import Assessment

NOT_ASKED_NL = "niet gevraagd"


@dataclass(frozen=True)
class FieldChange:
    """One field whose value changed, as a person reads it."""

    field: str
    label_nl: str
    before_nl: str
    after_nl: str


@dataclass(frozen=True)
class Move:
    """By how many percentage points one field moved a number, whether or not its value changed."""

    field: str
    label_nl: str
    points: float


@dataclass(frozen=True)
class NumberChange:
    """By how many percentage points a number changed.

    With the same model `moves`, strongest first, and `limit_points` add up to `points`; with
    another model there are none.
    """

    points: float
    moves: Sequence[Move] | None
    limit_points: float | None


@dataclass(frozen=True)
class Changes:
    """What changed since the assessment before; a number is None where it was or is not known."""

    since_id: str
    fields: Sequence[FieldChange]
    usual: NumberChange
    gain: NumberChange | None
    support: NumberChange | None
    suggestion_before: Suggestion
    suggestion_after: Suggestion
    is_other_model: bool


def find_changes(history: Sequence[Assessment]) -> Changes | None:
    """Return what changed between the last two assessments; None when there is only one."""
    if len(history) < 2:
        return None
    after, before = history[0], history[1]
    is_other = _name_model(after) != _name_model(before)
    contract = None if is_other else after.contract
    one, two = before.estimate, after.estimate
    return Changes(
        since_id=before.assessment_id,
        fields=list_changed_fields(before, after),
        usual=_compare(one.usual, two.usual, contract),
        gain=_compare(one.gain, two.gain, contract) if one.gain and two.gain else None,
        support=_compare(one.support, two.support, contract)
        if one.support and two.support
        else None,
        suggestion_before=before.suggestion,
        suggestion_after=after.suggestion,
        is_other_model=is_other,
    )


def _name_model(a: Assessment) -> tuple[str, str]:
    return a.model_version, a.contract.fingerprint


def list_changed_fields(before: Assessment, after: Assessment) -> list[FieldChange]:
    """Return the fields of either contract whose value changed, in the order of the latest."""
    old, new = _name_values(before), _name_values(after)
    return [
        FieldChange(
            name,
            (new.get(name) or old[name])[0],
            old[name][1] if name in old else NOT_ASKED_NL,
            new[name][1] if name in new else NOT_ASKED_NL,
        )
        for name in [*new, *(name for name in old if name not in new)]
        if old.get(name, (None,) * 3)[1:] != new.get(name, (None,) * 3)[1:]
    ]


def _name_values(a: Assessment) -> Mapping[str, tuple[str, str, float | None]]:
    """Return label, value as a person reads it, and the value itself of every field."""
    row = build_row(a.case, a.contract)
    return {
        f.name: (f.label_nl, value_nl(f, float(v)), _find_number(f.levels, float(v)))
        for f, v in zip(a.contract.fields, row, strict=True)
    }


def _find_number(levels: Mapping[str, str] | None, value: float) -> float | None:
    # the place of a level says nothing across contracts, and nothing beside its name
    return None if levels or math.isnan(value) else value


def _compare(before: Sum, after: Sum, contract: Contract | None) -> NumberChange:
    points = (after.value - before.value) * 100
    if contract is None:
        return NumberChange(points, None, None)
    moved = ((after.contributions - before.contributions) * 100).tolist()
    moves = [
        Move(field.name, field.label_nl, by)
        for field, by in zip(contract.fields, moved, strict=True)
        if by
    ]
    moves.sort(key=lambda move: -abs(move.points))
    # a model has one base: between two assessments of it that adds nothing
    return NumberChange(points, moves, (after.limit - before.limit) * 100)
