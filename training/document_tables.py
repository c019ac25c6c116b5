"""Tables and lists of a document, each from the record of a run; what is not there is said."""

from collections.abc import Mapping, Sequence
from typing import Any

from training.card import FIGURES, name_share
from training.document_facts import Facts
from training.rivals import NAMES

NOT_RECORDED = "not recorded"
WINDOWS = {"learn": "held out in the learn window", "calibrate": "calibration", "test": "test"}
BESIDE = {
    "tested": ("Brier score of the tested model less that of the champion, in thousandths", 1000),
    "released": ("Brier score of the version less that of the champion, in thousandths", 1000),
    "since": ("deviance since the champion learnt less that of the champion, in thousandths", 1000),
    "ranking": ("returns by ranking by gain, less by that of the champion, per 1,000", 1000),
    "reasons_changed": ("cases of which the three strongest reasons change, per 100", 100),
}
# number of the record, the choice, why
DECISIONS = (
    ("0010", "Sums of percentage points, no log-odds", "reasons add up to the estimate itself"),
    ("0003", "A return counts when it lasts", "a week at work is no recovery"),
    (
        "0013",
        "The gain from a target trial, per person only where it ranks later people",
        "an effect model left alone invents differences",
    ),
    ("0006", "Groups apart from inputs", "a column within reach becomes an input sooner or later"),
    (
        "0019",
        "Unfair is: surely more errors than the others, and over the limit",
        "chance alone would raise dozens of alarms",
    ),
    ("0005", "A model is a folder of readable files", "nothing runs, anybody can check it"),
    ("0004", "Training sees a pseudonymised extract only", "who trains need not know anybody"),
    ("0007", "The own estimate can come first", "people lean towards a number seen before"),
    ("0017", "People like this are counted, never looked up", "nobody can be found in a count"),
)
# what of the record tells it, or where it is measured; the risk; what is done about it
RISKS = (
    (
        "calibration",
        "Chances that are too high or too low",
        "correction by a later window; limits on slope and error",
    ),
    (
        "groups",
        "A group that is told the wrong thing more often",
        "audit of every group and pair with intervals; a waiver is signed and logged",
    ),
    (
        "gain",
        "A gain that is not there",
        "one gain for all unless it ranks later people; placebos with each training",
    ),
    ("leak", "An input that tells the outcome", "a search for leaks in each training"),
    (
        "measured in use, not in training",
        "Blind trust",
        "own estimate first; agreement is counted; words describe the estimate, not the person",
    ),
    (
        "a matter of the deployer's organisation",
        "Use for control or sanctions",
        "no such export; every view is logged; consent before referral",
    ),
    (
        "tested with every change of the software",
        "Somebody is recognised",
        "pseudonyms, totals under 5 hidden, groups under {smallest} persons refused",
    ),
    (
        "refused when it does not hold",
        "A model that was tampered with or does not fit",
        "checksums, contract and made-up rows on loading",
    ),
)


