"""The log of releases: entries that each hold the hash of the one before, and what they tell.

An entry that was changed, taken out or slipped in breaks the chain, and that is said. A log that
was rewritten from some entry to its end does not show it by itself: note the last hash elsewhere.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

START = "0" * 64


class State(StrEnum):
    """What became of an entry."""

    COUNTS = "counts"
    LATE = "too late"
    BROKEN = "broken"


@dataclass(frozen=True)
class Entry:
    """One release or rollback; `moment` in UTC, `before` the champion of that moment ("" for none).

    `gates` holds what each gate said, `waivers` the reason by the name of the gate.
    """

    event: str
    version: str
    digest: str
    before: str
    by: str
    reason: str
    moment: str
    previous: str
    gates: tuple[Mapping[str, str], ...] = ()
    waivers: Mapping[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """The hash of everything in the entry, that of the entry before included."""
        return sha256(_dump(asdict(self)).encode()).hexdigest()

    def text(self) -> str:
        """Return the entry with its hash, as it is kept."""
        return _dump({**asdict(self), "hash": self.hash})


@dataclass(frozen=True)
class Kept:
    """An entry as it stands in the log; `entry` is None where nothing can be read."""

    number: int
    entry: Entry | None
    state: State


@dataclass(frozen=True)
class Log:
    """All entries in order, what is wrong with the chain, and the hash to note elsewhere."""

    kept: tuple[Kept, ...]
    faults: tuple[str, ...]
    head: str

    @property
    def counting(self) -> list[Entry]:
        """The entries that took effect, also those that were changed since."""
        return [one.entry for one in self.kept if one.entry and one.state is not State.LATE]

    @property
    def live(self) -> str:
        """The version that the log says is the champion; "" before the first release."""
        return self.counting[-1].version if self.kept and self.counting else ""

    @property
    def champions(self) -> set[str]:
        """The versions that were released, and the champion that was there before the log began.

        Not what an alias that was moved by hand pointed at: no gate saw that.
        """
        began = {self.counting[0].before} - {""} if self.counting else set[str]()
        return began | {entry.version for entry in self.counting}

    def stack(self) -> list[str]:
        """Return the champions that a rollback can return to, the current one last."""
        found: list[str] = []
        for entry in self.counting:
            if entry.event == "rollback" and entry.version in found:
                found = found[: found.index(entry.version) + 1]
            elif not found or found[-1] != entry.version:
                if not found and entry.before:
                    found.append(entry.before)
                found.append(entry.version)
        return found

    def live_on(self, day: date) -> list[Entry]:
        """Return the entries whose versions were live on a day in UTC, the first of them first."""
        known = [entry for entry in self.counting if entry.moment[:10] <= day.isoformat()]
        of_day = [entry for entry in known if entry.moment[:10] == day.isoformat()]
        return known[-len(of_day) - 1 :]


def read_log(texts: Mapping[int, str]) -> Log:
    """Return the log of numbered texts, with every fault of the chain in a sentence."""
    kept: list[Kept] = []
    faults: list[str] = []
    head, passed = START, set[str]()
    for number in range(1, max(texts, default=0) + 1):
        entry, told = _read(texts.get(number))
        if entry is None:
            faults.append(f"entry {number} is {'gone' if number not in texts else 'not readable'}")
            kept.append(Kept(number, None, State.BROKEN))
            continue
        if entry.previous in passed:
            # written by who had not seen the winner yet: it never took effect
            faults += _find_change(number, entry, told)
            kept.append(Kept(number, entry, State.LATE))
            continue
        found = _find_faults(number, entry, told, head)
        faults += found
        kept.append(Kept(number, entry, State.BROKEN if found else State.COUNTS))
        passed.add(entry.previous)
        head = told
    return Log(tuple(kept), tuple(faults), head)


def _read(text: str | None) -> tuple[Entry | None, str]:
    try:
        values: dict[str, Any] = json.loads(text or "")
        told = str(values.pop("hash"))
        entry = Entry(**values)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None, ""
    if not _is_written_by_us(entry):
        return None, ""
    return replace(entry, gates=tuple(entry.gates)), told


def _is_written_by_us(entry: Entry) -> bool:
    """Tell whether each part is of the kind that a release writes, whatever it says."""
    values = asdict(entry)
    gates, waivers = values.pop("gates"), values.pop("waivers")
    if not isinstance(gates, (list, tuple)) or not isinstance(waivers, dict):
        return False
    if not all(isinstance(gate, dict) and "verdict" in gate for gate in gates):
        return False
    texts = [*values.values(), *waivers.values(), *(one for gate in gates for one in gate.values())]
    return all(isinstance(one, str) for one in texts)


def _find_change(number: int, entry: Entry, told: str) -> list[str]:
    return [] if entry.hash == told else [f"entry {number} was changed after it was written"]


def _find_faults(number: int, entry: Entry, told: str, head: str) -> list[str]:
    faults = _find_change(number, entry, told)
    if entry.previous != head:
        faults.append(f"entry {number} does not follow the entry before it")
    return faults


def _dump(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False, default=_plain)


def _plain(value: Sequence[Any]) -> list[Any]:
    return list(value)
