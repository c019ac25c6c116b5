"""Made-up physicians: what each decides on a suggestion, and what follows from it, day by day.

Every share here is made up too. They are such that some 7 % of who is screened starts a pathway
(VDAB can start 5 to 10 %), and that a fifth of what is decided is not what was suggested.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Literal, NamedTuple, TypeVar

from models.suggestion import Suggestion
from serving.decision_reasons import DecisionReason
from serving.states import ASKS_REASON, FOLLOWS, CaseEvent, DecisionKind
from serving.store.decisions import Answer

Key = TypeVar("Key")
_D, _S, _R, _A = DecisionKind, Suggestion, DecisionReason, Answer
_DECIDES: Mapping[Suggestion, Mapping[DecisionKind, float]] = {
    _S.REFER: {
        _D.REFER: 0.72,
        _D.COORDINATOR_FIRST: 0.12,
        _D.OWN_RETURN: 0.07,
        _D.LOOK_AGAIN: 0.05,
        _D.NOT_OPPORTUNE: 0.04,
    },
    _S.OWN_WAY: {
        _D.OWN_RETURN: 0.87,
        _D.LOOK_AGAIN: 0.09,
        _D.REFER: 0.02,
        _D.COORDINATOR_FIRST: 0.02,
    },
    _S.NOT_YET: {
        _D.LOOK_AGAIN: 0.54,
        _D.NOT_OPPORTUNE: 0.3,
        _D.OWN_RETURN: 0.12,
        _D.REFER: 0.02,
        _D.COORDINATOR_FIRST: 0.02,
    },
    _S.UNSURE: {
        _D.OWN_RETURN: 0.55,
        _D.LOOK_AGAIN: 0.26,
        _D.NOT_OPPORTUNE: 0.09,
        _D.REFER: 0.05,
        _D.COORDINATOR_FIRST: 0.05,
    },
}
_AFTER_COORDINATOR = {_D.REFER: 0.6, _D.OWN_RETURN: 0.4}
_REASONS = {
    _R.KNOWS_MORE_OF_HEALTH: 0.3,
    _R.KNOWS_MORE_OF_WORK: 0.25,
    _R.RETURN_AGREED: 0.2,
    _R.PERSON_PREFERS_OTHERWISE: 0.15,
    _R.SUPPORT_ALREADY_RUNNING: 0.1,
}
# what a physician who decides so answered before to both questions, where one was asked first
_ANSWERS = {
    _D.REFER: (_A.YES, _A.YES),
    _D.COORDINATOR_FIRST: (_A.YES, _A.UNSURE),
    _D.LOOK_AGAIN: (_A.NO, _A.UNSURE),
    _D.NOT_OPPORTUNE: (_A.NO, _A.NO),
    _D.OWN_RETURN: (_A.YES, _A.NO),
}
ESTIMATES_FIRST = 0.4  # of the cases a physician answers both questions before seeing the estimate
AGREES = 0.87  # of whom a physician would refer, who consents
PHYSICIANS, COORDINATORS = 3, 2  # of each sickness fund
_SLOWEST = 56  # days until a decision
_LATEST_SENT, _LATEST_START = 25, 91  # days after a screening


@dataclass(frozen=True)
class Intent:
    """What made-up people do next to a suggestion, unless something comes between it."""

    suggestion: Suggestion
    first: DecisionKind
    then: DecisionKind | None
    agrees: bool
    estimates: bool
    pace: float

    @property
    def refers(self) -> bool:
        """Whether a physician means to refer."""
        return DecisionKind.REFER in (self.first, self.then)

    @property
    def sends(self) -> bool:
        """Whether a form goes to VDAB, where the person is still off work by then."""
        return self.refers and self.agrees


class Route(NamedTuple):
    """What VDAB knows of one referral."""

    referred_on: date
    started_on: date | None
    ended_on: date | None
    partner: str


@dataclass(frozen=True)
class Screened:
    """One screening with what became of it; nothing of it is done any more from `until` on."""

    on: date
    intent: Intent
    until: date
    route: Route | None
    worked_on: date | None


class Answers(NamedTuple):
    """What a physician answers to both questions before seeing the estimate."""

    is_possible: Answer
    is_needed: Answer


@dataclass(frozen=True)
class Deed:
    """One thing that somebody does with a case; CONSENT is none of the events of a case."""

    at: datetime
    what: CaseEvent | DecisionKind | Answers | Literal["consent"]
    reason: DecisionReason | None = None
    look_again_on: date | None = None


CONSENT: Literal["consent"] = "consent"


def draw_intent(suggestion: Suggestion, rng: Random) -> Intent:
    """Return what a physician, a coordinator and a person make of a suggestion."""
    first = _draw(_DECIDES[suggestion], rng)
    then = _draw(_AFTER_COORDINATOR, rng) if first is _D.COORDINATOR_FIRST else None
    agrees, estimates = rng.random() < AGREES, rng.random() < ESTIMATES_FIRST
    return Intent(suggestion, first, then, agrees, estimates, rng.random())


def _draw(shares: Mapping[Key, float], rng: Random) -> Key:
    return rng.choices([*shares], [*shares.values()])[0]


def list_deeds(screened: Screened, rng: Random) -> list[Deed]:
    """Return what is done about a screening, in order, as far as that comes before `until`."""
    deeds = sorted(_list_all(screened, rng), key=lambda deed: deed.at)
    return [deed for deed in deeds if deed.at.date() < screened.until]


def _list_all(screened: Screened, rng: Random) -> Iterator[Deed]:
    intent, route = screened.intent, screened.route
    if route is not None:
        spent = (route.referred_on - screened.on).days
        decided = _after(screened.on, spent * (0.5 + 0.4 * intent.pace))
        last = _after(decided, 0.09 * spent)
    else:
        # whose form is not sent yet, is decided on as slowly as whose form was
        days = 6 + 16 * intent.pace if intent.sends else _wait(intent.pace)
        decided = _after(screened.on, days)
        last = _after(decided, rng.randint(7, 18))
    if intent.estimates:
        yield Deed(_at(decided, 8), Answers(*_ANSWERS[intent.first]))
    yield _decide(screened, intent.first, decided, 9, rng)
    if intent.then is not None:
        yield _decide(screened, intent.then, last, 10, rng)
    if intent.refers:
        yield from _follow_refer(screened, last if intent.then else decided, rng)
    elif intent.first is _D.LOOK_AGAIN:
        yield from _look_again(screened, decided, rng)


def _wait(pace: float) -> float:
    """Return days until a decision without a form: half within a week, a few after a month."""
    return min(1 + 4 * (1 / (1 - 0.95 * pace) - 0.7), _SLOWEST)


def _follow_refer(screened: Screened, decided: date, rng: Random) -> Iterator[Deed]:
    route = screened.route
    if route is not None:
        yield Deed(_at(_before(route.referred_on, decided), 11), CONSENT)
        yield from _follow_route(screened, route, rng)
        return
    if screened.intent.agrees:
        yield Deed(_at(_after(decided, rng.randint(1, 6)), 11), CONSENT)
        # who is not sent after all, is back at work or left
        why, closed = _R.RETURN_AGREED, _after(screened.on, _LATEST_SENT + rng.randint(1, 14))
    else:
        why, closed = _R.PERSON_PREFERS_OTHERWISE, _after(decided, rng.randint(5, 20))
    yield _decide(screened, _D.OWN_RETURN, max(closed, _after(decided, 1)), 14, rng, why)


def _follow_route(screened: Screened, route: Route, rng: Random) -> Iterator[Deed]:
    yield Deed(_at(route.referred_on, 12), CaseEvent.SEND)
    accepted = _after(route.referred_on, rng.randint(2, 10))
    if route.started_on is not None:
        yield Deed(_at(min(accepted, route.started_on), 13), CaseEvent.ACCEPT)
        yield Deed(_at(route.started_on, 14), CaseEvent.START)
        if route.ended_on is not None:
            yield Deed(_at(route.ended_on, 15), CaseEvent.END)
        return
    yield Deed(_at(accepted, 13), CaseEvent.ACCEPT)
    declined = _after(screened.on, _LATEST_START)
    yield Deed(_at(declined, 14), CaseEvent.DECLINE)
    yield _decide(screened, _D.OWN_RETURN, _after(declined, rng.randint(0, 5)), 15, rng)


def _look_again(screened: Screened, decided: date, rng: Random) -> Iterator[Deed]:
    look = _after(decided, _look_days(screened))
    yield Deed(_at(look, 6), CaseEvent.WAKE)
    worked = screened.worked_on is not None and screened.worked_on <= look
    kind = _D.OWN_RETURN if worked else _D.NOT_OPPORTUNE
    yield _decide(screened, kind, _after(look, rng.randint(0, 9)), 9, rng)


def _look_days(screened: Screened) -> int:
    return 60 + int(60 * screened.intent.pace)


def _decide(
    screened: Screened,
    kind: DecisionKind,
    on: date,
    hour: int,
    rng: Random,
    reason: DecisionReason | None = None,
) -> Deed:
    asked = kind in ASKS_REASON[screened.intent.suggestion]
    why = (reason or _draw(_REASONS, rng)) if asked else None
    look = _after(on, _look_days(screened)) if kind is _D.LOOK_AGAIN else None
    return Deed(_at(on, hour), kind, why, look)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour))


def _after(day: date, days: float) -> date:
    return day + timedelta(days=int(days))


def _before(day: date, earliest: date) -> date:
    return max(day - timedelta(days=1), earliest)


def deviates(suggestion: Suggestion, kind: DecisionKind) -> bool:
    """Tell whether a decision is not what was suggested."""
    return kind not in FOLLOWS[suggestion]


def name_people(fund: str, rng: Random) -> tuple[str, str]:
    """Return a made-up physician and coordinator of a fund."""
    letter = fund.rpartition("_")[2]
    physician, coordinator = rng.randrange(PHYSICIANS), rng.randrange(COORDINATORS)
    return f"arts.{letter}{_number(physician)}", f"coordinator.{letter}{_number(coordinator)}"


def _number(place: int) -> str:
    return str(place + 1) if place else ""