def tabulate_figures(columns: Mapping[str, Mapping[str, Sequence[float]]] | None, of: str) -> str:
    """Return figures with intervals, one column per model or window; `of` names what is missing."""
    if not columns:
        return f"Figures of {of}: not recorded."
    names = [WINDOWS.get(name, NAMES.get(name, name)) for name in columns]
    lines = ["| figure | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    for key in dict.fromkeys(key for one in columns.values() for key in one):
        cells = [tell_figure(one.get(key)) for one in columns.values()]
        lines.append(f"| {FIGURES.get(key) or name_share(key)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def tell_figure(found: Sequence[float] | None, times: float = 1, digits: int = 3) -> str:
    """Return a value with its interval."""
    if not found:
        return NOT_RECORDED
    value, low, high = (f"{times * one:.{digits}f}" for one in found)
    return f"{value} ({low} to {high})"


def tabulate_attempts(found: Mapping[str, Any] | None) -> str:
    """Return what the attempts to refute the gain found, in points on 100."""
    verdicts, figures = (found or {}).get("verdicts", {}), (found or {}).get("figures", {})
    if not found or not verdicts:
        return "Attempts to refute the gain: not recorded."
    lines = [
        "| attempt to refute the gain | mean gain found, in points | verdict |",
        "| --- | --- | --- |",
        f"| none: the real gain | {tell_figure(figures.get('real'), 100, 1)} | |",
    ]
    for key, verdict in verdicts.items():
        mean = tell_figure(figures.get(key), 100, 1)
        lines.append(f"| {escape(key.replace('_', ' '))} | {mean} | {escape(verdict)} |")
    left_out = [f"\n\nNot attempted: {escape(why)}." for why in found.get("left_out", ())]
    return "\n".join(lines) + "".join(left_out)


def tabulate_champion(found: Mapping[str, Any] | None) -> str:
    """Return how the version compared with the champion of the day on which it was trained."""
    if not found:
        return "How it compares with the version before it: not recorded."
    if found.get("noted"):
        return f"It was not compared with a champion: {escape(str(found['noted']))}."
    window = " to ".join(str(day) for day in found.get("window") or (NOT_RECORDED,))
    lines = [
        f"Beside version {escape(str(found.get('version')))}, the champion when it was trained, on "
        f"{int(found.get('screenings') or 0):,} screenings from {escape(window)}:",
        "",
        "| figure | value |",
        "| --- | --- |",
    ]
    for key, (label, times) in BESIDE.items():
        lines.append(f"| {label} | {tell_figure(found.get(key), times, 2)} |")
    if found.get("champion_may_know"):
        lines.append("\nThe champion may have learnt from this window, which flatters it.")
    return "\n".join(lines)


def tell_verdict(facts: Facts) -> str:
    """Return the verdict on all groups."""
    found = facts.fairness or facts.info.get("fairness") or {}
    return str(found.get("verdict") or NOT_RECORDED).replace("_", " ")


def list_failing(facts: Facts) -> list[str]:
    """Return groups that fail, as attribute and label."""
    found = facts.fairness or facts.info.get("fairness") or {}
    return [
        " and ".join(
            f"{name} {group}".replace("_", " ")
            for name, group in zip(one["attributes"], one["group"], strict=True)
        )
        for one in found.get("groups", ())
        if one.get("verdict") == "fail"
    ]


def list_failures(facts: Facts) -> list[str]:
    """Return where the version is known to fail: what its own record says first, then always."""
    info, told = facts.info, []
    without = info.get("groups", {}).get("without_answers", {}).get("auc")
    told.append(
        "Without answers to the questionnaire it knows less: AUC "
        f"{tell_figure(without)} on the test window. Intervals are wider there."
    )
    if failing := list_failing(facts):
        told.append(f"Groups with surely more errors than others: {escape(', '.join(failing))}.")
    gain = info.get("gain", {})
    if gain.get("status") == "unknown":
        told.append(f"The gain of support is unknown: {escape(str(gain.get('why_unknown')))}.")
    elif gain and not gain.get("by_lot"):
        told.append(
            "The gain rests on people who were not chosen by lot: what made them start and nobody "
            f"wrote down counts as gain, up to {100 * float(gain.get('hidden', 0)):.1f} points by "
            "the allowance that is made for it."
        )
    told += [f"{escape(line)}." for line in info.get("gaps") or ()]
    told += [
        f"Suspected leak in {escape(str(one.get('field')))}: look at it before release."
        for one in info.get("suspects") or ()
    ]
    return [
        *told,
        "Who was seldom comparable with a supported person gets no gain; a case whose interval "
        "crosses a limit gets the suggestion to find out more first.",
        "A change of law, of the labour market or of what VDAB offers after the day until which "
        "data are known is not in it.",
        "A mistake in the input that lies within its bounds is estimated as if it were true.",
    ]


def list_risks(facts: Facts) -> list[dict[str, str]]:
    """Return risks with what is done about each, and what the record says of it."""
    info = facts.info
    shipped = info.get("figures", {}).get(str(info.get("shipped")), {})
    gain, refuted = info.get("gain", {}), info.get("refutation") or {}
    status = str(gain.get("status", NOT_RECORDED)).replace("_", " ")
    suspects, is_judged = info.get("suspects"), tell_verdict(facts) != NOT_RECORDED
    attempts = len(refuted["verdicts"]) if "verdicts" in refuted else NOT_RECORDED
    found = {
        "calibration": f"slope {tell_figure(shipped.get('calibration_slope'))}, calibration error "
        f"{tell_figure(shipped.get('ece'))}",
        "groups": f"verdict {tell_verdict(facts)}; failing: "
        f"{escape(', '.join(list_failing(facts))) or ('none' if is_judged else NOT_RECORDED)}",
        "gain": f"status {status}; mean gain {tell_figure(gain.get('mean'), 100, 1)} points; "
        f"attempts to refute it: {attempts}",
        "leak": NOT_RECORDED if suspects is None else f"{len(suspects)} suspected",
    }
    smallest = str(info.get("config", {}).get("fairness", {}).get("smallest_group", NOT_RECORDED))
    return [
        {"risk": risk, "measure": measure.format(smallest=smallest), "found": found.get(key, key)}
        for key, risk, measure in RISKS
    ]


def escape(text: str) -> str:
    """Return text that Markdown takes as it stands, also within a table."""
    plain = " ".join(text.split()).replace("\\", "\\\\")
    for sign in "|*_`[]<>#":
        plain = plain.replace(sign, f"\\{sign}")
    return plain
