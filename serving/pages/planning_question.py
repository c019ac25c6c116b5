"""A question of what-if as it stands in the address: read, and shown again with what is wrong."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from models.intake.telling import ALL
from serving.wording import number_nl, one_decimal_nl

GAIN, CONSENT, TARGET, ROOM = "meerwaarde", "toestemming", "doel", "plaatsen-"
MOST_POINTS, MOST_PLACES, MOST_TARGET = 50, 100_000, 1_000_000
_POINTS_NL = f"Vul een getal in van 0 tot {MOST_POINTS}, met hoogstens één cijfer na de komma."
_SHARE_NL = "Vul een geheel getal in van 1 tot 100."
_PLACES_NL = "Vul een geheel getal in van 0 tot 100.000, zonder punten."
_TARGET_NL = "Vul een geheel getal in van 1 tot 1.000.000, zonder punten."


@dataclass(frozen=True)
class Question:
    """What somebody changes: texts by field as they were filled in, and what they say.

    `gain_from` and `consent` are from 0 to 1; None where a field was left empty.
    """

    texts: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)
    gain_from: float | None = None
    consent: float | None = None
    capacity: Mapping[str, int] = field(default_factory=dict)
    target: int | None = None

    @classmethod
    def of(cls, query: Mapping[str, str], regions: Sequence[str]) -> "Question":
        """Return the question in an address; a field that cannot be read is a fault."""
        names = [GAIN, CONSENT, TARGET, *(ROOM + region for region in regions)]
        texts = {name: query.get(name, "").strip() for name in names}
        read = _Reader(texts)
        gain = read.decimal(GAIN, MOST_POINTS, _POINTS_NL)
        consent = read.whole(CONSENT, 1, 100, _SHARE_NL)
        target = read.whole(TARGET, 1, MOST_TARGET, _TARGET_NL)
        places = {key: read.whole(ROOM + key, 0, MOST_PLACES, _PLACES_NL) for key in regions}
        return cls(
            texts,
            read.faults,
            None if gain is None else gain / 100,
            None if consent is None else consent / 100,
            {key: count for key, count in places.items() if count is not None},
            target,
        )

    @property
    def is_asked(self) -> bool:
        """Whether anything was filled in."""
        return any(self.texts.values())

    def to_plain(self) -> dict[str, Any]:
        """Return the change as the store keeps it and the API takes it."""
        found: dict[str, Any] = {"gain_from": self.gain_from, "target": self.target}
        found["consent"] = None if self.consent is None else {ALL: self.consent}
        found["capacity"] = dict(self.capacity) or None
        return {name: value for name, value in found.items() if value is not None}

    def to_address(self, path: str) -> str:
        """Return the address of a page about this question."""
        filled = {name: text for name, text in self.texts.items() if text}
        return f"{path}?{urlencode(filled)}" if filled else path


@dataclass(frozen=True)
class _Reader:
    """Reads texts, and notes what cannot be read."""

    texts: Mapping[str, str]
    faults: dict[str, str] = field(default_factory=dict)

    def whole(self, name: str, low: int, high: int, expected: str) -> int | None:
        """Return a whole number, or None where there is none."""
        text = self.texts[name]
        if not text:
            return None
        if re.fullmatch("[0-9]{1,9}", text) and low <= int(text) <= high:
            return int(text)
        self.faults[name] = expected
        return None

    def decimal(self, name: str, high: float, expected: str) -> float | None:
        """Return a number with at most one decimal, or None where there is none."""
        text = self.texts[name]
        if not text:
            return None
        if re.fullmatch("[0-9]{1,3}([.,][0-9])?", text):
            number = float(text.replace(",", "."))
            if number <= high:
                return number
        self.faults[name] = expected
        return None


def tell_change(change: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """Return what a question changes, in words; `names` are those of the regions."""
    told = []
    if change.get("gain_from") is not None:
        points = one_decimal_nl(100 * change["gain_from"])
        told.append(f"grens op de meerwaarde {points} punten")
    for region, share in (change.get("consent") or {}).items():
        where = "" if region == ALL else f" in {names.get(region, region)}"
        told.append(f"toestemming {round(100 * share)} op 100{where}")
    for region, places in (change.get("capacity") or {}).items():
        told.append(f"{names.get(region, region)}: plaats voor {number_nl(places)}")
    if change.get("target") is not None:
        told.append(f"doel {number_nl(change['target'])}")
    return told
