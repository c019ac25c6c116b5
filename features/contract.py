"""The contract: every model input, declared once, and the outcome that is predicted."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args

from features.errors import KantelpuntError

Kind = Literal["number", "category", "flag", "answer"]
KINDS: tuple[str, ...] = get_args(Kind)
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
    "sex gender male female origin race ethnicity black hispanic nationality language dutch_level "
    "religion ssin insz rijksregisternummer national_number treating_physician name address".split()
)
NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,59}")
DEFAULT_PATH = Path(__file__).with_name("contract.toml")


class ContractError(KantelpuntError):
    """A contract that cannot be used, with every fault that was found in it."""

    def __init__(self, where: str, faults: list[str]) -> None:
        """Keep the faults one by one, and join them into the message."""
        self.faults = faults
        super().__init__(
            f"contract {where} cannot be used:\n" + "\n".join(f"- {f}" for f in faults)
        )


@dataclass(frozen=True)
class Field:
    """One model input.

    `low` and `high` bound numbers and answers on a scale, both included. `levels` maps the keys of a
    category, or of an answer in steps (lowest step first), to their Dutch labels. A `derived` field is
    computed from the dates of the case and is no column of a table.
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


@dataclass(frozen=True)
class Outcome:
    """What is predicted: a return that lasts `sustained_days`, begun within `horizon_days` of the screening."""

    horizon_days: int = 365
    sustained_days: int = 90


@dataclass(frozen=True)
class Contract:
    """All model inputs in order, with the text they were read from."""

    name: str
    version: str
    title_nl: str
    outcome: Outcome
    fields: tuple[Field, ...]
    text: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The inputs in the order of the matrix."""
        return tuple(f.name for f in self.fields)

    @cached_property
    def columns(self) -> tuple[Field, ...]:
        """The inputs that a table or a request must bring: all but the derived ones."""
        return tuple(f for f in self.fields if f.derived is None)

    @cached_property
    def answers(self) -> tuple[int, ...]:
        """Places in the matrix of the questionnaire's answers."""
        return tuple(i for i, f in enumerate(self.fields) if f.kind == "answer")

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change with any character of the contract."""
        return sha256(self.text.encode()).hexdigest()[:12]

    def get_field(self, name: str) -> Field:
        """Return the input called `name`; raises KeyError for any other."""
        return self.fields[self.names.index(name)] if name in self.names else _no_field(name)


def _no_field(name: str) -> Field:
    raise KeyError(name)


@cache
def default_contract() -> Contract:
    """Return the contract that ships with Kantelpunt."""
    return read_contract(DEFAULT_PATH)


def read_contract(path: Path) -> Contract:
    """Return the contract in a TOML file; raises ContractError with every fault in it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(
            str(path), [f"cannot be read as UTF-8 text ({type(error).__name__})"]
        ) from error
    return parse_contract(text, where=str(path))


