"""The gates of a release: each with its limit, what was found, and a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from training.config import Config
from training.evaluate import Measured
from training.refutation import judge_placebo
from training.rivals import NAMES

NO_CHAMPION = "there is no champion"
PLACEBOS = {"permuted_support": "support permuted", "null_outcome": "outcome without support"}


class GateVerdict(StrEnum):
    """What a gate says; only `fail` blocks a release."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INSUFFICIENT = "insufficient evidence"
    NOT_APPLICABLE = "does not apply"


@dataclass(frozen=True)
class Gate:
    """One gate: its name for a waiver, what is asked, the limit, what was found, and why."""

    name: str
    label: str
    limit: str
    value: str
    verdict: GateVerdict
    why: str = ""

    @property
    def blocks(self) -> bool:
        """Tell whether a release needs a waiver of this gate."""
        return self.verdict is GateVerdict.FAIL

    def plain(self) -> dict[str, str]:
        """Return plain values, for the log of releases."""
        return {**asdict(self), "verdict": self.verdict.value}


def judge_training(info: Mapping[str, Any], config: Config) -> list[Gate]:
    """Return the gates that rest on what a bundle tells of its training."""
    evidence = info.get("gates")
    known = [_judge_slope(info, config), _judge_fairness(info), _judge_placebos(info, config)]
    if evidence is None:
        why = "this version was trained before these were measured: train anew"
        absent = [
            Gate(name, label, "", "not measured", GateVerdict.FAIL, why)
            for name, label in _MEASURED.items()
        ]
        return [*absent, *known]
    return [
        _judge_baselines(evidence["baselines"]),
        _judge_overall(evidence["calibration"], config.gates.most_ece),
        _judge_groups(evidence["group_calibration"], config.gates.most_group_ece),
        *known,
    ]


_MEASURED = {
    "baselines": "Brier of other models less what ships, per 1000",
    "calibration_error": "calibration error",
    "group_calibration": "calibration error of worst group",
}


def _judge_baselines(found: Mapping[str, Sequence[float]]) -> Gate:
    """Fail where another model surely has the lower Brier score: its whole interval lies there."""
    name, worst = min(found.items(), key=lambda one: one[1][0])
    losing = [NAMES.get(rival, rival) for rival, more in found.items() if more[2] < 0]
    return Gate(
        "baselines",
        _MEASURED["baselines"],
        "not surely < 0",
        f"{NAMES.get(name, name)}: {_thousandths(worst)}",
        GateVerdict.FAIL if losing else GateVerdict.PASS,
        f"less error than what ships: {', '.join(losing)}" if losing else "",
    )


def _judge_slope(info: Mapping[str, Any], config: Config) -> Gate:
    low, high = config.gates.least_slope, config.gates.most_slope
    shipped = info["figures"][info["shipped"]]["calibration_slope"]
    value, least, most = shipped
    verdict, why = GateVerdict.PASS, ""
    if not low <= value <= high:
        perhaps = least <= 1 <= most
        verdict = GateVerdict.INSUFFICIENT if perhaps else GateVerdict.FAIL
        why = "chance alone can do this: the interval holds 1" if perhaps else _tell_slope(value)
    shown = f"{value:.2f} ({least:.2f} to {most:.2f})"
    return Gate("slope", "calibration slope", f"{low:g} to {high:g}", shown, verdict, why)


def _tell_slope(value: float) -> str:
    which = "further apart" if value < 1 else "closer together"
    return f"estimates lie {which} than what happened"


def _judge_overall(found: Mapping[str, Any], most: float) -> Gate:
    verdict = _weigh_gap(found, most)
    shown = _tell_gap(found)
    why = "chance alone can do this" if verdict is GateVerdict.INSUFFICIENT else ""
    label = _MEASURED["calibration_error"]
    return Gate("calibration_error", label, f"≤ {most:g}", shown, verdict, why)


