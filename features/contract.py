"""The contract: every model input, declared once, and the outcome that is predicted."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from features.errors import KantelpuntError
from features.fields import (
    CASE_COLUMNS,
    DERIVED,
    KINDS,
    NAME_PATTERN,
    NEVER_AN_INPUT,
    Field,
    Kind,
    find_derived_faults,
    find_faults,
    find_name_faults,
)

__all__ = [
    "CASE_COLUMNS",
    "DEFAULT_PATH",
    "DERIVED",
    "KINDS",
    "NAME_PATTERN",
    "NEVER_AN_INPUT",
    "Contract",
    "ContractError",
    "Field",
    "Kind",
    "Outcome",
    "default_contract",
    "parse_contract",
    "read_contract",
]

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
class Outcome:
    """What is predicted: a return that lasts `sustained_days`.

    It counts when it begins within `horizon_days` of the screening.
    """

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

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {f.name: f for f in self.fields}

    def get_field(self, name: str) -> Field:
        """Return the input called `name`; raises KeyError for any other."""
        return self._by_name[name]


@cache
def default_contract() -> Contract:
    """Return the contract that ships with Kantelpunt."""
    return read_contract(DEFAULT_PATH)


def read_contract(path: Path) -> Contract:
    """Return the contract in a TOML file; raises ContractError with every fault in it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ContractError(str(path), ["does not exist"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(
            str(path), [f"cannot be read as UTF-8 text ({type(error).__name__})"]
        ) from error
    return parse_contract(text, where=str(path))


def parse_contract(text: str, *, where: str = "text") -> Contract:
    """Return the contract in a TOML text; raises ContractError with every fault in it."""
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ContractError(where, [f"is not valid TOML: {error}"]) from error
    faults = _check_top(raw)
    items = raw.get("fields")
    fields = [
        _build_field(place, item, faults)
        for place, item in enumerate(items if isinstance(items, list) else [], 1)
    ]
    faults += find_name_faults([f.name for f in fields])
    faults += find_derived_faults(fields)
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


def _check_top(raw: Mapping[str, Any]) -> list[str]:
    faults = [
        f"[{key}] is unknown: expected [contract], [outcome] and [[fields]]"
        for key in raw
        if key not in ("contract", "outcome", "fields")
    ]
    head = raw.get("contract")
    if not isinstance(head, dict) or not {"name", "version"} <= set(head):
        faults.append("[contract] must give name and version")
    if not isinstance(raw.get("fields"), list) or not raw["fields"]:
        faults.append("declares no [[fields]]: at least one input is needed")
    return faults + _check_outcome(raw.get("outcome", {}))


def _check_outcome(outcome: object) -> list[str]:
    if not isinstance(outcome, dict):
        return ["[outcome] must be a table with horizon_days and sustained_days"]
    faults = []
    for key, value in outcome.items():
        if key not in ("horizon_days", "sustained_days"):
            faults.append(f"[outcome] {key} is unknown: expected horizon_days and sustained_days")
        elif not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 3650:
            faults.append(f"[outcome] {key}: expected a whole number of days from 1 to 3650")
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
    "known": (str,),
    "up_nl": (str,),
    "down_nl": (str,),
}


def _build_field(place: int, item: object, faults: list[str]) -> Field:
    nameless = f"field {place}"
    if not isinstance(item, dict):
        faults.append(f"{nameless}: expected a table [[fields]] with name, kind, label_nl, source")
        item = {}
    name = str(item.get("name", nameless))
    known: dict[str, Any] = {"name": name, "kind": "number", "label_nl": name, "source": ""}
    clear = len(faults)
    for key, value in item.items():
        fault = _find_key_fault(key, value)
        if fault is None:
            known[key] = value
        else:
            faults.append(f"{name}: {fault}")
    needed = ("name", "kind", "label_nl", "source")
    faults += [f"{name}: {key} is missing" for key in needed if key not in item]
    known["levels"] = _read_levels(known.get("levels", {}))
    built = Field(**known)
    # what follows from a key that was refused just now would only repeat it
    faults += find_faults(built) if len(faults) == clear else []
    return built


def _find_key_fault(key: str, value: object) -> str | None:
    if key not in _TYPES:
        return f"{key} is unknown: expected {', '.join(_TYPES)}"
    if isinstance(value, bool) and bool not in _TYPES[key]:
        return f"{key} must be {' or '.join(t.__name__ for t in _TYPES[key])}"
    if not isinstance(value, _TYPES[key]):
        return f"{key} must be {' or '.join(t.__name__ for t in _TYPES[key])}"
    return _find_level_fault(value) if key == "levels" else None


def _find_level_fault(levels: Any) -> str | None:
    labels = levels.values() if isinstance(levels, Mapping) else levels
    if not all(isinstance(label, str | int | float) for label in labels):
        return "levels must be texts"
    twice = len({str(level) for level in levels}) < len(levels)
    return "a level is declared twice" if twice else None


def _read_levels(levels: Mapping[str, Any] | list[Any]) -> dict[str, str]:
    if isinstance(levels, Mapping):
        return {str(level): str(label) for level, label in levels.items()}
    return {str(level): str(level) for level in levels}
