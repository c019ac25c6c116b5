"""What the number of a case stands for: one person and one absence, for as long as it is kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Select, bindparam, select

from features.errors import KantelpuntError
from serving.assessment import Assessment
from serving.permissions import Scope
from serving.store.reach import in_reach
from serving.store.requests import list_upheld
from serving.store.standing import build_objection
from serving.store.tables import cases

FIXED = ("person_key", "absence_started_on")
_Key = tuple[str, str]  # sickness fund and case
_T = TypeVar("_T")


class OtherCaseError(KantelpuntError):
    """A case under a number that stands for another one; `fields` names what differs."""

    def __init__(self, fields: Sequence[str]) -> None:
        """Keep the names of the fields; what they hold is nobody's business here."""
        self.fields = list(fields)
        super().__init__(f"this number stands for another case: {', '.join(fields)} differ")


class CaseTakenError(OtherCaseError):
    """A number that somebody else gave to another case at this very moment."""


@dataclass(frozen=True)
class KeptCase:
    """What a number stands for, in which region, and whether somebody objects."""

    case_id: str
    person_key: str
    absence_started_on: date
    region: str
    is_blocked: bool

    def list_differing(self, case: Mapping[str, Any]) -> list[str]:
        """Return which of the fixed fields another case under this number has otherwise."""
        return [name for name in FIXED if case[name] != getattr(self, name)]


def list_other(
    connection: Connection, given: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return those of the cases whose number stands for another one in the store."""
    keys = [(case["sickness_fund"], case["case_id"]) for case in given]
    kept = _find_all(connection, keys)
    pairs = ((kept.get(key), case) for key, case in zip(keys, given, strict=True))
    return [case for one, case in pairs if one and one.list_differing(case)]


def find_bars(
    connection: Connection,
    made: Sequence[Assessment],
    *,
    region: str | None = None,
    hold: bool = False,
) -> dict[int, KantelpuntError]:
    """Return by its place why an assessment may not be made; none is there for those that may.

    Its number stands for another case, in the store or before it among `made`; or the person
    objects. Whoever is limited to a region draws no case of another one to it. Who saves
    must `hold` the cases until the transaction ends: whoever else writes about them waits.
    """
    kept = _find_all(connection, [(one.sickness_fund, one.case_id) for one in made], hold=hold)
    upheld = {
        (fund, case_id)
        for fund, ids in _group(key for key, one in kept.items() if one.is_blocked)
        for case_id in list_upheld(connection, Scope(fund), ids)
    }
    bars = {}
    for place, one in enumerate(made):
        key = (one.sickness_fund, one.case_id)
        known = kept.setdefault(key, _to_kept(one))
        error = _find_bar(one, known, region, is_upheld=key in upheld)
        if error is not None:
            bars[place] = error
    return bars


def _find_all(
    connection: Connection, keys: Iterable[_Key], *, hold: bool = False
) -> dict[_Key, KeptCase]:
    return {
        (fund, row.case_id): KeptCase(*row)
        for fund, ids in _group(keys)
        for row in connection.execute(_build_look_up(fund, hold=hold), {"ids": sorted(ids)})
    }


@lru_cache(maxsize=256)
def _build_look_up(fund: str, *, hold: bool) -> Select[Any]:
    # kept: each assessment asks this, and building it takes longer than running it
    ids: BindParameter[Any] = bindparam("ids", expanding=True)
    query = select(*(cases.c[name] for name in KeptCase.__dataclass_fields__)).where(
        in_reach(cases, Scope(fund)), cases.c.case_id.in_(ids)
    )
    # in one order, or two who wait would wait forever
    return query.order_by(cases.c.case_id).with_for_update() if hold else query


def _group(keys: Iterable[_Key]) -> list[tuple[str, set[str]]]:
    """Return the numbers of each fund, in the order of the funds."""
    found: dict[str, set[str]] = {}
    for fund, case_id in keys:
        found.setdefault(fund, set()).add(case_id)
    return sorted(found.items())


def _to_kept(one: Assessment) -> KeptCase:
    fixed = {name: one.case[name] for name in FIXED}
    return KeptCase(one.case_id, **fixed, region=one.case["region"], is_blocked=False)


def _find_bar(
    one: Assessment, kept: KeptCase, region: str | None, *, is_upheld: bool
) -> KantelpuntError | None:
    if region is not None and kept.region != region:
        # no more than that: whether it is the same person is not for who may not see the case
        return OtherCaseError(["region"])
    if differing := kept.list_differing(one.case):
        return OtherCaseError(differing)
    return build_objection(is_upheld=is_upheld) if kept.is_blocked else None


def once_more(step: Callable[[], _T]) -> _T:
    """Return what a step gives; a second time where somebody else took one of its numbers.

    By then that case is there to be seen, and only what differs from it is refused.
    """
    try:
        return step()
    except CaseTakenError:
        return step()
