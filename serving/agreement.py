"""The use case of agreement: how often physicians and suggestions say the same."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from features.deadlines import add_months
from models.shares import bound_share
from models.suggestion import Suggestion
from serving.permissions import Action, User, check_can, get_scope
from serving.store.agreement import Answered, Judged, list_answered, list_judged
from serving.store.audit import AuditEvent, save_audit
from serving.store.decisions import Answer
from serving.store.engine import EVERY_FUND, Store

FEWEST = 5  # what is fewer is not shown
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
class GroupAgreement:
    """How often the physicians of one group agreed in one month.

    `followed` is about decisions, the others about own estimates; only where the suggestion says
    something that can be followed or answered.
    """

    sickness_fund: str
    region: str | None
    month: str
    followed: Share
    possible: Share
    needed: Share


@dataclass
class _Count:
    agreed: int = 0
    of: int = 0
    physicians: set[str] = field(default_factory=set)

    def add(self, physician: str, *, agrees: bool) -> None:
        self.agreed += agrees
        self.of += 1
        self.physicians.add(physician)

    def to_share(self) -> Share:
        if self.of < FEWEST or len(self.physicians) < FEWEST_PHYSICIANS:
            return Share(None, None, None, None)
        return Share(self.of, self.agreed / self.of, *bound_share(self.agreed / self.of, self.of))


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
    counts: dict[Group, tuple[_Count, _Count, _Count]] = {}
    with store.reading(fund) as connection:
        _count(counts, _judge(list_judged(connection, scope, since)), now)
        _count(counts, _compare(list_answered(connection, scope, since)), now)
    with store.writing() as connection:
        what = {"what": "agreement"}
        line = AuditEvent(now, user.key, Action.VIEW_AUDIT, user.sickness_fund, None, what)
        save_audit(connection, [line])
    return [
        GroupAgreement(*group, *(one.to_share() for one in found))
        for group, found in sorted(counts.items(), key=_order)
    ]


def _order(item: tuple[Group, object]) -> tuple[int, str, str]:
    fund, region, month = item[0]
    year, number = month.split("-")
    return -(int(year) * 12 + int(number)), fund, region or ""


Compared = tuple[Judged | Answered, int, bool]  # what was compared: 0 followed, 1 and 2 questions


def _judge(found: Iterable[Judged]) -> Iterator[Compared]:
    for one in found:
        # from `unsure` nothing deviates: following it says nothing
        if one.suggestion is not Suggestion.UNSURE:
            yield one, 0, not one.deviates


def _compare(found: Iterable[Answered]) -> Iterator[Compared]:
    for one in found:
        own = (one.is_possible, one.is_needed)
        for place, (said, suggested) in enumerate(zip(own, ANSWERS[one.suggestion], strict=True)):
            if suggested is not None:
                yield one, place + 1, said is suggested


def _count(
    counts: dict[Group, tuple[_Count, _Count, _Count]], found: Iterable[Compared], now: datetime
) -> None:
    for one, place, agrees in found:
        month = f"{one.made_at.astimezone(now.tzinfo):%Y-%m}"
        group = (one.sickness_fund, one.region, month)
        counts.setdefault(group, (_Count(), _Count(), _Count()))[place].add(
            one.made_by, agrees=agrees
        )
