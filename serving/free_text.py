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
    if NUMBER_PATTERN.search(_DASHES.sub("-", text)):
        return "geen nummer van een persoon, of elf cijfers na elkaar"
    if names_diagnosis(text, contract, medical):
        return "enkel wat iemand kan of nodig heeft, zonder diagnose of medisch woord"
    return None
