"""What can happen to a case, and where it leads: one table of states and events."""

from collections.abc import Mapping
from enum import StrEnum

from features.errors import KantelpuntError
from models.suggestion import Suggestion


class StateError(KantelpuntError):
    """Something that cannot happen to a case in the state that it is in."""


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    WITH_COORDINATOR = "with_coordinator"
    WAITING = "waiting"
    TO_REFER = "to_refer"
    REFERRED = "referred"
    ACCEPTED = "accepted"
    STARTED = "started"
    ENDED = "ended"
    CLOSED = "closed"


class DecisionKind(StrEnum):
    """What a physician decides; the reason of NOT_OPPORTUNE is medical and is not asked."""

    REFER = "refer"
    COORDINATOR_FIRST = "coordinator_first"
    LOOK_AGAIN = "look_again"
    NOT_OPPORTUNE = "not_opportune"
    OWN_RETURN = "own_return"


class CaseEvent(StrEnum):
    """What else can happen to a case."""

    REASSESS = "reassess"  # on a later screening day
    WAKE = "wake"  # the day to look again has come
    SEND = "send"
    ACCEPT = "accept"
    DECLINE = "decline"
    RECALL = "recall"  # the fund takes back a form that it sent
    START = "start"
    END = "end"
    WITHDRAW = "withdraw"  # the person withdraws the consent
    UPHOLD = "uphold"  # an objection of the person to being estimated is upheld


class RecallReason(StrEnum):
    """Why a form is taken back."""

    MISTAKE = "mistake"
    WRONG_CONTENT = "wrong_content"
    LATER = "later"


_S, _D, _E = CaseState, DecisionKind, CaseEvent
_UNDECIDED = (_S.OPEN, _S.WITH_COORDINATOR, _S.WAITING, _S.TO_REFER, _S.CLOSED)
_AFTER_DECISION = {
    _D.REFER: _S.TO_REFER,
    _D.COORDINATOR_FIRST: _S.WITH_COORDINATOR,
    _D.LOOK_AGAIN: _S.WAITING,
    _D.NOT_OPPORTUNE: _S.CLOSED,
    _D.OWN_RETURN: _S.CLOSED,
}

# the table: what is not named cannot happen. A decision can be replaced until the form is sent
TRANSITIONS: Mapping[tuple[CaseState, CaseEvent | DecisionKind], CaseState] = {
    **{(state, kind): to for state in _UNDECIDED for kind, to in _AFTER_DECISION.items()},
    **{(state, _E.REASSESS): state for state in CaseState},
    **{(state, _E.REASSESS): _S.OPEN for state in (_S.WAITING, _S.CLOSED, _S.ENDED)},
    (_S.WAITING, _E.WAKE): _S.OPEN,
    (_S.TO_REFER, _E.SEND): _S.REFERRED,
    (_S.REFERRED, _E.ACCEPT): _S.ACCEPTED,
    (_S.REFERRED, _E.DECLINE): _S.OPEN,
    (_S.REFERRED, _E.RECALL): _S.TO_REFER,
    (_S.REFERRED, _E.START): _S.STARTED,
    (_S.ACCEPTED, _E.START): _S.STARTED,
    (_S.ACCEPTED, _E.DECLINE): _S.OPEN,
    (_S.STARTED, _E.END): _S.ENDED,
    (_S.TO_REFER, _E.WITHDRAW): _S.TO_REFER,
    (_S.REFERRED, _E.WITHDRAW): _S.OPEN,
    (_S.ACCEPTED, _E.WITHDRAW): _S.OPEN,
    (_S.STARTED, _E.WITHDRAW): _S.ENDED,
    # a pathway that runs goes on: the person agreed to that
    **{(state, _E.UPHOLD): state for state in CaseState},
    **{(state, _E.UPHOLD): _S.CLOSED for state in _UNDECIDED},
}

