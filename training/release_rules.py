"""What stands in the way of a release beside its gates: words, waivers and the second person."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from features.errors import KantelpuntError
from training.config import Config, RegistryConfig
from training.spoken import find_fault, is_same_name
from training.tracking_releases import Version

if TYPE_CHECKING:
    from training.release import Judged

GATES = (
    *("champion", "champion_ranking", "reasons", "baselines", "calibration_error"),
    *("group_calibration", "slope", "fairness", "placebo", "contract", "speed", "size"),
)


class ReleaseRefusedError(KantelpuntError):
    """A release that a gate, a rule or somebody else's release stands in the way of."""


def check_spoken(given: Mapping[str, str]) -> None:
    """Raise ReleaseRefusedError for a text by its option that could pass for something else."""
    for option, text in given.items():
        if fault := find_fault(text):
            raise ReleaseRefusedError(f"{option} {fault}")


def name_reasons(waived: Mapping[str, str]) -> dict[str, str]:
    """Return the reasons of waivers by what to call each."""
    return {f"--reason for {name}": reason for name, reason in waived.items()}


def check_words(
    waived: Mapping[str, str], by: str | None, reason: str, known: Collection[str], config: Config
) -> None:
    """Raise ReleaseRefusedError for words that no verdict of a gate can make good.

    To be asked before a version is judged: a reason too short, a gate that is not `known`, a
    missing name.
    """
    check_spoken({"--by": by or "", "--reason": reason, **name_reasons(waived)})
    for name, why in waived.items():
        if name not in known:
            raise ReleaseRefusedError(
                f"no gate is called {name!r}: waive one of {', '.join(known)}"
            )
        if len(why.strip()) < config.gates.shortest_reason:
            raise ReleaseRefusedError(
                f"--reason for {name}: say in {config.gates.shortest_reason} characters or more "
                "why this version may go out all the same; it is kept for whoever asks later"
            )
    if waived and not (by or "").strip():
        raise ReleaseRefusedError("a waiver needs --by NAME: who answers for it")
    if config.registry.second_person and not (by or "").strip():
        raise ReleaseRefusedError("[registry] second_person: say who releases with --by NAME")


def check_waivers(judged: "Judged", waived: Mapping[str, str]) -> None:
    """Raise ReleaseRefusedError for a waiver of what does not fail, or a gate that fails still."""
    known = {gate.name: gate for gate in judged.gates}
    for name in waived:
        if not known[name].blocks:
            told = known[name].verdict.value
            raise ReleaseRefusedError(f"{name} does not fail ({told}): leave out --waive {name}")
    if left := [gate.name for gate in judged.failing if gate.name not in waived]:
        words = " ".join(f"--waive {name}" for name in left)
        raise ReleaseRefusedError(
            f"version {judged.version.number} is not released: {', '.join(left)} "
            f"{'fails' if len(left) == 1 else 'fail'}. Train a better version, or answer for it "
            f"with {words} --reason TEXT --by NAME"
        )


def check_second_person(version: Version, by: str | None, registry: RegistryConfig) -> None:
    """Raise ReleaseRefusedError where the setting asks for a second person and there is none."""
    if not registry.second_person:
        return
    if not version.user:
        raise ReleaseRefusedError(
            f"[registry] second_person: nobody knows who trained version {version.number}, so that "
            "nobody can be somebody else: train anew"
        )
    if is_same_name(by or "", version.user):
        raise ReleaseRefusedError(
            f"[registry] second_person: {version.user} trained version {version.number} and can't "
            "release it: ask somebody else, who gives --by their own name"
        )
