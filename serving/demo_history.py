"""The past of the demo: a second group of synthetic persons, and what was done about them.

Made-up physicians decide next to what the released model suggests, as if it had served all along;
who they refer gets support, and what becomes of everybody follows from that. So suggestions,
decisions, pathways and outcomes hang together. The audit log says that the demo filled them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from features.deadlines import add_months
from features.errors import KantelpuntError
from models.bundle import Bundle
from models.suggestion import Limits
from models.suggestion_many import suggest_many
from serving.assess import Desk, assess_for_list
from serving.assessment import Assessment
from serving.demo_cases import Team, build_past
from serving.demo_practice import Intent, Route, Screened, draw_intent, name_people
from serving.intake_rows import list_rows
from serving.outcomes import keep_outcomes
from serving.permissions import Role, User
from serving.referral_lists import ReferralLists
from serving.store.assessments import save_assessments
from serving.store.audit import AuditEvent
from serving.store.engine import EVERY_FUND, Store
from serving.store.past import Past, save_past

if TYPE_CHECKING:
    import pandas as pd

    from features.tables import Extract

YEARS = 3
BEFORE = 3  # months: who was screened in the first whole month fell ill so long before
PER_PERSON = 3  # people of the past, for each one of the pilot: totals per region are then not tiny
SEED = 11  # other persons than those that the model learnt from
BATCH = 2000
DEMO = User(key="demo", name="Demo", role=Role.FUND_SYSTEM)
FILLED = "fill_demo"


class NoHistoryError(KantelpuntError):
    """A past in which nobody was screened."""


def find_first_day(now: datetime) -> date:
    """Return the first day of absence of whom the past holds: that of a month, all of it known."""
    return add_months(now.date().replace(day=1), -12 * YEARS - BEFORE)


@dataclass(frozen=True)
class Fill:
    """What filling a store needs: the model that serves, its limits, and the moment."""

    store: Store
    bundle: Bundle
    limits: tuple[Limits, ...]
    now: datetime

    @property
    def since(self) -> date:
        """The first day of absence of the past."""
        return find_first_day(self.now)


@dataclass
class Practice:
    """Made-up physicians; it remembers what each is up to, by case and screening day."""

    fill: Fill
    rng: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 - of made-up people
    intents: dict[tuple[str, date], Intent] = field(default_factory=dict)

    def refer(self, cases: "pd.DataFrame") -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Tell of screenings whose form goes to VDAB; of whom the past does not hold, of nobody."""
        from features.matrix import build_matrix

        chosen = np.zeros(len(cases), dtype=np.bool_)
        recent = (cases["absence_started_on"].dt.date >= self.fill.since).to_numpy()
        known = cases[recent]
        if known.empty:
            return chosen
        estimates = self.fill.bundle.estimate_many(build_matrix(known, self.fill.bundle.contract))
        days = known["screened_on"].dt.date.tolist()
        suggested = suggest_many(estimates, days, self.fill.limits)
        made = [draw_intent(one, self.rng) for one in suggested]
        self.intents |= dict(zip(zip(known["case_id"], days, strict=True), made, strict=True))
        chosen[recent] = [one.sends for one in made]
        return chosen


def make_history(folder: Path, persons: int, practice: Practice) -> "Extract":
    """Write the second group of persons into a folder, with what became of them; return it.

    Only who fell ill in the past that is kept is returned.
    """
    from features.synthetic import build_cohort, write_cohort
    from features.tables import read_extract

    fill = practice.fill
    contract, today = fill.bundle.contract, fill.now.date()
    cohort = build_cohort(contract, persons, SEED, until=today, refer=practice.refer)
    write_cohort(cohort, folder, contract)
    return _cut(read_extract(folder, contract), fill.since, today)


def _cut(extract: "Extract", since: date, today: date) -> "Extract":
    """Return who fell ill from a day on; who moved away since is in no store any more."""
    from serving.store.outcomes import OUTCOME_TABLES

    followed, found = extract.follow_up, extract.cases
    here = (followed["observed_until"].dt.date >= today) | (followed["exit"] != "")
    late = found["case_id"][found["absence_started_on"].dt.date >= since]
    kept = set(late) & set(followed["case_id"][here])
    if not kept:
        raise NoHistoryError("nobody was screened in the past of the demo: ask for more persons")
    tables = {
        name: table[table["case_id"].isin(kept)]
        for name, table in vars(extract).items()
        if name in ("cases", *OUTCOME_TABLES)
    }
    tables["cases"] = tables["cases"].sort_values(["screened_on", "case_id"])
    return replace(extract, **tables)


