"""What the model card says of the gain of support, and of what ranking by it would bring."""

from models.estimate import GainStatus
from training.evaluate import Measured
from training.gain import KnownGain, LearntGain
from training.pipeline import Trained
from training.policy import tabulate
from training.policy_tree import tell_rules_nl
from training.refutation import tabulate_refutation

VERDICTS = {
    GainStatus.ESTIMATED: (
        "The gain differs between people: ranking by it was better than chance among people who "
        "came later, so each case gets its own."
    ),
    GainStatus.SAME_FOR_ALL: (
        "The same gain for all: ranking by gain was not clearly better than chance among people "
        "who came later. Question (b) is answered by p_usual alone."
    ),
}


def describe_gain(trained: Trained) -> list[str]:
    """Return the paragraphs on the gain."""
    learnt = trained.gain
    if learnt.known is None:
        return [
            "## The gain of support",
            f"Unknown: {learnt.why_unknown}. Both questions are answered by p_usual alone.",
        ]
    return [
        "## The gain of support",
        VERDICTS[learnt.known.head.status],
        _list_figures(learnt, learnt.known, trained.config.gain.hidden_strength),
        *_describe_refutation(trained),
        *_describe_policies(trained),
    ]


def _list_figures(learnt: LearntGain, known: KnownGain, strength: float) -> str:
    starts = int(learnt.trial.supported.sum())
    slope = known.skill.slope
    lines = [
        f"mean gain: {points(known.mean)} points, 95 % interval for chance alone",
        _describe_hidden(known, strength),
        f"learnt from {starts:,} starts of support, each beside people who on the same day after "
        f"their screening could have started too ({len(learnt.trial) - starts:,} in all); "
        f"{len(known.effects):,} of both have a known outcome and somebody to be compared with",
        f"form: {known.fitted.form}; held-out losses "
        + ", ".join(f"{name} {loss:,.1f}" for name, loss in known.fitted.losses.items()),
        f"ranking of later people: the gain of the first exceeds that of the last by "
        f"{points(slope)} points, 90 % interval, over {known.skill.supported:,} supported",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _describe_hidden(known: KnownGain, strength: float) -> str:
    if known.effects.by_lot:
        return "support was given by lot: nothing hidden can have moved the mean"
    strongest = known.confounders[0]
    return (
        f"a hidden confounder up to {strength:g} times as strong as the strongest measured one "
        f"({strongest.label_nl}) could move the mean, and every gain with it, by "
        f"{100 * known.hidden:.1f} points up or down; to make it 0 it has to explain "
        f"{known.robustness:.1%} of what is left of outcome and of support "
        f"({strongest.label_nl}: {strongest.of_outcome:.1%} and {strongest.of_support:.1%})"
    )


def _describe_refutation(trained: Trained) -> list[str]:
    if trained.refutation is None:
        return []
    return ["### Attempts to refute the gain", tabulate_refutation(trained.refutation)]


def _describe_policies(trained: Trained) -> list[str]:
    if trained.judged is None:
        return []
    parts = [
        "### What a ranking would bring",
        "Extra returns per 100 people who could have started, if so many of them got support: "
        "people who came later than all that the ranked gain was learnt from, 95 % intervals.",
        tabulate(trained.judged.policies),
    ]
    if trained.judged.rules:
        parts += ["### The ranking as a tree of depth 3", tell_rules_nl(list(trained.judged.rules))]
    return parts


def describe_curve(trained: Trained) -> list[str]:
    """Return the paragraphs on the return curve: what each day was learnt from."""
    lines = ["| day | settled screenings | support changes the share by |", "| --- | --- | --- |"]
    for note in trained.curve.notes:
        if note.left_out:
            lines.append(f"| {note.days} | {note.settled:,}: too few, left out | |")
            continue
        shift = f"{100 * note.shift:+.1f} points"
        if not note.supported:
            shift = "not measured"
        elif note.shift != note.measured:
            error = 196 * note.error
            shift += f" (measured {100 * note.measured:+.1f} +/- {error:.1f}, drawn to 0 by chance)"
        lines.append(f"| {note.days} | {note.settled:,} | {shift} |")
    return [
        "## The return curve",
        "Days after the screening, beside the horizon. The share is of those back by the horizon, "
        "and after it of those not back yet.",
        "\n".join(lines),
    ]


def points(measured: Measured) -> str:
    """Return a figure in percentage points with its interval."""
    value, low, high = (100 * one for one in (measured.value, measured.low, measured.high))
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f})"
