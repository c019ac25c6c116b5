"""Codes of other registers (ICD-10, ISCO-08, NACE, NIS) to our groups, from codelists/*.csv."""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from features.errors import KantelpuntError

FOLDER = Path(__file__).with_name("codelists")


class CodeUnknownError(KantelpuntError, ValueError):
    """A code that is badly formed, or that its list does not hold; the code itself is not shown."""

    def __init__(self, system: str) -> None:
        """Name the list only: a diagnosis code says something of a person."""
        super().__init__(f"no {system} code that we know: see features/codelists")


@dataclass(frozen=True)
class CodeRange:
    """All codes that begin with a text from `first` up to and including `last`."""

    first: str
    last: str
    group: str

    def holds(self, code: str) -> bool:
        """Tell whether a code lies in the range, however many characters it goes on for."""
        return self.first <= code[: len(self.first)] and code[: len(self.last)] <= self.last


@cache
def read_ranges(name: str) -> tuple[CodeRange, ...]:
    """Return a code list in the order of its file: the first range that holds a code wins."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(CodeRange(r["first"], r["last"], r["group"]) for r in csv.DictReader(file))


def diagnosis_group(icd10: str) -> str:
    """Return our diagnosis group of an ICD-10 code such as M54.5; raises CodeUnknownError."""
    return _find_group("ICD-10", "icd10", icd10, r"[A-Z]\d[0-9A-Z]{1,5}")


def occupation(isco: str) -> str:
    """Return our occupation group of an ISCO-08 code of 1 to 4 digits; raises CodeUnknownError."""
    return _find_group("ISCO-08", "isco08", isco, r"\d{1,4}")


def sector(nace: str) -> str:
    """Return our sector of a NACE rev. 2 section or class, as Q, 86 or 86.101."""
    return _find_group("NACE", "nace2", re.sub(r"^\s*[A-Za-z](?=\d)", "", nace), r"[A-U]|\d{2,5}")


def region(nis: str) -> str:
    """Return the province of a NIS code of five digits, of a province or a municipality."""
    return _find_group("NIS", "nis", nis.strip().zfill(5), r"\d{5}")


def _find_group(system: str, name: str, code: str, form: str) -> str:
    plain = code.strip().upper().replace(".", "")
    if re.fullmatch(form, plain, re.ASCII):
        for found in read_ranges(name):
            if found.holds(plain):
                return found.group
    raise CodeUnknownError(system)


@dataclass(frozen=True)
class CodeColumn:
    """A column of codes that a cases table may bring in place of one of our groups."""

    header: str
    system: str
    translate: Callable[[str], str]


CODED = {
    "diagnosis_group": CodeColumn("diagnosis_icd10", "ICD-10", diagnosis_group),
    "occupation": CodeColumn("occupation_isco", "ISCO-08", occupation),
    "sector": CodeColumn("sector_nace", "NACE", sector),
    "region": CodeColumn("region_nis", "NIS", region),
}
