"""The gates that look at the bundle itself, and at the champion beside it."""

from pathlib import Path
from statistics import median
from time import perf_counter

from features.contract import Contract
from features.contract_change import find_breaks
from models.bundle import Bundle, build_smoke_rows
from models.reasons import reasons_nl
from training.comparison import STRONGEST, Comparison
from training.config import GatesConfig
from training.evaluate import Measured
from training.gates import NO_CHAMPION, Gate, GateVerdict

TIMES = 15  # each row, so that the median does not hang on what else the machine did
MB = 1_000_000


def judge_bundle(bundle: Bundle, folder: Path, config: GatesConfig) -> list[Gate]:
    """Return the gates on speed, measured here and now, and on size."""
    took, size = measure_ms(bundle), measure_bytes(folder) / MB
    return [
        _limit("speed", "one case with reasons", took, config.most_ms, "ms"),
        _limit("size", "size of the bundle", size, config.most_mb, "MB"),
    ]


def _limit(name: str, label: str, value: float, most: float, unit: str) -> Gate:
    verdict = GateVerdict.PASS if value <= most else GateVerdict.FAIL
    return Gate(name, label, f"≤ {most:g} {unit}", f"{value:.2f} {unit}", verdict)


def measure_ms(bundle: Bundle) -> float:
    """Return the median time of estimating one case and saying why, in milliseconds."""
    took = []
    for row in list(build_smoke_rows(bundle.contract)) * TIMES:
        began = perf_counter()
        estimate = bundle.estimate(row)
        reasons_nl(estimate.usual.contributions, row, bundle.contract)
        took.append(perf_counter() - began)
    return 1000 * median(took)


def measure_bytes(folder: Path) -> int:
    """Return the size of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def judge_contract(ours: Contract, champion: Contract | None) -> Gate:
    """Fail on what breaks who calls the service with the champion's contract; additions pass."""
    label, limit = "contract beside the champion's", "breaks nothing"
    if champion is None:
        return _skip("contract", label, limit, NO_CHAMPION)
    faults = find_breaks(champion, ours)
    added = len(set(ours.names) - set(champion.names))
    shown = f"{len(faults)} breaks" if faults else f"{added} inputs added" if added else "the same"
    verdict = GateVerdict.FAIL if faults else GateVerdict.PASS
    return Gate("contract", label, limit, shown, verdict, "; ".join(faults))


def judge_comparison(
    found: Comparison | None, version: str, champion: str, config: GatesConfig
) -> list[Gate]:
    """Return the gates beside the champion; `found` is what was compared, if anything was.

    `champion` is the champion of now, "" without one: then nothing has to be beaten.
    """
    if not champion or champion == version:
        why = NO_CHAMPION if not champion else "this version is the champion"
        return [_skip(name, label, limit, why) for name, (label, limit) in _ask(config).items()]
    if found is None or found.noted or found.version != champion:
        why = _tell_absent(found, champion)
        return [
            Gate(name, label, limit, "not compared", GateVerdict.FAIL, why)
            if name != "champion_ranking"
            else _skip(name, label, limit, "not compared")
            for name, (label, limit) in _ask(config).items()
        ]
    return [
        _judge_error(found, config),
        _judge_ranking(found, config),
        _judge_reasons(found, config),
    ]


def _ask(config: GatesConfig) -> dict[str, tuple[str, str]]:
    share = f"{100 * config.capacity:g}"
    return {
        "champion": ("Brier score less the champion's, per 1000", "not surely > 0"),
        "champion_ranking": (f"worth of first {share} % less the champion's", "not surely < 0"),
        "reasons": (
            f"cases with other {STRONGEST} strongest reasons",
            f"≤ {100 * config.most_reasons_changed:g} %",
        ),
    }


def _skip(name: str, label: str, limit: str, why: str) -> Gate:
    return Gate(name, label, limit, "-", GateVerdict.NOT_APPLICABLE, why)


