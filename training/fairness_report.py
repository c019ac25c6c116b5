"""What an audit of groups tells: tables for the card, lines for the command line, and a picture."""

from collections.abc import Iterator
from pathlib import Path

from matplotlib.figure import Figure

from models.estimate import Bounded
from models.fairness import Audit, GroupAudit, Verdict
from models.fairness_sums import COMPARED
from training.evaluate import Measured
from training.fairness import Fairness, Tradeoff

COLUMNS = {
    "selection": "referred",
    "missed_gain": "missed gain",
    "false_own_way": 'false "own way"',
    "mean_error": "estimate less outcome",
    "slope": "slope",
    "mean_gain": "mean gain",
    "top_first": "in top 5 %",
    "top_second": "in top 10 %",
}
PLAIN = ("slope",)  # the others are per 100
VERDICTS = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "**fail**",
    Verdict.INSUFFICIENT: "insufficient evidence",
    Verdict.TOO_SMALL: "too small",
}


def describe_fairness(fairness: Fairness | None) -> list[str]:
    """Return the paragraphs of the card on groups."""
    head = "## Fairness: the same for every group?"
    if fairness is None or not fairness.audit.groups:
        return [head, "The extract names no groups: nothing can be said of them."]
    found = fairness.audit
    return [
        head,
        _explain(found),
        _tabulate(found.of_one()),
        *_list_refused(found),
        _describe_pairs(found),
    ]


def _explain(found: Audit) -> str:
    return (
        f"On the {found.screenings:,} screenings of the test window; groups are never inputs. "
        "Per 100, with 95 % intervals by person. *Missed gain*: the part of all gain above 0, as "
        "estimated, that lies with people who are told own way or not yet. *False own way*: of "
        "those who did not return, the part of whom it was said that they would on their own. "
        "A ratio says how much worse off a group is than the best-off other one: less often "
        "referred, or of more errors (the worse of both kinds; missed gain only where the gain "
        "differs between people). The verdict is on errors; needs may differ, and referrals then "
        "should. "
        f"*Fail*: over {found.most_ratio:g}, and more errors than all others together by more "
        "than chance makes anywhere in one of twenty releases whose groups are alike. *Pass*: the "
        "interval of the ratio ends at or under that limit, for each kind. Else the evidence is "
        f"insufficient. Groups of fewer than {found.smallest_group} persons are refused. Numbers "
        f"of persons are in tens. Overall: {VERDICTS[found.verdict]}."
    )