# states in which somebody of the fund has something to do: those of the triage list
OPEN_STATES = frozenset({_S.OPEN, _S.WITH_COORDINATOR, _S.TO_REFER})

# decisions that follow a suggestion; from `unsure` nothing deviates
FOLLOWS: Mapping[Suggestion, frozenset[DecisionKind]] = {
    Suggestion.REFER: frozenset({_D.REFER, _D.COORDINATOR_FIRST}),
    Suggestion.OWN_WAY: frozenset({_D.OWN_RETURN}),
    Suggestion.NOT_YET: frozenset({_D.LOOK_AGAIN, _D.NOT_OPPORTUNE}),
    Suggestion.UNSURE: frozenset(DecisionKind),
}

# decisions that ask for a reason: those that deviate and, where the model was unsure, those that
# close the case. Why something is medically not opportune is never asked
_CLOSES = frozenset(kind for kind, to in _AFTER_DECISION.items() if to is _S.CLOSED)
ASKS_REASON: Mapping[Suggestion, frozenset[DecisionKind]] = {
    **{
        suggestion: frozenset(DecisionKind) - follows - {_D.NOT_OPPORTUNE}
        for suggestion, follows in FOLLOWS.items()
    },
    Suggestion.UNSURE: _CLOSES - {_D.NOT_OPPORTUNE},
}

STATE_NL: Mapping[CaseState, str] = {
    _S.OPEN: "te beslissen",
    _S.WITH_COORDINATOR: "eerst bij de coördinator",
    _S.WAITING: "later opnieuw te bekijken",
    _S.TO_REFER: "door te verwijzen",
    _S.REFERRED: "doorverwezen",
    _S.ACCEPTED: "aanvaard door VDAB",
    _S.STARTED: "traject gestart",
    _S.ENDED: "traject beëindigd",
    _S.CLOSED: "afgesloten",
}

# by whether it was upheld
OBJECTION_NL: Mapping[bool, str] = {
    False: "bezwaar in behandeling",
    True: "bezwaar aanvaard: er wordt niets meer ingeschat",
}

DECISION_NL: Mapping[DecisionKind, str] = {
    _D.REFER: "doorverwijzen naar VDAB",
    _D.COORDINATOR_FIRST: "eerst de coördinator",
    _D.LOOK_AGAIN: "later opnieuw bekijken",
    _D.NOT_OPPORTUNE: "nu niet opportuun (medisch)",
    _D.OWN_RETURN: "keert op eigen kracht terug",
}


EVENT_NL: Mapping[CaseEvent, str] = {
    _E.REASSESS: "opnieuw ingeschat op een latere dag",
    _E.WAKE: "de dag om opnieuw te bekijken is er",
    _E.SEND: "formulier verstuurd",
    _E.ACCEPT: "aanvaard",
    _E.DECLINE: "niet aanvaard",
    _E.RECALL: "formulier teruggenomen",
    _E.START: "traject gestart",
    _E.END: "traject beëindigd",
    _E.WITHDRAW: "toestemming ingetrokken",
    _E.UPHOLD: "bezwaar aanvaard",
}

RECALL_NL: Mapping[RecallReason, str] = {
    RecallReason.MISTAKE: "per vergissing verstuurd",
    RecallReason.WRONG_CONTENT: "er staat iets in dat niet klopt of er niet mag staan",
    RecallReason.LATER: "de persoon wil later aangemeld worden",
}


class StaleError(KantelpuntError):
    """What was sent was made for a case that changed since: somebody else was first."""

    def __init__(self, state: CaseState) -> None:
        """Keep the state in which the case is now."""
        self.state = state
        super().__init__(f"the case changed since it was shown; it is {state} now")


def find_next(state: CaseState, event: CaseEvent | DecisionKind) -> CaseState:
    """Return where an event leads; raises StateError where it cannot happen."""
    found = TRANSITIONS.get((state, event))
    if found is None:
        raise StateError(f"{event} cannot happen to a case that is {state}")
    return found
