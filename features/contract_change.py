"""What of a changed contract would break who sends cases under the contract of today."""

from collections.abc import Iterator

from features.contract import Contract
from features.fields import MOST_DAYS, Field


def find_breaks(served: Contract, other: Contract) -> list[str]:
    """Return why a case that `served` accepts could be refused, or mean something else, in `other`.

    Empty where every such case still fits: `other` may ask more only where it may be missing,
    allow more values, and word things anew. Each line names a field and no value of a person.
    """
    return [*_find_head_breaks(served, other), *_find_column_breaks(served, other)]


def _find_head_breaks(served: Contract, other: Contract) -> Iterator[str]:
    if other.outcome != served.outcome:
        yield "outcome: another outcome would stand beside the estimates that are kept"
    before, after = _read_days(served), _read_days(other)
    if after[0] > before[0] or after[1] < before[1]:
        yield "absent_days: fewer days from absence_started_on to screened_on are accepted"


def _read_days(contract: Contract) -> tuple[float, float]:
    """Return how many days of absence are accepted, from and to."""
    found = [f for f in contract.fields if f.derived == "absent_days"]
    low = max([f.low or 0 for f in found], default=0)
    return low, min([f.high or MOST_DAYS for f in found], default=MOST_DAYS)


def _find_column_breaks(served: Contract, other: Contract) -> Iterator[str]:
    before = {f.name: f for f in served.columns}
    after = {f.name: f for f in other.columns}
    for name, field in before.items():
        if name in after:
            yield from (f"{name}: {fault}" for fault in _find_field_breaks(field, after[name]))
        else:
            yield f"{name}: is gone, and a case that brings it would be refused"
    for name, field in after.items():
        if name not in before and not field.missing:
            yield f"{name}: is new and required"


def _find_field_breaks(before: Field, after: Field) -> Iterator[str]:
    if _get_shape(before) != _get_shape(after):
        yield f"means something else: expected {before.expected()}"
        return
    lacking = [level for level in before.levels if level not in after.levels]
    if lacking:
        yield f"no longer accepts {len(lacking)} of its levels"
    if before.low is not None and before.high is not None:
        low, high = after.low or 0, after.high or 0
        if low > before.low or high < before.high:
            yield f"no longer accepts all of {before.low:g} to {before.high:g}"
    if after.integer and not before.integer:
        yield "accepts whole numbers only"
    if before.missing and not after.missing:
        yield "may no longer be missing"


def _get_shape(f: Field) -> tuple[str, str]:
    """Return what a value is: a level, true or false, or a number in some unit."""
    if f.levels:
        return "level", ""
    return ("flag", "") if f.kind == "flag" else ("number", f.unit_nl)
