"""The use case of comparing a challenger with the champion: totals, and never about few."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract, parse_contract
from features.contract import Field as Input
from models.clustered import Floats, Measured, mean_of, share_of
from models.reasons import value_nl
from models.shares import FEWEST_SHOWN
from models.suggestion import Suggestion
from serving.permissions import Action, User, check_can
from serving.store.engine import EVERY_FUND, Store
from serving.store.shadow_pairs import Duel, list_duels, stream_pairs

FEWEST_TO_COMPARE = 50  # persons: of fewer a mean and its interval say nothing
FEWEST_IN_GROUP = 100  # persons; the rest of a comparison is about groups this large
# on the 0..1 scale: of many cases any difference is sure, and most matter little
LEAST_BEYOND = 0.01
CHANCE = 0.1  # that any group at all is named where none differs
MOST_LEVELS = 12
_Cell = tuple[Suggestion, Suggestion]  # of the champion and of the challenger
KNOWN = Mapping[_Cell, int | None]


@dataclass(frozen=True)
class GroupDifference:
    """A group that moves otherwise than the others: by how much more, on the 0..1 scale."""

    label_nl: str
    field: str
    moves: Measured
    beyond: Measured


@dataclass(frozen=True)
class Comparison:
    """What a challenger says otherwise than the champion, of the same assessments.

    Differences are the challenger's less the champion's, on the 0..1 scale. `matrix` counts by the
    suggestion of champion and challenger; None is fewer than five but some, or what would tell such
    a count. `gain` is None where both know it of too few. Without `usual` too few were compared.
    """

    duel: Duel
    cases: int
    persons: int
    usual: Measured | None = None
    most_moved: float = 0.0  # 95 % move less than this, up or down
    gain: Measured | None = None
    only_champion_gain: int = 0
    only_challenger_gain: int = 0
    other_suggestion: Measured | None = None
    matrix: KNOWN = field(default_factory=dict)
    other_reasons: Measured | None = None
    other_order: Measured | None = None
    milliseconds: float = 0.0
    groups: tuple[GroupDifference, ...] = ()
    groups_seen: int = 0


@dataclass
class _Pairs:
    """What was read of a duel, as columns."""

    old: list[float] = field(default_factory=list)
    new: list[float] = field(default_factory=list)
    old_gain: list[float] = field(default_factory=list)
    new_gain: list[float] = field(default_factory=list)
    suggestions: list[tuple[str, str]] = field(default_factory=list)
    same_set: list[bool] = field(default_factory=list)
    same_order: list[bool] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    persons: list[tuple[str, str]] = field(default_factory=list)
    inputs: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def add(self, row: Mapping[str, Any]) -> None:
        nothing = float("nan")
        self.old.append(row["p_usual"])
        self.new.append(row["new_p_usual"])
        self.old_gain.append(nothing if row["gain"] is None else row["gain"])
        self.new_gain.append(nothing if row["new_gain"] is None else row["new_gain"])
        self.suggestions.append((row["suggestion"], row["new_suggestion"]))
        old, new = row["champion_reasons"], row["reasons"]
        self.same_set.append(set(old) == set(new))
        self.same_order.append(old == new)
        self.seconds.append(row["seconds"])
        self.persons.append((row["sickness_fund"], row["person_key"]))
        self.inputs.append((row["contract_text"], row["inputs"]))


def report_shadow(
    user: User, *, store: Store, most: int, since: datetime | None = None
) -> Comparison | None:
    """Return the comparison that runs, over the last scores; None where there is none.

    Of the own fund, or of all for who has none. Raises NotAllowedError.
    """
    check_can(user, Action.VIEW_SHADOW)
    found = compare_all(store, fund=user.sickness_fund, since=since, most=most, only_last=True)
    return found[0] if found else None


def compare_all(
    store: Store,
    *,
    fund: str | None = None,
    since: datetime | None = None,
    most: int | None = None,
    only_last: bool = False,
) -> list[Comparison]:
    """Return a comparison of every challenger with every champion it met, the last one first."""
    with store.reading(fund or EVERY_FUND) as connection:
        duels = list_duels(connection, fund, since)
        found = []
        for duel in duels[:1] if only_last else duels:
            pairs = _Pairs()
            for part in stream_pairs(connection, duel, fund=fund, since=since, most=most):
                for row in part:
                    pairs.add(row)
            found.append(_compare(duel, pairs))
    return found


def _compare(duel: Duel, pairs: _Pairs) -> Comparison:
    numbers = {key: place for place, key in enumerate(dict.fromkeys(pairs.persons))}
    persons = np.array([numbers[key] for key in pairs.persons], dtype=np.intp)
    if len(numbers) < FEWEST_TO_COMPARE:
        return Comparison(duel, len(persons), len(numbers))
    moved = np.array(pairs.new) - np.array(pairs.old)
    old_gain, new_gain = np.array(pairs.old_gain), np.array(pairs.new_gain)
    both = ~np.isnan(old_gain) & ~np.isnan(new_gain)
    enough = len(np.unique(persons[both])) >= FEWEST_TO_COMPARE
    differs = np.array([old != new for old, new in pairs.suggestions])
    same_set, same_order = np.array(pairs.same_set), np.array(pairs.same_order)
    groups, seen = _find_groups(pairs, moved, persons)
    return Comparison(
        duel,
        cases=len(persons),
        persons=len(numbers),
        usual=mean_of(moved, persons),
        most_moved=float(np.quantile(np.abs(moved), 0.95)),
        gain=mean_of((new_gain - old_gain)[both], persons[both]) if enough else None,
        only_champion_gain=int((~np.isnan(old_gain) & np.isnan(new_gain)).sum()),
        only_challenger_gain=int((np.isnan(old_gain) & ~np.isnan(new_gain)).sum()),
        other_suggestion=share_of(differs, persons),
        matrix=build_matrix(pairs.suggestions),
        other_reasons=share_of(~same_set, persons),
        other_order=share_of(same_set & ~same_order, persons),
        milliseconds=1000 * float(np.mean(pairs.seconds)),
        groups=groups,
        groups_seen=seen,
    )


def build_matrix(suggestions: Sequence[tuple[str, str]]) -> KNOWN:
    """Return counts by the suggestion of champion and challenger, None for those to hide."""
    found = Counter((Suggestion(old), Suggestion(new)) for old, new in suggestions)
    hidden = {cell for cell, count in found.items() if count < FEWEST_SHOWN}
    # the share of other suggestions tells the sum of those that differ, and so of those that do not
    same = [cell for cell in found if cell[0] is cell[1]]
    other = [cell for cell in found if cell[0] is not cell[1]]
    for part in (same, other, list(found)):
        hidden |= _cover(found, part, hidden)
    return {
        (old, new): None if (old, new) in hidden else found[old, new]
        for old in Suggestion
        for new in Suggestion
    }


def _cover(
    found: Mapping[_Cell, int], part: Sequence[_Cell], hidden: Collection[_Cell]
) -> set[_Cell]:
    """Return which cells to hide too, where the sum of a part would tell those hidden in it."""
    gone = [cell for cell in part if cell in hidden]
    left = sorted(
        (cell for cell in part if cell not in hidden), key=lambda cell: (found[cell], cell)
    )
    tells = len(gone) == 1 or 0 < sum(found[cell] for cell in gone) < FEWEST_SHOWN
    return set(left[:1]) if tells else set()


def _find_groups(
    pairs: _Pairs, moved: Floats, persons: NDArray[np.intp]
) -> tuple[tuple[GroupDifference, ...], int]:
    """Return the groups that move otherwise than everybody else, and how many were looked at.

    By a point or more, and surely: all tests together name a group by chance in one comparison of
    ten (Bonferroni).
    """
    found = [
        (of, label, members)
        for of, label, members in _list_groups(pairs)
        if min(_count(persons, members), _count(persons, ~members)) >= FEWEST_IN_GROUP
    ]
    errors = -NormalDist().inv_cdf(CHANCE / 2 / max(len(found), 1))
    differing = []
    for of, label, members in found:
        # the mean of the group less that of the others, as one mean of weighted cases
        share = members.mean()
        centre = np.where(members, moved[members].mean(), moved[~members].mean())
        weighted = (moved - centre) * np.where(members, 1 / share, -1 / (1 - share))
        error = mean_of(weighted, persons, errors)
        beyond = float(moved[members].mean() - moved[~members].mean())
        half = error.high - error.value
        if abs(beyond) > max(half, LEAST_BEYOND):
            away = Measured(beyond, beyond - half, beyond + half, error.cases, error.persons)
            moves = mean_of(moved[members], persons[members])
            differing.append(GroupDifference(label, of, moves, away))
    differing.sort(key=lambda one: -abs(one.beyond.value))
    return tuple(differing), len(found)


def _count(persons: NDArray[np.intp], members: NDArray[np.bool_]) -> int:
    return len(np.unique(persons[members]))


def _list_groups(pairs: _Pairs) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """Return field, label and members of each group: levels, what is not known, and thirds."""
    if len({text for text, _ in pairs.inputs}) != 1:
        return []  # under two contracts a field may not mean the same
    contract = _parse(pairs.inputs[0][0])
    groups = []
    for one in contract.columns:
        values = [inputs.get(one.name) for _, inputs in pairs.inputs]
        unknown = np.array([value is None for value in values])
        groups.append((one.name, f"{one.label_nl}: {value_nl(one, float('nan'))}", unknown))
        groups += [(one.name, label, m) for label, m in _part(one, values, unknown)]
    return groups


def _part(
    one: Input, values: Sequence[Any], unknown: NDArray[np.bool_]
) -> list[tuple[str, NDArray[np.bool_]]]:
    if one.levels and len(one.levels) <= MOST_LEVELS:
        codes = np.array([-1 if value is None else one.codes[value] for value in values])
        told = [float(code) for code in range(len(one.levels))]
    elif one.kind == "flag":
        codes = np.array([-1 if value is None else int(value) for value in values])
        told = [0.0, 1.0]
    elif one.levels or unknown.all():
        return []
    else:
        return _part_number(one, np.array([np.nan if v is None else float(v) for v in values]))
    return [(f"{one.label_nl}: {value_nl(one, code)}", codes == code) for code in told]


def _part_number(one: Input, values: Floats) -> list[tuple[str, NDArray[np.bool_]]]:
    low, high = np.nanquantile(values, [1 / 3, 2 / 3], method="lower").tolist()
    if low == high:
        return []
    return [
        (f"{one.label_nl}: tot en met {value_nl(one, low)}", values <= low),
        (
            f"{one.label_nl}: meer dan {value_nl(one, low)}, tot en met {value_nl(one, high)}",
            (values > low) & (values <= high),
        ),
        (f"{one.label_nl}: meer dan {value_nl(one, high)}", values > high),
    ]


@lru_cache(maxsize=4)
def _parse(text: str) -> Contract:
    return parse_contract(text, where="store")
