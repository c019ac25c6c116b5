"""An estimate as pages and letters show it: whole numbers in a hundred."""

from dataclasses import dataclass, replace

from models.estimate import GainStatus, Sum
from models.suggestion import SUGGESTION_NL, Suggestion
from serving.assessment import Assessment
from serving.store.cases import Bounds
from serving.wording import interval_nl, op_100, signed_nl, whole_nl

PILL = {
    Suggestion.REFER: "link",
    Suggestion.UNSURE: "warning",
    Suggestion.NOT_YET: "default",
    Suggestion.OWN_WAY: "success",
}
Bounded = Sum | Bounds


@dataclass(frozen=True)
class ChanceView:
    """A chance as so many in a hundred, with its interval."""

    op_100: int
    low: int
    high: int
    interval: str


@dataclass(frozen=True)
class GainView:
    """The estimated effect of support in points, with its interval."""

    points: str
    low: str
    high: str


@dataclass(frozen=True)
class EstimateView:
    """The chance without support, what support adds and the chance with support."""

    usual: ChanceView
    gain: GainView | None
    support: ChanceView | None
    gain_status: GainStatus
    suggestion: Suggestion
    suggestion_nl: str
    pill: str

    @property
    def end(self) -> ChanceView:
        """The chance with support, or without it where its effect is not known."""
        return self.support or self.usual

    @classmethod
    def of(
        cls,
        suggestion: Suggestion,
        status: GainStatus,
        usual: Bounded,
        gain: Bounded | None,
        support: Bounded | None,
    ) -> "EstimateView":
        """Return what a page shows of an estimate.

        The three are rounded such that they add up: the chance with support takes the difference.
        """
        without = see_chance(usual)
        effect = round(gain.value * 100) if gain else 0
        with_support = min(max(without.op_100 + effect, 0), 100)
        return cls(
            usual=without,
            gain=_see_gain(gain, effect) if gain else None,
            support=replace(see_chance(support), op_100=with_support) if support else None,
            gain_status=status,
            suggestion=suggestion,
            suggestion_nl=SUGGESTION_NL[suggestion],
            pill=PILL[suggestion],
        )


def view_estimate(a: Assessment) -> EstimateView:
    """Return what a page shows of the estimate of an assessment."""
    e = a.estimate
    return EstimateView.of(a.suggestion, e.gain_status, e.usual, e.gain, e.support)


def see_chance(found: Bounded) -> ChanceView:
    """Return a chance as so many in a hundred."""
    low, high = op_100(found.low), op_100(found.high)
    return ChanceView(op_100(found.value), low, high, interval_nl(found.low, found.high))


def _see_gain(found: Bounded, effect: int) -> GainView:
    return GainView(
        signed_nl(effect), whole_nl(round(found.low * 100)), whole_nl(round(found.high * 100))
    )
