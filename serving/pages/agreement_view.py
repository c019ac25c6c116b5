"""What the page of agreement shows: how often physicians and suggestions say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.shares import FEWEST_SHOWN
from serving.agreement import GroupAgreement, Share
from serving.assessment import INTERVAL_LEVEL
from serving.settings import OwnEstimateMode
from serving.states import DECISION_NL
from serving.wording import EN_DASH, month_nl, number_nl, percent_nl, region_nl

PERIODS = (3, 6, 12, 24, 36)
USUAL_PERIOD = 12
LEAST_DEVIATION, MOST_DEVIATION = 0.05, 0.60  # outside these it is a warning
_MODE_NL = {
    OwnEstimateMode.REQUIRED: "Artsen antwoorden hier altijd eerst zelf: een eigen antwoord kwam "
    "zeker voor de getallen.",
    OwnEstimateMode.OPTIONAL: "Artsen mogen hier eerst zelf antwoorden, maar het hoeft niet: wie "
    "zelf antwoordde, kan de getallen al gezien hebben.",
    OwnEstimateMode.OFF: "Artsen wordt hier geen eigen antwoord gevraagd. Over de twee vragen "
    "komen er geen cijfers bij.",
}


@dataclass(frozen=True)
class ShareView:
    """A share in words, and as places on a drawing from 0 to 100."""

    percent: str
    interval: str
    of: str
    at: float
    low: float
    high: float
    warning_nl: str = ""


@dataclass(frozen=True)
class GroupView:
    """One group of physicians in one month; None where it is about too few."""

    month: str
    sickness_fund: str
    region: str
    followed: ShareView | None
    possible: ShareView | None
    needed: ShareView | None
    unsure_of: str
    unsure: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class AgreementView:
    """The page of agreement."""

    months: int
    periods: Sequence[int]
    groups: Sequence[GroupView]
    warnings: int
    level: str
    fewest: int
    mode_nl: str
    least: str
    most: str

    @classmethod
    def of(
        cls, found: Sequence[GroupAgreement], months: int, mode: OwnEstimateMode
    ) -> "AgreementView":
        """Return what the page shows."""
        groups = [_view_group(one) for one in found]
        return cls(
            months=months,
            periods=PERIODS,
            groups=groups,
            warnings=sum(1 for g in groups if g.followed and g.followed.warning_nl),
            level=percent_nl(INTERVAL_LEVEL),
            fewest=FEWEST_SHOWN,
            mode_nl=_MODE_NL[mode],
            least=percent_nl(LEAST_DEVIATION),
            most=percent_nl(MOST_DEVIATION),
        )


def read_months(text: str) -> int:
    """Return how many months back to look; the usual number for anything that is no choice."""
    return next((period for period in PERIODS if str(period) == text), USUAL_PERIOD)


def _view_group(one: GroupAgreement) -> GroupView:
    year, month = (int(part) for part in one.month.split("-"))
    return GroupView(
        month=month_nl(date(year, month, 1)),
        sickness_fund=one.sickness_fund,
        region=region_nl(one.region) if one.region else "hele ziekenfonds",
        followed=_view_share(one.followed, warns=True),
        possible=_view_share(one.possible),
        needed=_view_share(one.needed),
        unsure_of=number_nl(one.unsure.of) if one.unsure.of else "",
        unsure=[
            (number_nl(count), DECISION_NL[kind])
            for kind, count in (one.unsure.decided or {}).items()
            if count
        ],
    )


def _view_share(share: Share, *, warns: bool = False) -> ShareView | None:
    if share.of is None or share.share is None or share.low is None or share.high is None:
        return None
    return ShareView(
        percent=percent_nl(share.share),
        interval=f"{round(100 * share.low)}{EN_DASH}{percent_nl(share.high)}",
        of=number_nl(share.of),
        at=round(100 * share.share, 1),
        low=round(100 * share.low, 1),
        high=round(100 * share.high, 1),
        warning_nl=find_warning(share.low, share.high) if warns else "",
    )


def find_warning(low: float, high: float) -> str:
    """Return what is remarkable about a share of decisions that follow, empty where nothing is.

    By its interval: of five decisions all follow by chance alone often enough.
    """
    if 1 - low < LEAST_DEVIATION:
        return "bijna nooit afgeweken"
    return "meestal afgeweken" if 1 - high > MOST_DEVIATION else ""
