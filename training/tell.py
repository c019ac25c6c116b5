"""What a training tells on the command line, beside its figures."""

from training.card import tell_shipped
from training.card_gain import VERDICTS, points
from training.fairness_report import tell_fairness
from training.pipeline import Trained
from training.refutation import tell_refutation
from training.tune import Tuned

MOST_FAILED = 6  # groups: of more, nobody reads what comes after them


def tell_training(trained: Trained) -> list[str]:
    """Return lines on tuning, on what ships, on the gain and on the attempts to refute it."""
    lines = _tell_tuning(trained.tuned) if trained.tuned else []
    lines.append(tell_shipped(trained).replace("**", ""))
    lines += tell_fairness(trained.fairness.audit, most=MOST_FAILED)
    known = trained.gain.known
    if known is None:
        return [*lines, f"gain of support: unknown, {trained.gain.why_unknown}"]
    by_lot = "; given by lot, so that nothing hidden can have moved it"
    hidden = f"; a hidden confounder may move it by {100 * known.hidden:.1f}"
    found = f"gain of support: {points(known.mean)} points on average"
    lines.append(found + (by_lot if known.effects.by_lot else hidden))
    lines.append(VERDICTS[known.head.status])
    return [*lines, *(tell_refutation(trained.refutation) if trained.refutation else [])]


def _tell_tuning(tuned: Tuned) -> list[str]:
    if not tuned.trials:
        return [str(tuned)]
    return [f"search for settings: {tuned.origin}; {tuned.seconds:.0f} s in all", str(tuned)]


def list_warnings(trained: Trained) -> list[str]:
    """Return what somebody should look at before the version is released."""
    doubts = trained.refutation.warnings if trained.refutation else []
    return [*(str(suspect) for suspect in trained.suspects), *trained.gaps, *doubts]
