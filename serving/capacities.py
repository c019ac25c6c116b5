"""What a referral form can say of someone: capacities, needs and facts, from a declared list."""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from features.contract import Contract, default_contract
from features.errors import KantelpuntError
from serving.medical import Medical, default_medical, names_diagnosis

DEFAULT_PATH = Path(__file__).with_name("capacities.toml")
_CLOSED = ConfigDict(extra="forbid")


class CapacitiesError(KantelpuntError):
    """A list of capacities, needs and facts that cannot be used."""


@dataclass(frozen=True, config=_CLOSED)
class Choice:
    """One line that can be chosen."""

    key: str
    label_nl: str


@dataclass(frozen=True, config=_CLOSED)
class Choices:
    """The lines to choose from, and the fields of the contract that go along."""

    facts: tuple[str, ...]
    capacities: tuple[Choice, ...]
    needs: tuple[Choice, ...]


def read_choices(
    path: Path = DEFAULT_PATH,
    contract: Contract | None = None,
    medical: Medical | None = None,
) -> Choices:
    """Return the lists in a file, fit for a contract; raises CapacitiesError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        choices = TypeAdapter(Choices).validate_python(raw)
    except (OSError, ValueError, ValidationError) as error:
        raise CapacitiesError(
            f"{path.name}: expected facts, and [[capacities]] and [[needs]] with key and label_nl"
        ) from error
    faults = _find_faults(choices, contract or default_contract(), medical or default_medical())
    if faults:
        raise CapacitiesError(f"{path.name}: " + "; ".join(faults))
    return choices


@cache
def default_choices() -> Choices:
    """Return the lists that ship with Kantelpunt, for the contract that ships with it."""
    return read_choices()


def find_unknown(keys: Iterable[str], choices: Iterable[Choice]) -> list[int]:
    """Return the places, from 0, of the keys that are none of the choices."""
    known = {choice.key for choice in choices}
    return [place for place, key in enumerate(keys) if key not in known]


def pick(keys: Iterable[str], choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Return the choices with these keys, each once, in the order of the list."""
    wanted = set(keys)
    return tuple(choice for choice in choices if choice.key in wanted)


def _find_faults(choices: Choices, contract: Contract, medical: Medical) -> list[str]:
    faults = []
    for group in (choices.capacities, choices.needs):
        if len({choice.key for choice in group}) < len(group):
            faults.append("a key stands twice in one list")
        faults += [
            f"{choice.key}: names a diagnosis"
            for choice in group
            if names_diagnosis(choice.label_nl, contract, medical)
        ]
    for name in choices.facts:
        is_answer = name in contract.names and contract.get_field(name).kind == "answer"
        if name in medical.fields or is_answer:
            faults.append(f"{name}: a medical field or an answer is no fact for VDAB")
    return faults
