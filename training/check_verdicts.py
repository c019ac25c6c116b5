"""A verdict per estimate, as a sentence: what a training on this extract would be able to say."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from models.curve_fit import FEWEST
from training.check import Checked
from training.check_gain import GainOutlook
from training.check_groups import GroupOutlook
from training.check_usual import UsualOutlook
from training.traits import show_count


@dataclass(frozen=True)
class Verdict:
    """Whether something can be estimated, and the sentence that says so, how well, or why not."""

    estimate: str
    can: bool
    sentence: str

    def __str__(self) -> str:
        """Return the line as the command prints it."""
        return f"{self.estimate}: {self.sentence}"


def list_verdicts(found: Checked) -> list[Verdict]:
    """Return one verdict on p_usual, gain and return curve, and one per attribute of groups."""
    return [
        _judge_usual(found.stop, found.usual),
        _judge_gain(found.gain),
        _judge_curve(found),
        *_judge_fairness(found),
    ]


def _judge_usual(stop: str, usual: UsualOutlook | None) -> Verdict:
    if stop or usual is None:
        return Verdict("p_usual", False, f"cannot be estimated: {stop}")
    widths = [(usual.with_answers, ""), (usual.without, " without a questionnaire")]
    around = " and ".join(f"+-{_points(w)} points{who}" for w, who in widths if w is not None)
    return Verdict(
        "p_usual",
        True,
        f"can be estimated from {usual.known:,} known outcomes; expect 90 % intervals of about "
        f"{around}, and an AUC known to about +-{usual.around_auc:.2f} from "
        f"{usual.tested:,} outcomes of the test window",
    )


def _judge_gain(gain: GainOutlook | None) -> Verdict:
    if gain is None:
        return Verdict("gain", False, "cannot be estimated: nobody's outcome is known")
    if gain.why_not:
        return Verdict(
            "gain",
            False,
            f"cannot be estimated: {gain.why_not}; a release would say that it is unknown",
        )
    about = "about " if gain.is_sampled else ""
    rest = (
        "a lot rules out that something hidden moved it"
        if gain.by_lot
        else "what nobody wrote down of who is supported may move it more"
    )
    return Verdict(
        "gain",
        True,
        f"its mean can be estimated from {about}{gain.comparable:,} supported people with "
        f"comparable others, of {gain.starts:,} with a known outcome; expect a 95 % interval of "
        f"+-{_points(gain.wide)} points by chance alone ({rest}). Two halves of the "
        f"people must differ by some {_points(gain.apart)} points for that to be seen, else "
        "everybody gets the mean",
    )


def _judge_curve(found: Checked) -> Verdict:
    told = [str(note.days) for note in found.curve if not note.left_out]
    left = [note for note in found.curve if note.left_out]
    if found.stop:
        return Verdict("return curve", False, "cannot be drawn without p_usual")
    short = ", ".join(f"day {one.days} ({show_count(one.settled)} settled)" for one in left)
    why = f"{short}: at least {FEWEST} outcomes have to be settled by then"
    if not told:
        return Verdict("return curve", False, f"cannot be drawn beyond the horizon: {why}")
    days = f"can be drawn at days {', '.join(told)} beside the horizon"
    return Verdict("return curve", True, f"{days}; not at {why}" if left else days)


def _judge_fairness(found: Checked) -> Iterator[Verdict]:
    if found.stop:
        yield Verdict("fairness", False, "cannot be judged without p_usual")
        return
    if not any(one.rows for one in found.tables if one.name == "groups"):
        ask = "cannot be judged: add a table groups with case_id and a column for each"
        yield Verdict("fairness by sex, origin and the like", False, ask)
    short = []
    for attribute, each in groupby(found.groups, key=lambda one: one.attribute):
        groups = list(each)
        judged = [one for one in groups if one.smallest_gap is not None]
        if len(judged) < 2:
            short.append((attribute, groups))
            continue
        small = [one.group for one in groups if one.smallest_gap is None and one.persons]
        left = f"; too small to judge: {', '.join(small)}" if small else ""
        yield Verdict(f"fairness by {attribute}", True, f"{_tell_gaps(judged)}{left}")
    if short:
        yield _tell_short(short, found.fewest_lost)


def _tell_short(short: list[tuple[str, list[GroupOutlook]]], fewest: int) -> Verdict:
    """Return one sentence on all attributes of which no two groups can be compared."""
    counts = []
    for attribute, groups in short:
        lost = sorted((one.lost or 1 for one in groups), reverse=True)
        counts.append(f"{attribute} ({show_count(lost[1] if len(lost) > 1 else 0)})")
    return Verdict(
        f"fairness by {', '.join(counts)}",
        False,
        "insufficient evidence whatever the model does: in brackets how many of the second largest "
        f"group are known not to have returned; about {fewest} are needed to see errors in",
    )


def _tell_gaps(judged: list[GroupOutlook]) -> str:
    found = [one for one in judged if one.smallest_gap and one.smallest_gap < float("inf")]
    if not found:
        return "insufficient evidence but for extreme gaps: no realistic gap would be found"
    listed = ", ".join(f"{one.group} {one.smallest_gap:.1f}" for one in found)
    equal = (
        "equal treatment can be told as such"
        if all(one.can_pass for one in judged)
        else "what is less, or none at all, stays insufficient evidence"
    )
    return f"errors would have to be so many times as frequent to be found: {listed}; {equal}"


def _points(share: float) -> str:
    points = 100 * share
    return f"{points:.0f}" if points >= 10 else f"{points:.1f}"
