"""The use case of agreement: how often physicians and suggestions say the same."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from features.deadlines import add_months
from models.shares import FEWEST_SHOWN, bound_share
from models.suggestion import Suggestion
from serving.permissions import Action, User, check_can, get_scope
from serving.states import DecisionKind
from serving.store.agreement import Answered, Judged, list_answered, list_judged
from serving.store.audit import AuditEvent, save_audit
from serving.store.decisions import Answer
from serving.store.engine import EVERY_FUND, Store

FEWEST_PHYSICIANS = 2  # of one alone it would be a figure about a person
# what a suggestion answers to both questions; None where it does not say
ANSWERS: dict[Suggestion, tuple[Answer | None, Answer | None]] = {
    Suggestion.REFER: (Answer.YES, Answer.YES),
    Suggestion.OWN_WAY: (Answer.YES, Answer.NO),
    Suggestion.NOT_YET: (Answer.NO, None),
    Suggestion.UNSURE: (None, None),
}
Group = tuple[str, str | None, str]  # fund, region of the account, month


@dataclass(frozen=True)
class Share:
    """So many out of so many, with a Wilson interval; None where that is about too few."""

    of: int | None
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Unsure:
    """What was decided of cases that the model was unsure of; None where that is about too few."""

    of: int | None = None
    decided: Mapping[DecisionKind, int] | None = None


@dataclass(frozen=True)
class GroupAgreement:
    """How often the physicians of one group agreed in one month.

    `followed` is about decisions, the others about own estimates; only where the suggestion says
    something that can be followed or answered. What was decided where it says nothing is counted
    apart, in `unsure`.
    """

    sickness_fund: str
    region: str | None
    month: str
    followed: Share
    possible: Share
    needed: Share
    unsure: Unsure = Unsure()


@dataclass
class _Count:
    agreed: int = 0
    of: int = 0
    physicians: set[str] = field(default_factory=set)

    def add(self, physician: str, *, agrees: bool) -> None:
        self.agreed += agrees
        self.of += 1
        self.physicians.add(physician)

    @property
    def is_few(self) -> bool:
        return self.of < FEWEST_SHOWN or len(self.physicians) < FEWEST_PHYSICIANS

    def to_share(self) -> Share:
        if self.is_few:
            return Share(None, None, None, None)
        return Share(self.of, self.agreed / self.of, *bound_share(self.agreed / self.of, self.of))


@dataclass
class _Group:
    """What is counted of one group: what was followed, both questions, and the unsure ones."""

    shares: tuple[_Count, _Count, _Count] = field(
        default_factory=lambda: (_Count(), _Count(), _Count())
    )
    unsure: _Count = field(default_factory=_Count)
    decided: Counter[DecisionKind] = field(default_factory=Counter)

    def to_unsure(self) -> Unsure:
        if self.unsure.is_few:
            return Unsure()
        return Unsure(self.unsure.of, {kind: self.decided[kind] for kind in DecisionKind})


def report_agreement(
    user: User, *, store: Store, now: datetime, months: int
) -> Sequence[GroupAgreement]:
    """Return the agreement per group and month, latest first; that it was asked is noted.

    Only counts leave the store, so who oversees every fund reads those of every fund.
    """
    check_can(user, Action.VIEW_AUDIT)
    scope = get_scope(user) if user.sickness_fund is not None else None
    fund = user.sickness_fund or EVERY_FUND
    begin = add_months(now.date().replace(day=1), 1 - months)
    since = datetime(begin.year, begin.month, begin.day, tzinfo=now.tzinfo)
    counts: defaultdict[Group, _Group] = defaultdict(_Group)
    with store.reading(fund) as connection:
        for judged in list_judged(connection, scope, since):
            _add_judged(counts[_find_group(judged, now)], judged)
        for answered in list_answered(connection, scope, since):
            _add_answered(counts[_find_group(answered, now)], answered)
    with store.writing() as connection:
        what = {"what": "agreement"}
        line = AuditEvent(now, user.key, Action.VIEW_AUDIT, user.sickness_fund, None, what)
        save_audit(connection, [line])
    return [_build_group(group, found) for group, found in sorted(counts.items(), key=_order)]


def _order(item: tuple[Group, object]) -> tuple[int, str, str]:
    fund, region, month = item[0]
    year, number = month.split("-")
    return -(int(year) * 12 + int(number)), fund, region or ""


def _build_group(group: Group, found: _Group) -> GroupAgreement:
    followed, possible, needed = (one.to_share() for one in found.shares)
    return GroupAgreement(*group, followed, possible, needed, found.to_unsure())


def _find_group(one: Judged | Answered, now: datetime) -> Group:
    return one.sickness_fund, one.region, f"{one.made_at.astimezone(now.tzinfo):%Y-%m}"


def _add_judged(to: _Group, one: Judged) -> None:
    # from `unsure` nothing deviates: following it says nothing
    if one.suggestion is Suggestion.UNSURE:
        to.unsure.add(one.made_by, agrees=True)
        to.decided[one.kind] += 1
    else:
        to.shares[0].add(one.made_by, agrees=not one.deviates)


def _add_answered(to: _Group, one: Answered) -> None:
    own = (one.is_possible, one.is_needed)
    for count, said, suggested in zip(to.shares[1:], own, ANSWERS[one.suggestion], strict=True):
        if suggested is not None:
            count.add(one.made_by, agrees=said is suggested)
