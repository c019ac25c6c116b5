"""The model card: what a committee should know of a version, in one readable page."""

from features.contract import Contract
from models.explain import Driver, find_drivers
from training.card_gain import describe_curve, describe_gain
from training.decision_curve import tabulate_decisions
from training.evaluate import Measured
from training.fairness_report import describe_fairness
from training.people import describe_people
from training.pipeline import Trained
from training.rivals import NAMES, OURS

FIGURES = {
    "auc": "AUC",
    "brier": "Brier score",
    "calibration_slope": "Calibration slope (1 is right)",
    "calibration_intercept": "Calibration intercept (0 is right)",
    "mean_p_less_outcome": "Mean estimate less share that returned",
    "ece": "Expected calibration error",
}
SHARES = {
    "returned": "Share that returned",
    "precision": "Share that did not return",
    "recall": "Part of all who did not return",
}
SHOWN_DRIVERS = 12


def build_card(trained: Trained, contract: Contract, warnings: list[str]) -> str:
    """Return the card in Markdown."""
    parts = [
        "# Model card: Kantelpunt screening",
        _describe_use(contract),
        _describe_data(trained),
        "## How good it is on the test window",
        "Screenings later than all that the tested model had learnt from. 95 % intervals.",
        _tabulate(trained.figures),
        tell_shipped(trained),
        *_describe_groups(trained),
        "### Net benefit of calling those under a chance of return",
        tabulate_decisions(trained.decisions),
        *describe_people(trained.model.people),
        *describe_gain(trained),
        *describe_curve(trained),
        *describe_fairness(trained.fairness),
        "## What drives the estimates",
        _list_drivers(trained),
        "## The tree of depth 3 that was trained beside it",
        f"```text\n{trained.tree_text.rstrip()}\n```",
        "## Known limits",
        _list_limits(trained, warnings),
    ]
    return "\n\n".join(parts) + "\n"


def _describe_use(contract: Contract) -> str:
    outcome = contract.outcome
    return (
        f"Contract {contract.name} {contract.version} ({contract.fingerprint}), "
        f"{len(contract.fields)} inputs.\n\n"
        f"Estimates the chance of a return to work that begins within {outcome.horizon_days} days "
        f"of the screening and lasts at least {outcome.sustained_days} days, without extra "
        "support, and what support adds to it. The advising physician decides; the estimate may "
        "not feed control or sanctions."
    )


def _describe_data(trained: Trained) -> str:
    windows = trained.windows
    if windows.calibrate_from is None:
        calibrated = (
            "of the tested model none: the history is too short for a window of its own; of the "
            "released model its level by the test window"
        )
    else:
        calibrated = (
            f"of the tested model by screenings from {windows.calibrate_from} until "
            f"{windows.calibrate_until}; of the released model its slope by these and the test "
            "window, its level by the test window"
        )
    calibration = trained.model.usual.calibration
    shape = trained.shape
    return "\n".join(
        [
            "## Data and windows",
            "",
            f"- tested model learnt from: {trained.counts['learn']:,} screenings before "
            f"{windows.learn_until}, as known on that day",
            f"- correction: {calibrated}",
            f"- correction of the released model: {calibration.intercept:+.3f} + "
            f"{calibration.slope:.3f} p",
            f"- test: {trained.counts['test']:,} screenings from {windows.test_from} until "
            f"{windows.test_until}",
            f"- released model learnt from: {trained.counts['all']:,} screenings, as known on "
            f"{windows.known_until}, weighted for those not yet settled",
            f"- form of the tested model: {shape.share:.0%} boosted trees ({shape.rounds} rounds "
            f"of {shape.leaves} leaves), {1 - shape.share:.0%} straight lines",
            f"- settings: {trained.tuned or 'as they ship or were given, not tuned'}",
        ]
    )


def _tabulate(columns: dict[str, dict[str, Measured]]) -> str:
    """Return a table with one row per figure and one column per model or group."""
    names = list(columns)
    lines = ["| figure | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    first = columns[names[0]]
    for key in first:
        label = FIGURES.get(key) or name_share(key)
        lines.append(f"| {label} | " + " | ".join(_show(columns[n][key]) for n in names) + " |")
    return "\n".join(lines)


def _show(one: Measured) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def name_share(key: str) -> str:
    """Return what a figure of the highest or lowest share is called."""
    kind, side, percent = key.split("_")
    return f"{SHARES[kind]}, {side} {percent} %"


def tell_shipped(trained: Trained) -> str:
    """Return which model the release holds, and by how much it beat the others."""
    more = ", ".join(
        f"{NAMES[name]} {1000 * one.value:+.2f} ({1000 * one.low:+.2f} to {1000 * one.high:+.2f})"
        for name, one in trained.more_error.items()
    )
    told = f"Brier score less that of {NAMES[OURS]}, in thousandths: {more}."
    if trained.shipped == OURS:
        return f"{told} None scored lower: the release holds {NAMES[OURS]}."
    return (
        f"{told} {NAMES[OURS].capitalize()} is not better than all of them: **the release holds "
        f"{NAMES[trained.shipped]}**, on the scale of chances so that the reasons add up."
    )


def _describe_groups(trained: Trained) -> list[str]:
    if not trained.groups:
        return []
    return ["## With and without answers to the questionnaire", _tabulate(trained.groups)]


def _list_drivers(trained: Trained) -> str:
    drivers = find_test_drivers(trained)
    lines = ["| input | mean points |", "| --- | --- |"]
    return "\n".join(lines + [f"| {d.label_nl} | {d.mean_points:.1f} |" for d in drivers])


def find_test_drivers(trained: Trained) -> list[Driver]:
    """Return the inputs that move estimates of the test window most."""
    estimates = trained.model.estimate_many(trained.test.matrix)
    return find_drivers(estimates.usual, trained.model.contract)[:SHOWN_DRIVERS]


def _list_limits(trained: Trained, warnings: list[str]) -> str:
    known = trained.gain.known
    by_choice = [
        "the gain rests on people who started support and people who could have: what made some "
        "start, and nobody wrote down, counts as gain. A gain is not known for a case where nobody "
        "comparable was supported",
        "a person who started support counts as not known from that day on; the weights take it "
        "that, among those still off work, who starts has nothing to do with the chance of return. "
        "Where the more motivated start, estimates come out low: by about one point in the "
        "synthetic world",
        "people to compare with may start support later, which draws the gain in: by some 6 % of "
        "it where 8 % are supported, by more where more are. The calendar is no confounder that "
        "the gain is corrected for",
    ]
    fixed = [
        *(() if known and known.effects.by_lot else by_choice),
        "the figures are those of the recipe one step earlier in time than the released model",
    ]
    suspects = [str(suspect) for suspect in trained.suspects]
    doubts = trained.refutation.warnings if trained.refutation else []
    return "\n".join(f"- {line}" for line in [*fixed, *trained.gaps, *suspects, *doubts, *warnings])
