"""What the newest people whose outcome can be known tell: figures as they turned out, and errors.

The audit is that of a release (`models.fairness`), on suggestions that were really given.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from features.contract import Outcome
from features.outcomes import find_outcomes, weigh
from models.fairness import Audit, FairnessConfig, GroupAudit, audit
from models.fairness import Verdict as Judged
from models.fairness_sums import TURNED_AWAY, AuditRows
from models.realised import NOT_MATURED, check_realised
from models.shares import FEWEST_SHOWN
from models.suggestion import Suggestion
from models.watching import CHANCE, Check, Verdict, judge
from serving.monitor_rows import (
    AGE_BANDS,
    GROUPED,
    SUGGESTIONS,
    UNKNOWN,
    Bools,
    Floats,
    Labels,
    Told,
)

if TYPE_CHECKING:
    from features.tables import Extract

# of more people intervals hardly get narrower, and who is newest tells most of the model of today
MOST = 30_000
MOST_LABELS = 20  # of an attribute, as in the audit of a release
OTHERS = "others"
TOO_SMALL, WIDE = "too_few", "wide_interval"
# as [fairness] of training/config.toml, but for false alarms: every night is a new audit
AUDIT = FairnessConfig(
    most_ratio=1.25,
    false_alarms=CHANCE,
    smallest_group=30,
    fewest_events=5,
    fewest_for_slope=200,
    resamples=200,
    deals=399,
    top_shares=(0.05, 0.10),
    age_field="age_years",
    age_bands=AGE_BANDS,
    case_fields=GROUPED,
)
VERDICTS = {
    Judged.PASS: Verdict.OK,
    Judged.FAIL: Verdict.ALARM,
    Judged.INSUFFICIENT: Verdict.INSUFFICIENT,
    Judged.TOO_SMALL: Verdict.INSUFFICIENT,
}


@dataclass(frozen=True)
class Settled:
    """People screened so long ago that all could be settled; `weight` is 0 where it is not known.

    `returned` is NaN there. Weights are for support and for who was lost, within each suggestion:
    a suggestion decides who is supported.
    """

    told: Told
    returned: Floats
    weight: Floats


def settle(told: Told, extract: "Extract", outcome: Outcome) -> Settled:
    """Return the newest of these people whose outcome can be known; `told` has the cases' order."""
    days = outcome.horizon_days + outcome.sustained_days - 1
    followed = extract.follow_up["observed_until"].to_numpy(dtype="datetime64[D]")
    if not len(followed):
        return Settled(told.take(np.empty(0, dtype=np.int64)), np.empty(0), np.empty(0))
    places = np.flatnonzero(told.screened_on + np.timedelta64(days, "D") <= followed.max())
    order = np.argsort(told.screened_on[places], kind="stable")
    places = np.sort(places[order[-MOST:]])
    found = find_outcomes(_take(extract, places), outcome)
    chosen = told.take(places)
    weight = np.zeros(len(places))
    for suggestion in np.unique(chosen.suggestion):
        rows = chosen.suggestion == suggestion
        parts = (found.returned, found.known_days, found.open_days, found.by_support)
        weight[rows] = weigh(*(one[rows] for one in parts))
    return Settled(chosen, found.returned, weight)


def _take(extract: "Extract", places: Any) -> "Extract":
    """Return the part of an extract that is about some of its cases."""
    cases = extract.cases.iloc[places].reset_index(drop=True)
    tables = {
        name: table[table["case_id"].isin(cases["case_id"])].reset_index(drop=True)
        for name in ("pathways", "work_periods", "follow_up")
        if (table := getattr(extract, name)) is not None
    }
    return replace(extract, cases=cases, **tables)


def check_settled(settled: Settled) -> list[Check]:
    """Return how good the estimates turned out to be, next to what they promised."""
    rows = settled.weight > 0
    p, y = settled.told.p_usual[rows], settled.returned[rows]
    return judge(check_realised(p, y, settled.weight[rows]))


def audit_settled(settled: Settled) -> Audit:
    """Return the audit of a release on these people, without pairs of groups."""
    told = settled.told
    gain = np.where(told.differs, told.gain, np.nan)
    rows = AuditRows(
        person=told.case,
        suggestion=np.array(list(Suggestion), dtype=object)[told.suggestion],
        p_usual=told.p_usual,
        gain=gain,
        priority=np.where(told.differs, np.nan_to_num(gain), -told.p_usual),
        returned=settled.returned,
        weight=settled.weight,
        gain_differs=bool(told.differs.any()),
    )
    return audit(rows, list_groups(told), AUDIT, seed=0, pairs=False)


def list_groups(told: Told) -> dict[str, Labels]:
    """Return the labels of each attribute of people; the rarest as one where there are many."""
    found = {}
    for name, labels in told.groups.items():
        common = {one for one, _ in Counter(labels.tolist()).most_common(MOST_LABELS)}
        if name == "version" or common <= {UNKNOWN}:
            continue
        kept = [one if one in common else OTHERS for one in labels.tolist()]
        found[name] = np.array(kept, dtype=object)
    return found


def check_fairness(settled: Settled, audited: Audit) -> list[Check]:
    """Return per group whether its people meet more errors than others; counts in tens.

    A rate that rests on fewer than five errors is not told, nor a ratio that is made of one.
    """
    if not audited.judged or not audited.of_one():
        return [Check("fairness", "all", why=NOT_MATURED)]
    groups = list_groups(settled.told)
    errors = find_errors(settled)
    return [_tell(one, groups, errors, audited.judged) for one in audited.of_one()]


def count_verdicts(audited: Audit) -> dict[str, int]:
    """Return how many groups have which verdict."""
    found = Counter(one.verdict.value for one in audited.of_one())
    return {verdict.value: found[verdict.value] for verdict in Judged}


def find_errors(settled: Settled) -> dict[str, Bools]:
    """Tell of each error rate on which people it counts an error."""
    told = settled.told
    away = np.isin(told.suggestion, [SUGGESTIONS.index(one) for one in TURNED_AWAY])
    own_way = told.suggestion == SUGGESTIONS.index(Suggestion.OWN_WAY)
    return {
        "missed_gain": away & told.differs & (np.nan_to_num(told.gain) > 0),
        "false_own_way": own_way & (settled.weight > 0) & (settled.returned == 0),
    }


def _tell(
    one: GroupAudit,
    groups: Mapping[str, Labels],
    errors: Mapping[str, Bools],
    judged: tuple[str, ...],
) -> Check:
    (name,), (label,) = one.attributes, one.group
    if one.verdict is Judged.TOO_SMALL:
        return Check("fairness", name, label, why=TOO_SMALL)
    inside = groups[name] == (UNKNOWN if label == "unknown" else label)
    shown = [error for error in judged if int((errors[error] & inside).sum()) >= FEWEST_SHOWN]
    figures: dict[str, float] = {}
    if one.error_ratio and len(shown) == len(judged):
        figures = dict(zip(("ratio", "low", "high"), one.error_ratio, strict=True))
    figures |= {error: one.figures[error][0] for error in shown if error in one.figures}
    return Check(
        "fairness",
        name,
        label,
        size=figures.get("ratio"),
        chance=min((one.chances[error] for error in judged if error in one.chances), default=1.0),
        count=one.persons // 10 * 10,
        figures=figures,
        why=WIDE if one.verdict is Judged.INSUFFICIENT else "",
        verdict=VERDICTS[one.verdict],
    )
