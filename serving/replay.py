"""The use case of a replay: what the same inputs, bundle and limits give, against what is kept.

Equal means every bit: both databases give back the float that they were given. The one exception is
the sign of a zero, which SQLite does not keep and nobody can see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import repeat
from typing import Any

import numpy as np

from features.matrix import Matrix, build_row
from models.bundle import Bundle
from models.curve import list_curves, trace_curves
from models.suggestion import suggest
from serving.store.assessments import read_limits_kept
from serving.store.replays import Kept, to_estimated

# what a damaged row can hold where a value, a day or a limit belongs
_DAMAGED = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
# the parts of an estimate, and in which columns each is kept
PARTS: Mapping[str, tuple[str, ...]] = {
    "p_usual": ("p_usual",),
    "interval of p_usual": ("low", "high"),
    "reasons of p_usual": ("base", "bound", "contributions"),
    "gain": ("gain_status", "gain", "gain_hidden"),
    "interval of gain": ("gain_low", "gain_high"),
    "reasons of gain": ("gain_base", "gain_bound", "gain_contributions"),
    "p_support": ("p_support",),
    "interval of p_support": ("support_low", "support_high"),
    "curve": ("curve",),
    "suggestion": ("suggestion",),
}


class Verdict(StrEnum):
    """Whether a part came out as it was kept."""

    EQUAL = "equal"
    DIFFERS = "differs"
    NOT_KEPT = "not kept then"


@dataclass(frozen=True)
class Part:
    """One part of an assessment; `why` says more where it differs, and never a value."""

    name: str
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True)
class Replay:
    """What came of one assessment; `given` is what is computed now, empty where nothing can be."""

    kept: Kept
    parts: tuple[Part, ...]
    given: Mapping[str, Any]

    @property
    def differing(self) -> list[str]:
        """The names of the parts that differ."""
        return [one.name for one in self.parts if one.verdict is Verdict.DIFFERS]

    @property
    def is_equal(self) -> bool:
        """Whether every part that was kept came out as it was."""
        return not self.differing


def replay_all(kept: Sequence[Kept], bundle: Bundle) -> list[Replay]:
    """Return what comes of assessments of one bundle, all computed at once.

    A row of a matrix gives the same whatever rows stand beside it, so one at a time gives no other
    answer than many.
    """
    rows = [_build_row(one, bundle) for one in kept]
    sound = [place for place, row in enumerate(rows) if row is not None]
    given = _compute([kept[place] for place in sound], [r for r in rows if r is not None], bundle)
    found = dict(zip(sound, given, strict=True))
    return [_compare(one, found.get(place), bundle) for place, one in enumerate(kept)]


def _build_row(kept: Kept, bundle: Bundle) -> Matrix | None:
    try:
        return build_row(kept.case, bundle.contract)
    except _DAMAGED:
        return None


def _compute(
    kept: Sequence[Kept], rows: Sequence[Matrix], bundle: Bundle
) -> list[Mapping[str, Any]]:
    if not kept:
        return []
    matrix, curve = np.vstack(rows), bundle.model.curve
    estimates = bundle.estimate_many(matrix)
    curves = list_curves(trace_curves(curve, estimates, matrix)) if curve else repeat(())
    given: list[Mapping[str, Any]] = []
    for place, (one, points) in enumerate(zip(kept, curves, strict=False)):
        estimate = estimates.one(place)
        try:
            suggestion = suggest(estimate, read_limits_kept(one.limits)).value
        except _DAMAGED:
            suggestion = ""  # limits that cannot be read suggest nothing
        given.append(to_estimated(estimate, points, suggestion))
    return given


def _compare(kept: Kept, given: Mapping[str, Any] | None, bundle: Bundle) -> Replay:
    parts = [_compare_inputs(kept, is_readable=given is not None), *_compare_model(kept, bundle)]
    for name, columns in PARTS.items():
        if given is None:
            parts.append(Part(name, Verdict.DIFFERS, "cannot be computed from these inputs"))
            continue
        differing = [c for c in columns if kept.estimated[c] != given[c]]
        why = "; ".join(_tell(c, kept.estimated[c], given[c], bundle) for c in differing)
        parts.append(Part(name, Verdict.DIFFERS if differing else Verdict.EQUAL, why))
    return Replay(kept, tuple(parts), given or {})


def _compare_inputs(kept: Kept, *, is_readable: bool) -> Part:
    if not is_readable:
        return Part("inputs", Verdict.DIFFERS, "a value is none that the contract knows")
    named = ("sickness_fund", "case_id", "screened_on")
    if any(kept.case.get(name) != getattr(kept, name) for name in named):
        return Part("inputs", Verdict.DIFFERS, "they name another case or day than their row")
    if kept.are_inputs_whole is None:
        return Part("inputs", Verdict.NOT_KEPT, "no checksum: the assessment is older than that")
    if not kept.are_inputs_whole:
        return Part("inputs", Verdict.DIFFERS, "they are not those whose checksum was kept")
    return Part("inputs", Verdict.EQUAL)


def _compare_model(kept: Kept, bundle: Bundle) -> list[Part]:
    if kept.bundle_digest is None:
        told = f"no checksum: version {kept.model_version} is taken at its word"
        model = Part("bundle", Verdict.NOT_KEPT, told)
    elif kept.bundle_digest != bundle.digest:
        model = Part("bundle", Verdict.DIFFERS, "another bundle than the one that is kept")
    else:
        model = Part("bundle", Verdict.EQUAL)
    found = sha256(kept.contract_text.encode()).hexdigest()[:12]
    is_same = found == kept.contract_fingerprint == bundle.contract.fingerprint
    why = "" if is_same else "the contract that is kept is not that of the bundle"
    return [model, Part("contract", Verdict.EQUAL if is_same else Verdict.DIFFERS, why)]


def _tell(column: str, kept: Any, given: Any, bundle: Bundle) -> str:
    """Say how one column differs: by how much, or in which fields, and nothing else."""
    if isinstance(kept, list) and isinstance(given, list) and len(kept) == len(given):
        if column.endswith("contributions"):
            pairs = zip(bundle.contract.fields, kept, given, strict=True)
            return f"{column}: " + ", ".join(f.name for f, a, b in pairs if a != b)
        days = [str(b["days"]) for a, b in zip(kept, given, strict=True) if a != b]
        return f"{column}: day {', '.join(days)}"
    if isinstance(kept, float) and isinstance(given, float):
        return f"{column}: by {abs(kept - given):.2g}"
    return column
