"""How often physicians depart from suggestions, per group: too seldom is a warning as well."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from models.shares import FEWEST_SHOWN, bound_share
from models.watching import Check, Limits, Verdict
from serving.agreement import ANSWERS, FEWEST_PHYSICIANS
from serving.store.agreement import Answered, CaseGroups, Judged

# whoever departs less may no longer look; whoever does more has another model in mind
LEAST, MOST = 0.05, 0.60
ALL = ("", "")


@dataclass
class _Tally:
    departed: int = 0
    of: int = 0
    physicians: set[str] = field(default_factory=set)

    def add(self, physician: str, *, departs: bool) -> None:
        self.departed += departs
        self.of += 1
        self.physicians.add(physician)


def check_agreement(judged: Iterable[Judged], answered: Iterable[Answered]) -> list[Check]:
    """Return how often decisions, and first own answers, depart from what was suggested.

    A group with fewer than five, or of one physician alone, is not told of.
    """
    decided: dict[tuple[str, str], _Tally] = {}
    for one in judged:
        for group in _list_groups(one.suggestion.value, one.case):
            decided.setdefault(group, _Tally()).add(one.made_by, departs=one.deviates)
    own: dict[str, dict[tuple[str, str], _Tally]] = {"possible": {}, "needed": {}}
    for given in answered:
        said = (given.is_possible, given.is_needed)
        for name, mine, ours in zip(own, said, ANSWERS[given.suggestion], strict=True):
            for group in _list_groups(given.suggestion.value, given.case) if ours else ():
                tally = own[name].setdefault(group, _Tally())
                tally.add(given.made_by, departs=mine is not ours)
    return [*_tell("decision", decided), *(c for name in own for c in _tell(name, own[name]))]


def _list_groups(suggestion: str, case: CaseGroups) -> Iterator[tuple[str, str]]:
    yield ALL
    yield "suggestion", suggestion
    if case.region is not None:
        yield "region", case.region
    if case.labour_status is not None:
        yield "labour_status", case.labour_status
    if case.answered is not None:
        yield "questionnaire", "yes" if case.answered else "no"


def _tell(what: str, tallies: Mapping[tuple[str, str], _Tally]) -> Sequence[Check]:
    return [
        _judge(what, "/".join(filter(None, group)), tally)
        for group, tally in sorted(tallies.items())
    ]


def _judge(what: str, group: str, tally: _Tally) -> Check:
    if tally.of < FEWEST_SHOWN or len(tally.physicians) < FEWEST_PHYSICIANS:
        return Check("agreement", what, group, why="too_few")
    share = tally.departed / tally.of
    low, high = bound_share(share, tally.of)
    outside = high < LEAST or low > MOST
    inside = low >= LEAST and high <= MOST
    return Check(
        "agreement",
        what,
        group,
        size=share,
        limits=Limits(LEAST, MOST),
        count=tally.of,
        figures={"departs": share, "low": low, "high": high},
        verdict=Verdict.WATCH if outside else Verdict.OK if inside else Verdict.INSUFFICIENT,
    )