def _tell_absent(found: Comparison | None, champion: str) -> str:
    remedy = "give --data DIR to compare now"
    if found is not None and found.version == champion:
        return f"{found.noted}: waive where that is meant"
    if found is None or not found.version:
        return f"not compared with version {champion}, the champion: {remedy}"
    return (
        f"compared with version {found.version} at training; version {champion} is the champion "
        f"now: {remedy}"
    )


def _judge_error(found: Comparison, config: GatesConfig) -> Gate:
    """Fail where we are surely worse, and the champion's having learnt from the rows is no excuse.

    A champion that learnt from the window is flattered there. What was seen since then flatters
    nobody, and decides where there is enough of it. Else: what we release learnt from the window as
    well; only a version that is surely worse before that, and by more than another seed makes of it
    after, is worse for certain.
    """
    label, limit = _ask(config)["champion"]
    measured = [one for one in (found.tested, found.released) if one is not None]
    worse = [one.low > 0 for one in measured]
    clearly = measured[-1].value > config.most_flattery
    first = measured[0]
    shown = f"{1000 * first.value:+.1f} ({1000 * first.low:+.1f} to {1000 * first.high:+.1f})"
    knows = "the champion learnt from some of these screenings, which flatters it"
    if found.champion_may_know and found.since is not None:
        return _judge_since(found.since, label, config)
    if found.tested is not None and not found.champion_may_know:
        verdict, why = (GateVerdict.FAIL, "") if worse[0] else (GateVerdict.PASS, "")
    elif all(worse) and clearly:
        verdict, why = GateVerdict.FAIL, "also where both learnt from these screenings"
    elif any(worse):
        verdict, why = GateVerdict.INSUFFICIENT, knows
    elif found.tested is None and not found.champion_may_know:
        verdict, why = GateVerdict.INSUFFICIENT, "only this version learnt from these screenings"
    else:
        verdict, why = GateVerdict.PASS, knows
    return Gate("champion", label, limit, shown, verdict, why)


def _judge_since(since: Measured, label: str, config: GatesConfig) -> Gate:
    label = label.replace("Brier score", "deviance since it learnt")
    is_worse = since.low > 0 and since.value > config.most_since
    verdict = GateVerdict.FAIL if is_worse else GateVerdict.PASS
    limit = f"not surely > 0 and > {1000 * config.most_since:g}"
    shown = f"{1000 * since.value:+.1f} ({1000 * since.low:+.1f} to {1000 * since.high:+.1f})"
    why = "on what was seen since the champion learnt, with both learnt from what came before"
    return Gate("champion", label, limit, shown, verdict, why if is_worse else "")


def _judge_ranking(found: Comparison, config: GatesConfig) -> Gate:
    label, limit = _ask(config)["champion_ranking"]
    if found.ranking is None:
        why = "needs a gain for each person, of both, and the run of the training"
        return _skip("champion_ranking", label, limit, why)
    value, low, high = (100 * one for one in _parts(found.ranking))
    shown = f"{value:+.2f} ({low:+.2f} to {high:+.2f}) per 100"
    verdict, why = GateVerdict.PASS, ""
    if high < 0:
        verdict = GateVerdict.INSUFFICIENT if found.champion_may_know else GateVerdict.FAIL
        why = "the champion may have learnt from these people" if found.champion_may_know else ""
    return Gate("champion_ranking", label, limit, shown, verdict, why)


def _parts(one: Measured) -> tuple[float, float, float]:
    return one.value, one.low, one.high


def _judge_reasons(found: Comparison, config: GatesConfig) -> Gate:
    label, limit = _ask(config)["reasons"]
    changed = found.reasons_changed
    if changed is None:
        return _skip("reasons", label, limit, "not compared")
    shown = "{:.0f} % ({:.0f} to {:.0f})".format(*(100 * one for one in _parts(changed)))
    verdict = GateVerdict.PASS if changed.value <= config.most_reasons_changed else GateVerdict.FAIL
    return Gate("reasons", label, limit, shown, verdict)
