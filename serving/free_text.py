"""What someone writes for VDAB: tidied, and refused where it names a person or a diagnosis."""

import re
import unicodedata

from features.contract import Contract
from features.pseudonyms import NUMBER_PATTERN
from serving.medical import Medical, names_diagnosis

# what the font of the letters can show: Latin, Greek and Cyrillic letters and common signs
SHOWN = (
    "\n -~\u00a1-\u00ac\u00ae-\u017f\u0218-\u021b\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce"
    "\u0400-\u045f\u1e80-\u1e85\u1e9e\u1ea0-\u1ef9\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026"
    "\u20ac\u2122\u2190-\u2193\u2212\u25a1\u2264\u2265"
)
MOST_LINES = 10  # the longest letter then takes two pages
_NOT_SHOWN = re.compile(f"[^{SHOWN}]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_DASHES = re.compile("[\u2010-\u2015\u2212\n]")
# digits with any signs but letters between them; hours, days and years reach nobody
_DIGITS = re.compile(r"\d(?:[\W_]*\d)+")
_HOUR = r"(?<!\d)(?<!\d[:.])(?:[01]?\d|2[0-3])[:.][0-5]\d(?![:.]?\d)"
_DAY = r"(?<!\d)(?:(?:19|20)\d\d-\d\d-\d\d|\d{1,2}([/.-])\d{1,2}\1(?:19|20)\d\d)(?!\d)"
_YEARS = r"(?<!\d)(?:19|20)\d\d ?- ?(?:19|20)\d\d(?!\d)"
_TIMES = re.compile(f"{_DAY}|{_YEARS}|{_HOUR}")
MOST_DIGITS = 7  # the shortest numbers of a telephone here have eight, without the country nine
MOST_BESIDE = 3  # digits beside an hour or a day: "2026-12-01, 20 uur"
_MAIL = re.compile(r"[\w.+-]+\s*(?:@|[(\[]\s*(?:at|a)\s*[)\]])\s*[\w-]+\s*(?:\.|[(\[])\s*\w")


def clean(text: str) -> str:
    """Return a text in its usual form: composed letters, plain spaces, no empty lines."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = [" ".join(re.split(r"[^\S\n]+", line)).strip() for line in composed.split("\n")]
    return "\n".join(line for line in lines if line)


def find_plain_fault_nl(text: str, most: int) -> str | None:
    """Return what is expected instead of a text that stays with the fund; None if it may."""
    if len(text) > most:
        return f"hoogstens {most} tekens"
    if _CONTROL.search(text):
        return "enkel letters, cijfers en leestekens"
    if NUMBER_PATTERN.search(_DASHES.sub("-", text)):
        return "geen nummer van een persoon, of elf cijfers na elkaar"
    return None


def replace_unshown(text: str) -> str:
    """Return a text with an empty box for each sign that the letters cannot show."""
    return _NOT_SHOWN.sub("\u25a1", text)


def find_text_fault_nl(text: str, most: int, contract: Contract, medical: Medical) -> str | None:
    """Return what is expected instead of a cleaned text, without a word of it; None if it may."""
    if len(text) > most:
        return f"hoogstens {most} tekens"
    if text.count("\n") >= MOST_LINES:
        return f"hoogstens {MOST_LINES} regels"
    if _NOT_SHOWN.search(text):
        return "enkel letters, cijfers en leestekens"
    if names_contact(text):
        return (
            "geen nummer van een persoon, telefoon of rekening, geen acht cijfers na elkaar, en "
            "geen e-mailadres"
        )
    if names_diagnosis(text, contract, medical):
        return "een tekst zonder diagnose, behandeling, geneesmiddel of ander medisch woord"
    return None


def names_contact(text: str) -> bool:
    """Tell whether a text holds an e-mail address, or eight digits that are no days or hours."""
    plain = _DASHES.sub("-", text)
    return _MAIL.search(plain) is not None or any(map(_is_number, _DIGITS.findall(plain)))


def _is_number(digits: str) -> bool:
    beside = _count(_TIMES.sub(" ", digits))
    return _count(digits) > MOST_DIGITS and beside > MOST_BESIDE


def _count(text: str) -> int:
    return sum(sign.isdigit() for sign in text)