def _tabulate(groups: list[GroupAudit]) -> str:
    heads = ["group", "persons", *COLUMNS.values(), "referral ratio", "error ratio", "verdict"]
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " --- |" * (len(heads) - 1)]
    for one in groups:
        if one.verdict is Verdict.TOO_SMALL:
            continue
        cells = [name_group(one), str(one.persons // 10 * 10)]
        cells += [_show(one.figures.get(key), key) for key in COLUMNS]
        selection = one.ratios.get("selection")
        cells += [_show_ratio(selection), _show_ratio(one.error_ratio), VERDICTS[one.verdict]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def name_group(one: GroupAudit) -> str:
    """Return attribute and label of a group, or of both of a pair."""
    both = zip(one.attributes, one.group, strict=True)
    return " and ".join(f"{name} {label}".replace("|", "/") for name, label in both)


def _show(one: Bounded | None, key: str) -> str:
    if one is None:
        return ""
    times, digits = (1, 2) if key in PLAIN else (100, 1)
    value, low, high = (f"{times * number:.{digits}f}" for number in one)
    return f"{value} ({low} to {high})"


def _show_ratio(ratio: Bounded | None) -> str:
    if ratio is None:
        return ""
    value, low, high = ratio
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def _list_refused(found: Audit) -> list[str]:
    refused = [name_group(one) for one in found.of_one() if one.verdict is Verdict.TOO_SMALL]
    return [f"Too small to be measured: {', '.join(refused)}."] if refused else []


def _describe_pairs(found: Audit) -> str:
    pairs = found.of_pairs()
    counts = ", ".join(
        f"{VERDICTS[verdict].strip('*')} {sum(one.verdict is verdict for one in pairs)}"
        for verdict in Verdict
    )
    failed = [one for one in pairs if one.verdict is Verdict.FAIL]
    told = f"Pairs of groups: {counts}."
    return f"{told} Those that fail:\n\n{_tabulate(failed)}" if failed else told


def list_shown(found: Audit) -> Iterator[list[str]]:
    """Yield the heads and then one row per group of one attribute, for the command line."""
    shown = COMPARED
    yield [
        "group",
        "persons",
        *(f"{COLUMNS[key]} per 100" for key in shown),
        "error ratio",
        "verdict",
    ]
    for one in found.of_one():
        figures = [_show(one.figures.get(key), key) for key in shown]
        is_small = one.verdict is Verdict.TOO_SMALL
        persons = "" if is_small else str(one.persons // 10 * 10)
        verdict = VERDICTS[one.verdict].strip("*")
        yield [name_group(one), persons, *figures, _show_ratio(one.error_ratio), verdict]


def tell_fairness(found: Audit, most: int | None = None) -> Iterator[str]:
    """Yield lines for the command line: the verdict, and the groups that fail, `most` of them."""
    groups = [one for one in found.groups if one.verdict is not Verdict.TOO_SMALL]
    counts = ", ".join(
        f"{sum(one.verdict is verdict for one in found.groups)} {verdict.value.replace('_', ' ')}"
        for verdict in Verdict
    )
    yield f"fairness over {len(groups)} groups and pairs of groups: {counts}"
    failed = [one for one in groups if one.verdict is Verdict.FAIL]
    for one in failed[:most]:
        yield f"fairness fails for {name_group(one)}: error ratio {_show_ratio(one.error_ratio)}"
    if most is not None and len(failed) > most:
        yield f"and for {len(failed) - most} more: fairness.csv of the run has all"


def list_fairness_metrics(found: Audit) -> dict[str, Measured]:
    """Return the worst ratio of each rate over the groups of one attribute."""
    metrics = {}
    for name in COMPARED:
        ratios = [one.ratios[name] for one in found.of_one() if name in one.ratios]
        if ratios:
            metrics[f"worst_ratio_{name}"] = Measured(*max(ratios))
    return metrics


def list_fairness_rows(found: Audit) -> Iterator[list[object]]:
    """Yield heads and then one row per group and figure, for a table that any program reads.

    Groups that are too small stand there with their verdict alone; persons are in tens.
    """
    yield ["attributes", "group", "persons", "verdict", "figure", "value", "low", "high"]
    for one in found.groups:
        names = [" and ".join(one.attributes), " and ".join(one.group)]
        if one.verdict is Verdict.TOO_SMALL:
            yield [*names, "", one.verdict.value, "", "", "", ""]
            continue
        ratios = {f"ratio_{name}": ratio for name, ratio in one.ratios.items()}
        for name, bounds in {**one.figures, **ratios}.items():
            start = [*names, one.persons // 10 * 10, one.verdict.value, name]
            yield [*start, *(round(float(number), 6) for number in bounds)]


def draw_tradeoff(points: list[Tradeoff], most_ratio: float, path: Path) -> None:
    """Draw, per attribute, the worst error ratio against the gain that is captured."""
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    for name in sorted({name for one in points for name in one.worst}):
        known = sorted((one.captured, one.worst[name]) for one in points if name in one.worst)
        axes.plot(*zip(*known, strict=True), marker="o", markersize=3, label=name.replace("_", " "))
    for one in points:
        if one.is_now:
            axes.axvline(one.captured, color="0.3", linewidth=1, label="the limit that holds")
    axes.axhline(most_ratio, color="#a00", linewidth=1, linestyle="--", label="most that passes")
    axes.set(
        yscale="log",
        xlabel="share of the estimated gain that is referred",
        ylabel="worst ratio of an error rate to the best-off group",
        title="What fairness costs as the limit moves",
    )
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)
