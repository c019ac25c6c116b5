"""What the commands of releasing tell: the table of gates, and the history."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from training.gates import NO_CHAMPION, GateVerdict
from training.release_log import Entry, Log, State

if TYPE_CHECKING:
    from training.release import Judged
    from training.tracking_releases import Champion

COLOURS = {
    GateVerdict.PASS: "green",
    GateVerdict.FAIL: "bold red",
    GateVerdict.INSUFFICIENT: "yellow",
    GateVerdict.NOT_APPLICABLE: "dim",
}
SHORT = 12  # characters of a hash that are shown


def pair_reasons(names: list[str], reasons: list[str]) -> dict[str, str]:
    """Return the reason of each waiver: its own, or the one that is given for all of them.

    Names may stand together with commas between them; what is empty counts as not given.
    """
    from training.release_rules import ReleaseRefusedError

    names = [name.strip() for one in names for name in one.split(",") if name.strip()]
    reasons = [reason for reason in reasons if reason]
    if len(set(names)) < len(names):
        raise ReleaseRefusedError("--waive names the same gate twice: name it once")
    if names and not reasons:
        raise ReleaseRefusedError(
            f"--waive {names[0]} needs --reason TEXT: why this version may go out all the same"
        )
    if names and len(reasons) not in (1, len(names)):
        raise ReleaseRefusedError(
            f"{len(names)} waivers and {len(reasons)} reasons: give --reason once, or once for each"
        )
    return dict(zip(names, reasons * len(names) if len(reasons) == 1 else reasons, strict=False))


def build_table(judged: "Judged", waived: Mapping[str, str]) -> Table:
    """Return every gate with its limit, what was found, and the verdict."""
    number, champion = judged.version.number, judged.champion.number
    beside = f"beside version {champion}, the champion" if champion else "there is no champion yet"
    table = Table(title=f"version {number}: {beside}", title_justify="left", box=SIMPLE_HEAD)
    for head in ("gate", "what", "limit", "found", "verdict"):
        table.add_column(head, no_wrap=head == "gate")
    for gate in judged.gates:
        verdict = f"[{COLOURS[gate.verdict]}]{gate.verdict.value}[/]"
        if gate.name in waived and gate.blocks:
            verdict += ", waived"
        told = (escape(one) for one in (gate.name, gate.label, gate.limit, gate.value))
        table.add_row(*told, verdict)
    return table


def list_whys(judged: "Judged", waived: Mapping[str, str]) -> Iterator[str]:
    """Yield what there is to say of gates that do not simply pass, those that fail first."""
    for gate in sorted(judged.gates, key=lambda one: not one.blocks):
        if gate.why and gate.why != NO_CHAMPION:
            yield f"{gate.name} ({gate.verdict.value}): {gate.why}"
        if gate.name in waived:
            yield f"{gate.name} is waived: {waived[gate.name]}"


def tell_log(log: Log, gone: Collection[str]) -> Iterator[str]:
    """Yield the log, one line per entry and one per waiver, the oldest first."""
    if not log.kept:
        yield "nothing was released yet"
        return
    for one in log.kept:
        if one.entry is None:
            yield f"{one.number:>4}  (not readable)"
            continue
        note = "" if one.state is State.COUNTS else f"  [{one.state.value}]"
        yield f"{one.number:>4}  {_tell_entry(one.entry, gone)}{note}"
        yield from (f"      {line}" for line in _tell_why(one.entry))
    yield f"last hash {log.head[:SHORT]}: note it elsewhere, and a log that was rewritten shows"


def _tell_entry(entry: Entry, gone: Collection[str]) -> str:
    deleted = " (deleted since)" if entry.version in gone else ""
    towards = "to" if entry.event == "rollback" else "of"
    before = f", after version {entry.before}" if entry.before else ""
    what = f"{entry.event} {towards} version {entry.version}{deleted}"
    return f"{entry.moment}  {what}{before}, by {entry.by}"


def _tell_why(entry: Entry) -> Iterator[str]:
    yield f"bundle {entry.digest[:SHORT]}"
    if entry.reason:
        yield f"reason: {entry.reason}"
    if entry.gates:
        yield f"gates: {count_verdicts(entry)}"
    for name, reason in entry.waivers.items():
        yield f"waived {name}: {reason}"


def count_verdicts(entry: Entry) -> str:
    """Return how many gates had which verdict at a release."""
    found = [gate["verdict"] for gate in entry.gates]
    return ", ".join(f"{found.count(one.value)} {one.value}" for one in GateVerdict if one in found)


def tell_day(log: Log, day: date, gone: Collection[str]) -> Iterator[str]:
    """Yield which versions were live on a day, since when, and why."""
    found = log.live_on(day)
    if not found:
        yield f"no version was live on {day}, as far as the log goes"
        return
    for number, entry in enumerate(found):
        until = found[number + 1].moment if number + 1 < len(found) else ""
        span = f", until {until}" if until else ""
        yield f"version {entry.version} was live on {day}{span}: {_tell_entry(entry, gone)}"
        yield from (f"      {line}" for line in _tell_why(entry))


def list_doubts(log: Log, champion: "Champion") -> Iterator[str]:
    """Yield what is wrong with the log, and where the registry says something else."""
    for fault in log.faults:
        yield f"the log of releases is broken: {fault}"
    if champion.is_gone:
        yield (
            f"the alias champion points at version {champion.number}, which was deleted: release "
            "another version, or go back with `kantelpunt rollback`"
        )
    elif log.live and not champion.number:
        yield (
            f"nothing is the champion, though the log says version {log.live}: it was deleted, or "
            "the alias was taken away; release another version, or `kantelpunt rollback`"
        )
    elif log.live and log.live != champion.number:
        yield (
            f"version {champion.number} is served, though the log says version {log.live}: the "
            "alias was moved outside `kantelpunt release`; release what should be served"
        )
