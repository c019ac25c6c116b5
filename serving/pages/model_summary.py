"""A model in Dutch for people: what it estimates, how good it was, and what nobody should hope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.bundle import Bundle
from models.estimate import GainStatus
from models.suggestion import Limits, LimitsError, get_limits
from serving.assessment import INTERVAL_LEVEL
from serving.pages.fairness_view import FairnessView, describe_groups
from serving.pages.questions import SAME_NL
from serving.question_texts import NEEDED_NL, POSSIBLE_NL
from serving.wording import EN_DASH, date_nl, days_nl, number_nl, op_100, percent_nl, points_nl

_OURS = "kantelpunt"
_MEASURED, _RANKED = 0.95, 0.9  # how sure a margin is: of what was measured, of the ranking by gain
_SHIPPED_NL = {
    _OURS: "Een logistische regressie en een leesbare boom stonden ernaast: geen van beide was "
    "beter.",
    "lines": "Een eenvoudiger model was minstens even goed. Daarom doet een model met enkel rechte "
    "lijnen nu dienst.",
    "tree": "Eén leesbare boom was minstens even goed: die doet nu dienst.",
}
MODEL_GAIN_NL = {
    GainStatus.ESTIMATED: "Ja, per persoon. Op mensen van later zette het model wie meer en wie "
    "minder bij steun wint beter op volgorde dan het toeval.",
    GainStatus.SAME_FOR_ALL: f"Ja, maar {SAME_NL}. Vraag (b) steunt daarom op de kans zonder extra "
    "steun.",
    GainStatus.UNKNOWN: "Nee. De meerwaarde is onbekend: dit model kon ze niet schatten. Vraag (b) "
    "steunt daarom op de kans zonder extra steun.",
}


@dataclass(frozen=True)
class Fact:
    """One figure, large, with what it means."""

    figure: str
    meaning: str
    interval: str = ""


@dataclass(frozen=True)
class LimitsView:
    """The limits of today, who set them and why."""

    since: date
    author: str
    reason: str
    rules: Sequence[str]


@dataclass(frozen=True)
class ModelSummary:
    """What the page of the model says before its card."""

    estimates: Sequence[str]
    made_of: Sequence[str]
    tested_nl: str
    quality: Sequence[Fact]
    rivals_nl: str
    gain_nl: str
    gain_facts: Sequence[Fact]
    gain_notes: Sequence[str]
    groups_nl: str
    fairness: FairnessView | None
    limits: LimitsView | None

    @classmethod
    def of(cls, bundle: Bundle, limits: tuple[Limits, ...], today: date) -> "ModelSummary":
        """Return what can be said; what an older model did not note is left out."""
        info = bundle.info
        quality = list(_list_quality(info))
        return cls(
            estimates=_describe_use(bundle),
            made_of=list(_describe_data(bundle)),
            tested_nl=_describe_test(info) if quality else "",
            quality=quality,
            rivals_nl=_SHIPPED_NL.get(str(info.get("shipped")), ""),
            gain_nl=MODEL_GAIN_NL[bundle.model.gain_status],
            gain_facts=list(_list_gain(info)) if bundle.model.gain is not None else [],
            gain_notes=list(_list_gain_notes(info)),
            groups_nl=describe_groups(info),
            fairness=FairnessView.of(info, bundle.contract),
            limits=_view_limits(bundle, limits, today),
        )


def _describe_use(bundle: Bundle) -> list[str]:
    outcome = bundle.contract.outcome
    within, lasting = days_nl(outcome.horizon_days), days_nl(outcome.sustained_days)
    return [
        f"De kans dat iemand binnen {within} opnieuw aan het werk gaat, en dat minstens {lasting} "
        "volhoudt, als er geen extra steun komt.",
        "Hoeveel die kans verandert als er nu steun van VDAB en partners begint.",
    ]


def _describe_data(bundle: Bundle) -> list[str]:
    counts = bundle.info.get("screenings", {})
    known = f"Het model kent wat er bekend was tot {date_nl(bundle.trained_on)}. Later niets."
    if "all" not in counts:
        return [known]
    number = number_nl(counts["all"])
    return [f"Het model leerde uit {number} inschattingsmomenten uit vroegere dossiers.", known]


def _describe_test(info: Mapping[str, Any]) -> str:
    windows, count = info.get("windows", {}), info.get("screenings", {}).get("test")
    if count is None or "test_from" not in windows:
        return "Gemeten op latere dossiers, die het geteste model niet kende."
    since, until = (date_nl(date.fromisoformat(windows[k])) for k in ("test_from", "test_until"))
    return (
        f"Gemeten op {number_nl(count)} latere inschattingsmomenten, van {since} tot {until}, die "
        "het geteste model niet kende. Tussen haakjes staat telkens de marge, voor toeval alleen."
    )


def find_measured(info: Mapping[str, Any], *path: str) -> tuple[float, float, float] | None:
    """Return a figure with its interval; None where the model did not note it."""
    found: Any = info
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, Sequence) and len(found) == 3:
        return float(found[0]), float(found[1]), float(found[2])
    return None


def _list_quality(info: Mapping[str, Any]) -> Sequence[Fact]:
    shipped = str(info.get("shipped", _OURS))
    facts = []
    if auc := find_measured(info, "figures", shipped, "auc"):
        facts.append(
            Fact(
                f"{op_100(auc[0])} op de 100 keer",
                "krijgt van twee mensen, van wie er één terugkeerde en één niet, diegene die "
                f"terugkeerde de hoogste kans. Bij loten is dat 50.{_compare_answers(info)}",
                _tell_share(auc),
            )
        )
    if level := find_measured(info, "figures", shipped, "mean_p_less_outcome"):
        facts.append(
            Fact(
                f"{points_nl(100 * level[0])} punten",
                "is het verschil tussen de gemiddelde inschatting en wie echt terugkeerde. Juist "
                "is 0; meer is te hoog geschat.",
                _tell_points(level, _MEASURED),
            )
        )
    for side, key, verb in (
        ("hoogste", "returned_highest_10", "terug"),
        ("laagste", "precision_lowest_10", "niet terug"),
    ):
        if share := find_measured(info, "figures", shipped, key):
            meaning = f"mensen keerden {verb} bij de {percent_nl(0.1)} met de {side} kans."
            facts.append(Fact(f"{op_100(share[0])} op 100", meaning, _tell_share(share)))
    return facts


def _compare_answers(info: Mapping[str, Any]) -> str:
    answered = find_measured(info, "groups", "with_answers", "auc")
    blank = find_measured(info, "groups", "without_answers", "auc")
    # these were only measured of ours, which is not always what ships
    if not answered or not blank or info.get("shipped", _OURS) != _OURS:
        return ""
    return (
        f" Met antwoorden op de vragenlijst is het {op_100(answered[0])} "
        f"({_tell_ends(answered)}), zonder {op_100(blank[0])} ({_tell_ends(blank)}), ook met een "
        f"marge van {percent_nl(_MEASURED)}."
    )


def _tell_ends(measured: tuple[float, float, float]) -> str:
    return f"{op_100(measured[1])}{EN_DASH}{op_100(measured[2])}"


def _tell_share(measured: tuple[float, float, float]) -> str:
    return f"({_tell_ends(measured)}, marge van {percent_nl(_MEASURED)})"


def _tell_points(measured: tuple[float, float, float], level: float) -> str:
    """Return an interval in points with how sure it is: not all figures here have the same."""
    low, high = (points_nl(100 * value) for value in measured[1:])
    return f"({low} tot {high}, marge van {percent_nl(level)})"


def _list_gain(info: Mapping[str, Any]) -> Sequence[Fact]:
    facts = []
    if mean := find_measured(info, "gain", "mean"):
        meaning = (
            "op 100 is de meerwaarde van steun, gemiddeld over wie met steun had kunnen beginnen. "
            "De marge is voor toeval alleen."
        )
        facts.append(Fact(points_nl(100 * mean[0]), meaning, _tell_points(mean, _MEASURED)))
    if slope := find_measured(info, "gain", "ranking_slope_90"):
        meaning = (
            "punten meer wint wie het model helemaal vooraan zet dan wie het helemaal achteraan "
            "zet, gemeten bij mensen van later. Bij loten is dat 0. "
            "De marge is voor toeval alleen."
        )
        facts.append(Fact(points_nl(100 * slope[0]), meaning, _tell_points(slope, _RANKED)))
    return facts


def _list_gain_notes(info: Mapping[str, Any]) -> Sequence[str]:
    gain = info.get("gain", {})
    notes = []
    if "starts" in gain:
        starts, others = number_nl(gain["starts"]), number_nl(gain["comparisons"])
        notes.append(
            f"Geleerd uit {starts} inschattingsmomenten waarna steun begon, naast {others} waarna "
            "steun even lang na de inschatting ook nog kon beginnen."
        )
    if gain.get("by_lot"):
        notes.append("Een lot besliste wie steun kreeg: verborgen verschillen spelen niet mee.")
    elif "starts" in gain:
        notes.append(
            "Niemand lootte om steun. Wat iemand deed beginnen en nergens genoteerd staat, zoals "
            "motivatie, kan hierin meetellen. De marge van "
            f"{percent_nl(INTERVAL_LEVEL)} bij elk dossier houdt daar rekening mee."
        )
    return notes


def _view_limits(bundle: Bundle, limits: tuple[Limits, ...], today: date) -> LimitsView | None:
    try:
        now = get_limits(today, limits)
    except LimitsError:
        return None
    per_person = bundle.model.gain_status is GainStatus.ESTIMATED
    chance = "kans met steun" if bundle.model.gain is not None else "kans zonder extra steun"
    rules = [f"(a) {POSSIBLE_NL} Ja, vanaf een {chance} van {_op(now.not_yet_below)}."]
    if per_person:
        rules.append(f"(b) {NEEDED_NL} Ja, vanaf een meerwaarde van {_op(now.gain_from)}.")
    else:
        rules.append(
            f"(b) {NEEDED_NL} Nee, vanaf een kans zonder extra steun van {_op(now.own_way_from)}."
        )
    return LimitsView(now.valid_from, now.author, now.reason, rules)


def _op(share: float) -> str:
    return f"{number_nl(100 * share)} op 100"
