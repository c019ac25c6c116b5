"""What became of the gain where the answer is known beforehand: checks, verdicts, and their table.

Figures are probabilities; sentences and tables show points (per 100).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.evaluate import NINETY_FIVE_PERCENT, Measured

WIDER = 2.5758293035489004 / NINETY_FIVE_PERCENT  # from a 95 % interval to one of 99 %


@dataclass(frozen=True)
class Verdict:
    """What a check says in a sentence, and whether it warns against the gain."""

    text: str
    warns: bool = False


@dataclass(frozen=True)
class Check:
    """One check: what should come out, the mean gain that came out, and the verdict.

    `spread` is the standard deviation of the gain over people, None where it was not looked at.
    """

    key: str
    label: str
    expected: str
    mean: Measured
    spread: float | None
    verdict: Verdict


@dataclass(frozen=True)
class Sensitivity:
    """What a confounder that nobody wrote down could do, in strengths of the strongest that was.

    `biases` holds per strength by how much it moves the mean gain at most. `to_erase` is the
    strength that could make the mean 0, `to_unsettle` the one that could bring an end of its
    interval to 0 (0 where it is there already); None where none is strong enough.
    """

    field: str
    label_nl: str
    of_outcome: float
    of_support: float
    biases: Mapping[float, float]
    robustness: float
    to_erase: float | None
    to_unsettle: float | None

    def plain(self) -> dict[str, Any]:
        """Return plain values for the bundle."""
        return {
            "field": self.field,
            "of_outcome": round(self.of_outcome, 6),
            "of_support": round(self.of_support, 6),
            "biases": {f"{times:g}": round(bias, 6) for times, bias in self.biases.items()},
            "robustness": round(self.robustness, 6),
            "to_erase": _round(self.to_erase),
            "to_unsettle": _round(self.to_unsettle),
        }

    def tell(self) -> str:
        """Return what it takes to erase the gain, as a sentence."""
        if self.to_unsettle == 0:
            return (
                "Chance alone could make the mean gain 0: no hidden confounder is needed to erase "
                "it."
            )
        if self.to_erase is None:
            return f"No hidden confounder can erase the gain by the measure of '{self.label_nl}'."
        told = (
            f"To erase the gain, a hidden confounder must bear {self.to_erase:.1f} times as much "
            f"on support and on return as '{self.label_nl}' does beside all other inputs"
        )
        if self.to_unsettle is not None:
            told += f"; {self.to_unsettle:.1f} times is enough to make it unsure"
        return (
            f"{told}. It would explain {self.robustness:.1%} of what the inputs leave open of both."
        )


@dataclass(frozen=True)
class Refutation:
    """The real gain, and what all attempts to refute it found.

    `real_spread` is the standard deviation over people of the gain that the release shows.
    `sensitivity` is None where a lot gave support; `left_out` tells which checks could not be made,
    and why. `rows` and `supported` count the rows of the target trial that the checks looked at.
    """

    real: Measured
    real_spread: float
    rows: int
    supported: int
    checks: tuple[Check, ...]
    sensitivity: Sensitivity | None
    left_out: tuple[str, ...]

    @property
    def warnings(self) -> list[str]:
        """The verdicts that warn against the gain."""
        return [
            f"{check.label}: {check.verdict.text}" for check in self.checks if check.verdict.warns
        ]

    @property
    def metrics(self) -> dict[str, Measured]:
        """Every figure by name; of what a hidden confounder may do, the interval is its reach."""
        found = {"real": self.real} | {check.key: check.mean for check in self.checks}
        for name, spread in [("real", self.real_spread), *_list_spreads(self.checks)]:
            found[f"{name}_spread"] = Measured(spread, spread, spread)
        if self.sensitivity:
            for times, bias in self.sensitivity.biases.items():
                mean = self.real.value
                found[f"hidden_{times:g}_times"] = Measured(mean, mean - bias, mean + bias)
        return found

    def plain(self) -> dict[str, Any]:
        """Return plain values for the bundle."""
        return {
            "rows": self.rows,
            "supported": self.supported,
            "figures": {name: one.plain() for name, one in self.metrics.items()},
            "verdicts": {check.key: check.verdict.text for check in self.checks},
            "warnings": self.warnings,
            "sensitivity": self.sensitivity.plain() if self.sensitivity else None,
            "left_out": list(self.left_out),
        }


def judge_placebo(mean: Measured, spread: float, shown: float, most: float) -> Verdict:
    """Return the verdict on a gain that was found where support can do nothing.

    `spread` is that over people, `shown` that of the release; a spread of up to `most` is little.
    """
    half = WIDER * (mean.high - mean.low) / 2
    if abs(mean.value) > half:
        return Verdict("found where there is none: do not rely on the real one", warns=True)
    if spread > most:
        told = f"differences of {100 * spread:.1f} points between people are invented"
        if shown == 0:
            return Verdict(f"{told}; the release shows one gain for all")
        told += f", beside {100 * shown:.1f} that are shown and held among later people"
        return Verdict(told, spread >= shown)
    if not mean.low <= 0 <= mean.high:
        return Verdict("just off 0, as chance alone has it in one of twenty such checks")
    return Verdict("as it should be: nothing is found where there is nothing")


def judge_dropped(moved: Measured, before: Measured, after: Measured, bound: float) -> Verdict:
    """Return the verdict on the gain without the field that bears most on it.

    `bound` is by how much the field, had it been hidden, was reckoned to move the mean at most.
    """
    told = f"moves the mean by {_points(moved)} from {100 * before.value:+.1f} on the same rows"
    if before.low > 0 >= after.low or before.high < 0 <= after.high:
        return Verdict(f"{told}: without this one input the gain is no longer clear of 0", True)
    if max(moved.low, -moved.high) > bound:
        return Verdict(
            f"{told}: more than the {100 * bound:.1f} that it was reckoned to do at most, so that "
            "hidden confounders may do more than reckoned, too",
            True,
        )
    return Verdict(f"{told}; it was reckoned to do {100 * bound:.1f} at most")


def judge_window(mean: Measured, *, by_lot: bool) -> Verdict:
    """Return the verdict on an effect in the first weeks, when support cannot act yet."""
    if by_lot:
        return Verdict("a lot gave support, so this is what support itself does so early")
    if mean.low > 0:
        return Verdict(
            "who was supported returns more before support can act: they differ in ways that "
            "nobody wrote down, and part of the gain may be theirs",
            warns=True,
        )
    if mean.high < 0:
        return Verdict(
            "fewer return at first, as when people finish what they began (lock-in); hidden "
            "differences the other way may hide behind it"
        )
    return Verdict("no clear difference; lock-in may cover up a hidden one that helps")


def tabulate_refutation(found: Refutation) -> str:
    """Return Markdown: each check beside the real gain, with its verdict, and the sensitivity."""
    parts = [
        f"Each check repeats the learning of the gain on {found.rows:,} rows of the target trial, "
        f"of which {found.supported:,} supported. In points, with 95 % intervals.",
        _lay_out(found),
    ]
    if found.sensitivity:
        parts += [
            _tabulate_sensitivity(found.real.value, found.sensitivity),
            found.sensitivity.tell(),
        ]
    return "\n\n".join([*parts, *(f"Left out: {one}." for one in found.left_out)])


def tell_refutation(found: Refutation) -> list[str]:
    """Return the same as lines of text for the command line."""
    lines = [f"the real gain: {_points(found.real)} points, SD {100 * found.real_spread:.1f}"]
    for check in found.checks:
        spread = "" if check.spread is None else f", SD {100 * check.spread:.1f}"
        lines.append(f"{check.label}: {_points(check.mean)}{spread}; {check.verdict.text}")
    if found.sensitivity:
        lines.append(found.sensitivity.tell())
    return [*lines, *(f"left out: {one}" for one in found.left_out)]


def _lay_out(found: Refutation) -> str:
    real = f"{_points(found.real)}; {100 * found.real_spread:.1f}"
    lines = [
        "| check | should be | mean gain; SD over people | the real gain; SD | verdict |",
        "| --- | --- | --- | --- | --- |",
    ]
    for check in found.checks:
        spread = "" if check.spread is None else f"; {100 * check.spread:.1f}"
        cells = (check.label, check.expected, f"{_points(check.mean)}{spread}", real)
        lines.append(f"| {' | '.join(cells)} | {check.verdict.text} |")
    return "\n".join(lines)


def _tabulate_sensitivity(real: float, found: Sensitivity) -> str:
    """Return what hidden confounders may make of the mean gain, chance left aside."""
    lines = [
        f"| hidden confounder, beside '{found.label_nl}' | mean gain at least | at most |",
        "| --- | --- | --- |",
    ]
    for times, bias in found.biases.items():
        low, high = real - bias, real + bias
        lines.append(f"| {times:g} times as strong | {100 * low:+.1f} | {100 * high:+.1f} |")
    return "\n".join(lines)


def _list_spreads(checks: tuple[Check, ...]) -> list[tuple[str, float]]:
    return [(check.key, check.spread) for check in checks if check.spread is not None]


def _points(one: Measured) -> str:
    return f"{100 * one.value:+.1f} ({100 * one.low:+.1f} to {100 * one.high:+.1f})"


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