def parse_contract(text: str, *, where: str = "text") -> Contract:
    """Return the contract in a TOML text; raises ContractError with every fault in it."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(where, [f"is not valid TOML: {error}"]) from error
    faults = _check_top(raw)
    fields = [
        _build_field(place, item, faults) for place, item in enumerate(raw.get("fields", []), 1)
    ]
    faults += _check_names([f.name for f in fields])
    if faults:
        raise ContractError(where, faults)
    head = raw["contract"]
    return Contract(
        name=str(head["name"]),
        version=str(head["version"]),
        title_nl=str(head.get("title_nl", head["name"])),
        outcome=Outcome(**raw.get("outcome", {})),
        fields=tuple(fields),
        text=text,
    )


def _check_top(raw: dict[str, Any]) -> list[str]:
    faults = [
        f"[{key}] is unknown: expected [contract], [outcome] and [[fields]]"
        for key in raw
        if key not in ("contract", "outcome", "fields")
    ]
    head = raw.get("contract")
    if not isinstance(head, dict) or not {"name", "version"} <= set(head):
        faults.append("[contract] must give name and version")
    outcome = raw.get("outcome", {})
    for key, value in outcome.items() if isinstance(outcome, dict) else ():
        if key not in ("horizon_days", "sustained_days"):
            faults.append(f"[outcome] {key} is unknown: expected horizon_days and sustained_days")
        elif not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 3650:
            faults.append(f"[outcome] {key}: expected a whole number of days from 1 to 3650")
    if not isinstance(raw.get("fields"), list) or not raw["fields"]:
        faults.append("declares no [[fields]]: at least one input is needed")
        raw["fields"] = []
    return faults


def _check_names(names: list[str]) -> list[str]:
    faults = [
        f"{name}: declared twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    for name in names:
        if not NAME_PATTERN.fullmatch(name):
            faults.append(f"{name!r}: expected a name of small letters, digits and underscores")
        elif name in CASE_COLUMNS:
            faults.append(f"{name}: is a column of every case already and cannot be an input")
        elif name in NEVER_AN_INPUT:
            faults.append(
                f"{name}: may never be an input; keep it in the groups table, for fairness only"
            )
    return faults


_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "kind": (str,),
    "label_nl": (str,),
    "source": (str,),
    "unit_nl": (str,),
    "low": (int, float),
    "high": (int, float),
    "integer": (bool,),
    "levels": (dict, list),
    "missing": (bool,),
    "changeable": (bool,),
    "derived": (str,),
    "up_nl": (str,),
    "down_nl": (str,),
}


def _build_field(place: int, item: Mapping[str, Any], faults: list[str]) -> Field:
    name = str(item.get("name", f"field {place}"))
    known = {}
    for key, value in item.items():
        if key not in _TYPES:
            faults.append(f"{name}: {key} is unknown: expected {', '.join(_TYPES)}")
        elif not isinstance(value, _TYPES[key]) or (
            isinstance(value, bool) and bool not in _TYPES[key]
        ):
            faults.append(f"{name}: {key} must be {' or '.join(t.__name__ for t in _TYPES[key])}")
        else:
            known[key] = value
    faults += [
        f"{name}: {key} is missing"
        for key in ("name", "kind", "label_nl", "source")
        if key not in item
    ]
    levels = known.get("levels", {})
    known["levels"] = (
        {str(k): str(v) for k, v in levels.items()}
        if isinstance(levels, dict)
        else {str(level): str(level) for level in levels}
    )
    defaults = {"name": name, "kind": "number", "label_nl": name, "source": ""}
    built = Field(**{**defaults, **known})
    faults += _check_field(built)
    return built


def _check_field(f: Field) -> list[str]:
    if f.kind not in KINDS:
        return [f"{f.name}: kind must be one of {', '.join(KINDS)}"]
    faults = []
    bounded = f.low is not None and f.high is not None
    if f.kind == "category" and len(f.levels) < 2:
        faults.append(f"{f.name}: a category needs two levels or more")
    if f.kind in ("number", "answer") and not f.levels and not bounded:
        faults.append(
            f"{f.name}: needs low and high" + (", or levels" if f.kind == "answer" else "")
        )
    if f.kind in ("number", "flag") and f.levels:
        faults.append(f"{f.name}: a {f.kind} has no levels")
    if f.low is not None and f.high is not None and f.low >= f.high:
        faults.append(f"{f.name}: low must be less than high")
    if f.kind == "answer" and not f.missing:
        faults.append(
            f"{f.name}: an answer may always be missing, because the questionnaire may not come back"
        )
    if f.derived is not None and f.derived not in DERIVED:
        faults.append(f"{f.name}: derived must be one of {', '.join(DERIVED)}")
    return faults + [
        fault for phrase in (f.up_nl, f.down_nl) for fault in _check_phrase(f.name, phrase)
    ]


def _check_phrase(name: str, phrase: str) -> list[str]:
    try:
        phrase.format(label="", value="")
    except (KeyError, IndexError, ValueError):
        return [f"{name}: a reason phrase may use only {{label}} and {{value}}"]
    return []