def find_fund(extract: "Extract") -> str:
    """Return the sickness fund that has most of the past."""
    return str(extract.cases["sickness_fund"].mode().iloc[0])


def fill_store(extract: "Extract", practice: Practice, lists: ReferralLists) -> None:
    """Keep the past in the store, with forms that are made with these lists."""
    fill = practice.fill
    told, teams = _list_screenings(extract, practice), _name_teams(extract, practice, lists)
    assessed: defaultdict[str, list[Assessment]] = defaultdict(list)
    for made in _assess(extract, fill):
        for one in made:
            assessed[one.case_id].append(one)
        lines = [_tell(fill, a.sickness_fund, a.case_id) for a in made]
        with fill.store.writing(EVERY_FUND) as connection:
            save_assessments(connection, made, audit=lines)
    for part in _split([*assessed], BATCH):
        pasts = [build_past(assessed[i], told[i], teams[i]) for i in part]
        with fill.store.writing(EVERY_FUND) as connection:
            save_past(connection, pasts, audit=[_count(fill, pasts)])
    keep_outcomes(extract, store=fill.store, scope=None, user_key=DEMO.key, now=fill.now)


def _assess(extract: "Extract", fill: Fill) -> Iterator[list[Assessment]]:
    """Yield assessments as if each was made in the morning of its day."""
    desk = Desk(DEMO, fill.bundle, fill.limits, fill.now)
    for start in range(0, len(extract.cases), BATCH):
        rows = list_rows(extract.cases.iloc[start : start + BATCH], fill.bundle.contract)
        yield [
            replace(a, made_at=datetime.combine(a.screened_on, time(7), fill.now.tzinfo))
            for a in assess_for_list([*rows], desk)
        ]


def _tell(fill: Fill, fund: str | None, case_id: str | None, **counts: int) -> AuditEvent:
    return AuditEvent(fill.now, DEMO.key, FILLED, fund, case_id, counts)


def _count(fill: Fill, pasts: Sequence[Past]) -> AuditEvent:
    total: Counter[str] = Counter()
    for past in pasts:
        total.update(past.count())
    return _tell(fill, None, None, **total)


def _list_screenings(extract: "Extract", practice: Practice) -> Mapping[str, list[Screened]]:
    """Return the screenings of each case in order, with what became of each."""
    ends = practice.fill.now.date() + timedelta(days=1)
    routes, worked = _list_routes(extract), _find_work(extract)
    found: defaultdict[str, list[Screened]] = defaultdict(list)
    days = zip(extract.cases["case_id"], extract.cases["screened_on"].dt.date, strict=True)
    # the last first, so that each knows until when it counts
    for case_id, day in reversed(list(days)):
        later = found[case_id]
        until = later[0].on if later else ends
        route = next((r for r in routes[case_id] if day <= r.referred_on < until), None)
        intent = practice.intents[case_id, day]
        later.insert(0, Screened(day, intent, until, route, worked.get(case_id)))
    return found


def _list_routes(extract: "Extract") -> Mapping[str, list[Route]]:
    found: defaultdict[str, list[Route]] = defaultdict(list)
    sent = extract.pathways
    days = [_list_days(sent[name]) for name in ("referred_on", "started_on", "ended_on")]
    for case_id, *route in zip(sent["case_id"], *days, sent["partner"], strict=True):
        found[case_id].append(Route(*route))
    return found


def _list_days(column: "pd.Series[Any]") -> list[date | None]:
    missing = column.isna()
    return [None if gone else day for day, gone in zip(column.dt.date, missing, strict=True)]


def _find_work(extract: "Extract") -> Mapping[str, date]:
    first = extract.work_periods.groupby("case_id")["started_on"].min()
    return dict(zip(first.index, first.dt.date, strict=True))


def _name_teams(extract: "Extract", practice: Practice, lists: ReferralLists) -> Mapping[str, Team]:
    fill, rng = practice.fill, practice.rng
    funds = dict(zip(extract.cases["case_id"], extract.cases["sickness_fund"], strict=True))
    return {
        case_id: Team(*name_people(fund, rng), lists, fill.now, rng)
        for case_id, fund in funds.items()
    }


def _split(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
