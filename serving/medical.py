"""What is medical: fields that tell of a diagnosis, and words that free text may not hold."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from features.contract import Contract
from features.errors import KantelpuntError

DEFAULT_PATH = Path(__file__).with_name("medical.toml")
SHORTEST_WORD = 4  # of a label: "of" and "en" name nothing
# F32.1 or J45.9 anywhere; without the point only chapters that are no name of a road or a form
_ICD10 = re.compile(r"\b[A-Z][0-9]{2}\.[0-9]|\b[CFGM][0-9]{2}\b")


class MedicalError(KantelpuntError):
    """A list of medical fields and words that cannot be used."""


@dataclass(frozen=True)
class Medical:
    """Fields and words that tell of a diagnosis; `medical.toml` says how each list is read."""

    fields: frozenset[str]
    everyday: frozenset[str]
    parts: frozenset[str]
    words: frozenset[str]
    stems: frozenset[str] = frozenset()
    endings: frozenset[str] = frozenset()


def read_medical(path: Path = DEFAULT_PATH) -> Medical:
    """Return the lists in a file; raises MedicalError."""
    try:
        return TypeAdapter(Medical).validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise MedicalError(
            f"{path.name}: expected lists of texts called fields, everyday, parts, words, "
            "and perhaps stems and endings"
        ) from error


@cache
def default_medical() -> Medical:
    """Return the lists that ship with Kantelpunt."""
    return read_medical()


def names_diagnosis(text: str, contract: Contract, medical: Medical) -> bool:
    """Tell whether a text names a diagnosis: a code, a listed word, or a label of the contract."""
    folded, listed = fold(text), _fold_lists(tuple(list_labels(contract, medical)), medical)
    tested = set(folded.split()) - listed.everyday
    return (
        _ICD10.search(text) is not None
        or any(part in folded for part in listed.parts)
        or any(f" {label} " in f" {folded} " for label in listed.labels)
        or not tested.isdisjoint(listed.words)
        or any(word.startswith(tuple(medical.stems)) for word in tested)
        or any(_has_ending(word, medical.endings) for word in tested)
    )


@dataclass(frozen=True)
class _Folded:
    """The lists as texts are held against them."""

    everyday: frozenset[str]
    parts: frozenset[str]
    labels: frozenset[str]
    words: frozenset[str]


@lru_cache(maxsize=4)
def _fold_lists(labels: tuple[str, ...], medical: Medical) -> _Folded:
    # folding them takes a hundred times as long as looking through them: once per deployment
    folded = frozenset(map(fold, labels))
    everyday = frozenset(map(fold, medical.everyday))
    of_labels = {word for one in folded for word in one.split() if len(word) >= SHORTEST_WORD}
    return _Folded(
        everyday=everyday,
        parts=frozenset(map(fold, medical.parts)),
        labels=folded - everyday,
        words=frozenset(of_labels | set(map(fold, medical.words))),
    )


def _has_ending(word: str, endings: frozenset[str]) -> bool:
    return any(word.endswith(ending) and word != ending for ending in endings)


def list_labels(contract: Contract, medical: Medical) -> list[str]:
    """Return the labels of every level of the contract's medical fields."""
    return [
        label
        for field in contract.fields
        if field.name in medical.fields
        for label in field.levels.values()
    ]


def fold(text: str) -> str:
    """Return the words of a text, small and without accents; a hyphen joins what it parted."""
    plain = "".join(
        sign
        for sign in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(sign) and unicodedata.category(sign) not in ("Pd", "Cf")
    )
    return " ".join(re.sub(r"[^\w]|_", " ", plain).split())
