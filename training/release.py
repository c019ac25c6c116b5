"""Releasing a version through its gates, and going back to an earlier one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.tables import Extract
from models.bundle import Bundle, read_bundle
from training.comparison import Comparison, compare_at_release
from training.config import Config, RegistryConfig
from training.gates import Gate, judge_training
from training.gates_version import judge_bundle, judge_comparison, judge_contract
from training.record import BESIDE_CHAMPION, find_user
from training.release_log import Entry, Log, State, read_log
from training.release_rules import (
    ReleaseRefusedError,
    check_second_person,
    check_spoken,
    check_waivers,
    check_words,
)
from training.tracking import RegistryError, fetch_bundle, set_champion
from training.tracking_releases import (
    Champion,
    Version,
    append_entry,
    find_champion,
    find_version,
    get_moment,
    keep_note,
    read_entries,
    read_note,
    tag_digest,
    tag_waivers,
)

RELEASE, ROLLBACK = "release", "rollback"
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)
MOST_TURNS = 10  # of setting the champion while others release: one turn each


@dataclass(frozen=True)
class Judged:
    """A version and what its gates say, with the champion and the log as they were then."""

    version: Version
    bundle: Bundle
    gates: tuple[Gate, ...]
    champion: Champion
    log: Log

    @property
    def failing(self) -> list[Gate]:
        """The gates that block a release without a waiver."""
        return [gate for gate in self.gates if gate.blocks]


def judge_version(
    number: str, config: Config, uri: str, extract: Extract | None = None, seed: int = 1
) -> Judged:
    """Return what the gates say of a version; with an extract it is compared with the champion now.

    Raises RegistryError for a version that is not there, or was deleted.
    """
    registry = config.registry
    version = get_version(number, registry, uri)
    log = read_log(read_entries(registry, uri))
    folder, _ = fetch_bundle(version.number, registry, uri)
    bundle = read_bundle(folder, version.number)
    champion = find_champion(registry, uri)
    beside = None
    if champion.number and not champion.is_gone and champion.number != version.number:
        beside = read_bundle(fetch_bundle(champion.number, registry, uri)[0], champion.number)
    compared = _compare(version, bundle, beside, config, uri, extract, seed)
    of_now = champion.number if beside else ""
    gates = (
        *judge_comparison(compared, version.number, of_now, config.gates),
        *_judge_training(bundle, config),
        judge_contract(bundle.contract, beside.contract if beside else None),
        *judge_bundle(bundle, folder, config.gates),
    )
    return Judged(version, bundle, gates, champion, log)


def _judge_training(bundle: Bundle, config: Config) -> list[Gate]:
    try:
        return judge_training(bundle.info, config)
    except UNREADABLE as error:
        raise ReleaseRefusedError(
            f"what version {bundle.version} tells of its training cannot be judged "
            f"({type(error).__name__}): train anew"
        ) from error


def get_version(number: str, registry: RegistryConfig, uri: str) -> Version:
    """Return a registered version; raises RegistryError for one that is gone or never was."""
    found = find_version(number, registry, uri)
    if found is None:
        raise RegistryError(
            f"version {number} of {registry.model!r} is not there, or was deleted: see those that "
            "are with `kantelpunt versions`, or train anew with `kantelpunt train`"
        )
    return found


def _compare(
    version: Version,
    bundle: Bundle,
    beside: Bundle | None,
    config: Config,
    uri: str,
    extract: Extract | None,
    seed: int,
) -> Comparison | None:
    """Return what was compared at training, or now where an extract is given for that."""
    if beside is None:
        return None
    found = read_note(version, BESIDE_CHAMPION, uri)
    try:
        kept = Comparison.of_plain(found) if found else None
    except UNREADABLE as error:
        raise ReleaseRefusedError(
            f"{BESIDE_CHAMPION} of version {version.number} does not hold what a training writes "
            f"({type(error).__name__}): find out who changed it, and train anew"
        ) from error
    is_of_now = kept is not None and kept.version == beside.version and not kept.noted
    if extract is None or is_of_now:
        return kept
    return compare_at_release(bundle, beside, extract, config, seed)


def release_version(
    judged: Judged,
    waived: Mapping[str, str],
    by: str | None,
    reason: str,
    config: Config,
    uri: str,
) -> Entry:
    """Make a judged version the champion and log that; raises ReleaseRefusedError.

    `waived` holds a reason per failing gate. Who loses a race against another release is refused.
    """
    check_words(waived, by, reason, [gate.name for gate in judged.gates], config)
    check_waivers(judged, waived)
    who = (by or "").strip() or find_user()
    check_second_person(judged.version, by, config.registry)
    entry = Entry(
        event=RELEASE,
        version=judged.version.number,
        digest=judged.bundle.digest,
        before=judged.champion.number,
        by=who,
        reason=reason,
        moment=get_moment(),
        previous=judged.log.head,
        gates=tuple(gate.plain() for gate in judged.gates),
        waivers=dict(waived),
    )
    _write(entry, judged.version, config.registry, uri)
    tag_waivers(judged.version, waived, who, config.registry, uri)
    return entry


def roll_back(to: str | None, reason: str, by: str, config: Config, uri: str) -> Entry:
    """Make an earlier champion the champion again: the one before, or a named one.

    Versions that were deleted are passed over. Raises ReleaseRefusedError where there is none.
    """
    check_spoken({"--by": by, "--reason": reason})
    if len(reason.strip()) < config.gates.shortest_reason or not by.strip():
        raise ReleaseRefusedError(
            f"--reason takes {config.gates.shortest_reason} characters or more, and --by a name: "
            "both are kept for whoever asks later"
        )
    registry = config.registry
    log = read_log(read_entries(registry, uri))
    version = _choose_earlier(log, to, registry, uri)
    folder, _ = fetch_bundle(version.number, registry, uri)
    bundle = read_bundle(folder, version.number)
    _check_same(bundle, log)
    entry = Entry(
        event=ROLLBACK,
        version=version.number,
        digest=bundle.digest,
        before=find_champion(registry, uri).number,
        by=by,
        reason=reason,
        moment=get_moment(),
        previous=log.head,
    )
    _write(entry, version, registry, uri)
    return entry


def _check_same(bundle: Bundle, log: Log) -> None:
    """Raise ReleaseRefusedError for a bundle that is not the one that was released."""
    released = [one.digest for one in log.counting if one.version == bundle.version]
    if released and bundle.digest != released[-1]:
        raise ReleaseRefusedError(
            f"the bundle of version {bundle.version} is another than was released: find out who "
            "changed it, and give another version with --to"
        )


def _choose_earlier(log: Log, to: str | None, registry: RegistryConfig, uri: str) -> Version:
    if to is not None:
        if to not in log.champions:
            raise ReleaseRefusedError(
                f"version {to} never was the champion: release it with `kantelpunt release {to}`"
            )
        return get_version(to, registry, uri)
    for number in _list_earlier(log):
        found = find_version(number, registry, uri)
        if found is not None:
            return found
    raise ReleaseRefusedError(
        "there is no earlier champion to return to: release another version with `kantelpunt "
        "release VERSION`"
    )


def _list_earlier(log: Log) -> Sequence[str]:
    return log.stack()[-2::-1]


def read_history(registry: RegistryConfig, uri: str) -> tuple[Log, Champion]:
    """Return the log of releases, and what the registry says is the champion."""
    return read_log(read_entries(registry, uri)), find_champion(registry, uri)


def find_deleted(log: Log, registry: RegistryConfig, uri: str) -> set[str]:
    """Return the versions of the log that are no longer in the registry."""
    known = {one.entry.version for one in log.kept if one.entry}
    return {number for number in known if find_version(number, registry, uri) is None}


def _write(entry: Entry, version: Version, registry: RegistryConfig, uri: str) -> None:
    """Append an entry; whoever appended first is released, and the alias follows the log."""
    shown = {"event": entry.event, "version": entry.version, "by": entry.by}
    number = append_entry(entry.text(), shown, version, registry, uri)
    log = read_log(read_entries(registry, uri))
    mine = next(one for one in log.kept if one.number == number)
    if mine.state is State.LATE:
        winner = next(one for one in log.counting if one.previous == entry.previous)
        raise ReleaseRefusedError(
            f"version {entry.version} is not released: meanwhile {winner.by} made version "
            f"{winner.version} the champion ({winner.event}). Look at `kantelpunt history`, and "
            "release again if that is still right"
        )
    for _ in range(MOST_TURNS):
        live = log.live
        tag_digest(live, log.counting[-1].digest, registry, uri)
        set_champion(live, registry, uri)
        log = read_log(read_entries(registry, uri))
        if log.live == live:
            break
    ours = [one for one in log.counting if one.version == version.number]
    keep_note(version, {"releases": [_note(one) for one in ours]}, uri)


def _note(entry: Entry) -> dict[str, object]:
    return {
        "hash": entry.hash,
        "event": entry.event,
        "moment": entry.moment,
        "by": entry.by,
        "reason": entry.reason,
        "before": entry.before,
        "waivers": dict(entry.waivers),
        "gates": [dict(gate) for gate in entry.gates],
    }