def _weigh_gap(found: Mapping[str, Any], most: float) -> GateVerdict:
    """Pass at or under the limit, fail where what chance may add does not explain what is over."""
    if found["error"] <= most:
        return GateVerdict.PASS
    is_sure = found["error"] - found["chance"] > most
    return GateVerdict.FAIL if is_sure else GateVerdict.INSUFFICIENT


def _judge_groups(found: Sequence[Mapping[str, Any]], most: float) -> Gate:
    name, label, limit = "group_calibration", _MEASURED["group_calibration"], f"≤ {most:g}"
    if not found:
        return Gate(name, label, limit, "no groups", GateVerdict.NOT_APPLICABLE)
    verdicts = [_weigh_gap(one, most) for one in found]
    order = (GateVerdict.PASS, GateVerdict.INSUFFICIENT, GateVerdict.FAIL)
    place, worst = max(
        zip(map(order.index, verdicts), found, strict=True),
        key=lambda one: (one[0], one[1]["error"] - one[1]["chance"]),
    )
    shown = _tell_gap(worst)
    over = [_name(one) for one in found if one["error"] > most]
    why = f"{len(over)} of {len(found)} groups are over it, as chance can do: {_name(worst)}"
    if order[place] is GateVerdict.FAIL:
        sure = [_name(one) for one in found if _weigh_gap(one, most) is GateVerdict.FAIL]
        why = f"surely over it: {_shorten(sure)}"
    return Gate(name, label, limit, shown, order[place], why if over else "")


def _tell_gap(found: Mapping[str, Any]) -> str:
    return f"{found['error']:.3f} (chance up to {found['chance']:.3f})"


def _name(group: Mapping[str, Any]) -> str:
    return f"{group['attribute']} {group['group']}"


def _judge_fairness(info: Mapping[str, Any]) -> Gate:
    found = info["fairness"]
    judged = [one for one in (*found["groups"], *found["pairs"]) if one.get("error_ratio")]
    failing = [one for one in judged if one["verdict"] == GateVerdict.FAIL]
    shown = max((one["error_ratio"] for one in failing or judged), default=None)
    verdict = {
        "pass": GateVerdict.PASS,
        "fail": GateVerdict.FAIL,
    }.get(found["verdict"], GateVerdict.INSUFFICIENT)
    named = [
        " and ".join(map(" ".join, zip(one["attributes"], one["group"], strict=True)))
        for one in failing
    ]
    why = ""
    if failing:
        why = f"surely more errors: {_shorten(named)}"
    elif verdict is GateVerdict.INSUFFICIENT:
        why = "no group surely fails, and not every group surely passes"
    return Gate(
        "fairness",
        "errors, worst to best group",
        f"≤ {found['most_ratio']:g}",
        "nothing to judge" if shown is None else "{:.1f} ({:.1f} to {:.1f})".format(*shown),
        verdict,
        why,
    )


def _shorten(names: list[str], most: int = 6) -> str:
    rest = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def _judge_placebos(info: Mapping[str, Any], config: Config) -> Gate:
    found, label = info["refutation"], "gain where there is none"
    figures = found["figures"] if found else {}
    tried = [key for key in PLACEBOS if key in figures]
    if not tried:
        why = "no gain was learnt" if found is None else "no placebo could be made"
        return Gate("placebo", label, "none", "-", GateVerdict.NOT_APPLICABLE, why)
    most, shown = config.refute.most_spread, figures["real_spread"][0]
    warned, told = [], []
    for key in tried:
        mean, spread = Measured(*figures[key]), figures[f"{key}_spread"][0]
        told.append(f"{100 * mean.value:+.1f} (SD {100 * spread:.1f})")
        verdict = judge_placebo(mean, spread, shown, most)
        if verdict.warns:
            warned.append(f"{PLACEBOS[key]}: {verdict.text}")
    limit = f"0 points, SD {100 * most:g}"
    verdict_ = GateVerdict.FAIL if warned else GateVerdict.PASS
    return Gate("placebo", label, limit, "; ".join(told), verdict_, "; ".join(warned))


def _thousandths(more: Sequence[float]) -> str:
    value, low, high = (1000 * one for one in more)
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f})"
