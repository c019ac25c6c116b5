"""One model input: what it is called, what it may hold, and what is wrong with its declaration."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, floor
from string import Formatter
from typing import Literal, get_args

from pydantic import BaseModel

Kind = Literal["number", "category", "flag", "answer"]
Known = Literal["screening", "later"]
KINDS: tuple[str, ...] = get_args(Kind)
KNOWN: tuple[str, ...] = get_args(Known)
DERIVED = ("absent_days",)
CASE_COLUMNS = (
    "case_id",
    "person_key",
    "sickness_fund",
    "region",
    "absence_started_on",
    "screened_on",
)
NEVER_AN_INPUT = frozenset(
    [
        *("sex", "gender", "male", "female", "origin", "race", "ethnicity", "black", "hispanic"),
        *("nationality", "language", "dutch_level", "religion", "treating_physician"),
        *("ssin", "insz", "rijksregisternummer", "national_number", "name", "address"),
    ]
)
NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,59}")
# what lies further out, or closer together, no longer tells one value from the next
FURTHEST = 10.0**12
CLOSEST = 10.0**-9
MOST_DAYS = 36_500
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# written like this, a cell of a table holds nothing
MISSING_TEXTS = frozenset({"", "na", "n/a", "nan", "null", "<na>"})


@dataclass(frozen=True)
class Field:
    """One model input.

    `low` and `high` bound numbers and answers on a scale, both included. `levels` maps the keys of
    a category, or of an answer in steps (lowest step first), to their Dutch labels. A `derived`
    field is computed from the dates of the case and is no column of a table. `known` tells when the
    value is known: what is only known later may never be an input.
    """

    name: str
    kind: Kind
    label_nl: str
    source: str
    unit_nl: str = ""
    low: float | None = None
    high: float | None = None
    integer: bool = False
    levels: Mapping[str, str] = field(default_factory=dict)
    missing: bool = True
    changeable: bool = False
    derived: str | None = None
    known: Known = "screening"
    up_nl: str = "{label}: {value}"
    down_nl: str = "{label}: {value}"

    @cached_property
    def codes(self) -> dict[str, float]:
        """The number of each level in the matrix: its place, counted from 0."""
        return {level: float(place) for place, level in enumerate(self.levels)}

    def expected(self) -> str:
        """What a value must look like, for messages: bounds or levels, never a value."""
        if self.levels:
            shown = list(self.levels)
            return "one of " + ", ".join(shown[:12]) + (", …" if len(shown) > 12 else "")
        if self.kind == "flag":
            return "true or false"
        whole = "a whole number" if self.integer else "a number"
        return f"{whole} from {self.low:g} to {self.high:g}"


def find_faults(f: Field) -> list[str]:
    """Return everything that is wrong with the declaration of one field."""
    if f.kind not in KINDS:
        return [f"{f.name}: kind must be one of {', '.join(KINDS)}"]
    rules = (_bound_faults, _level_faults, _knowledge_faults, _phrase_faults)
    return [f"{f.name}: {fault}" for rule in rules for fault in rule(f)]


def find_name_faults(names: list[str]) -> list[str]:
    """Return everything that is wrong with the names of a contract's fields."""
    twice = sorted({name for name in names if names.count(name) > 1})
    faults = [f"{name}: declared twice" for name in twice]
    for name in names:
        if not NAME_PATTERN.fullmatch(name):
            faults.append(f"{name!r}: expected a name of small letters, digits and underscores")
        elif name in CASE_COLUMNS:
            faults.append(f"{name}: is a column of every case already and cannot be an input")
        elif name in NEVER_AN_INPUT:
            faults.append(
                f"{name}: may never be an input; keep it in the groups table, for fairness only"
            )
        elif hasattr(BaseModel, name):
            faults.append(f"{name}: means something else in a request; choose another name")
    return faults


def find_derived_faults(fields: list[Field]) -> list[str]:
    """Return what is wrong with fields that are computed: each may be there once."""
    derived = [f.derived for f in fields if f.derived is not None]
    twice = sorted({name for name in derived if derived.count(name) > 1})
    return [f"{name}: two fields are derived from it; keep one" for name in twice]


def _bound_faults(f: Field) -> Iterator[str]:
    low, high = f.low, f.high
    if f.kind in ("number", "answer") and not f.levels and (low is None or high is None):
        yield "needs low and high" + (", or levels" if f.kind == "answer" else "")
    if low is None or high is None:
        return
    if not (abs(low) <= FURTHEST and abs(high) <= FURTHEST):
        yield f"low and high must be finite numbers from {-FURTHEST:g} to {FURTHEST:g}"
    elif low >= high:
        yield "low must be less than high"
    elif high - low < CLOSEST:
        yield f"low and high must lie {CLOSEST:g} apart or more"
    elif f.integer and ceil(low) > floor(high):
        yield "there is no whole number between low and high"


def _level_faults(f: Field) -> Iterator[str]:
    if f.kind == "category" and len(f.levels) < 2:
        yield "a category needs two levels or more"
    if f.kind in ("number", "flag") and f.levels:
        yield f"a {f.kind} has no levels"
    if any(_CONTROL.search(text) for level in f.levels.items() for text in level):
        yield "a level and its label may hold no line ends or other control characters"
    if any(level.strip().lower() in MISSING_TEXTS or level != level.strip() for level in f.levels):
        yield "a level may not be empty, begin or end with a blank, or read as missing (NA, null)"


def _knowledge_faults(f: Field) -> Iterator[str]:
    if f.kind == "answer" and not f.missing:
        yield "an answer may always be missing, because the questionnaire may not come back"
    if f.derived is not None and f.derived not in DERIVED:
        yield f"derived must be one of {', '.join(DERIVED)}"
    if f.derived is not None and f.kind != "number":
        yield "a derived field must be a number"
    if f.derived is not None and f.low is not None and f.high is not None:
        first, last = max(f.low, 0), min(f.high, MOST_DAYS)
        if first > last or ceil(first) > floor(last):
            yield f"no whole number of days from 0 to {MOST_DAYS} lies between low and high"
    if f.known not in KNOWN:
        yield f"known must be one of {', '.join(KNOWN)}"
    if f.known == "later":
        yield "is known only after the screening: may never be an input, leave it out"


def _phrase_faults(f: Field) -> Iterator[str]:
    if any(_CONTROL.search(text) for text in (f.label_nl, f.unit_nl, f.up_nl, f.down_nl)):
        yield "a label, unit or phrase may hold no line ends or other control characters"
    if not all(_is_plain(phrase) for phrase in (f.up_nl, f.down_nl)):
        yield "a reason phrase may use only {label} and {value}"


def _is_plain(phrase: str) -> bool:
    """Tell whether a phrase names the label and the value, without a width, index or attribute."""
    try:
        parts = list(Formatter().parse(phrase))
    except ValueError:
        return False
    return all(
        name is None or (name in ("label", "value") and not width and convert is None)
        for _, name, width, convert in parts
    )
