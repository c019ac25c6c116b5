"""What can happen to a case, and where it leads: a dash where it cannot happen."""

import pytest

from serving.states import (
    OPEN_STATES,
    TRANSITIONS,
    CaseEvent,
    CaseState,
    DecisionKind,
    StateError,
    find_next,
)

DECISIONS = {
    DecisionKind.REFER: CaseState.TO_REFER,
    DecisionKind.COORDINATOR_FIRST: CaseState.WITH_COORDINATOR,
    DecisionKind.LOOK_AGAIN: CaseState.WAITING,
    DecisionKind.NOT_OPPORTUNE: CaseState.CLOSED,
    DecisionKind.OWN_RETURN: CaseState.CLOSED,
}

# "decide" stands for each of the five decisions; "same" for an event that leaves the state as it is
WHAT_CAN_HAPPEN = """
    state            | decide | reassess | wake | send     | accept   | decline | recall   | start   | end   | withdraw | uphold
    open             | yes    | same     | -    | -        | -        | -       | -        | -       | -     | -        | closed
    with_coordinator | yes    | same     | -    | -        | -        | -       | -        | -       | -     | -        | closed
    waiting          | yes    | open     | open | -        | -        | -       | -        | -       | -     | -        | closed
    to_refer         | yes    | same     | -    | referred | -        | -       | -        | -       | -     | same     | closed
    referred         | -      | same     | -    | -        | accepted | open    | to_refer | started | -     | open     | same
    accepted         | -      | same     | -    | -        | -        | open    | -        | started | -     | open     | same
    started          | -      | same     | -    | -        | -        | -       | -        | -       | ended | ended    | same
    ended            | -      | open     | -    | -        | -        | -       | -        | -       | -     | -        | same
    closed           | yes    | open     | -    | -        | -        | -       | -        | -       | -     | -        | same
"""  # noqa: E501


def read_table() -> dict[tuple[CaseState, str], str]:
    heads, *lines = ([c.strip() for c in r.split("|")] for r in WHAT_CAN_HAPPEN.strip().split("\n"))
    return {
        (CaseState(line[0]), head): cell
        for line in lines
        for head, cell in zip(heads[1:], line[1:], strict=True)
    }


TABLE = read_table()


@pytest.mark.parametrize(("state", "event"), list(TABLE))
def test_an_event_leads_where_the_table_says(state: CaseState, event: str) -> None:
    cell = TABLE[state, event]
    leads: dict[CaseEvent | DecisionKind, str] = (
        {CaseEvent(event): cell}
        if event != "decide"
        else {kind: str(to) if cell == "yes" else cell for kind, to in DECISIONS.items()}
    )

    for one, to in leads.items():
        if to == "-":
            with pytest.raises(StateError):
                find_next(state, one)
        else:
            assert find_next(state, one) == (state if to == "same" else to)


def test_the_table_names_every_state_and_event() -> None:
    assert {state for state, _ in TABLE} == set(CaseState)
    assert {event for _, event in TABLE} == {"decide", *CaseEvent}
    assert {event for _, event in TRANSITIONS} == {*DecisionKind, *CaseEvent}


def test_the_list_holds_the_cases_with_which_the_fund_has_something_to_do() -> None:
    decided = {"referred", "accepted", "started", "ended", "closed", "waiting"}

    assert {str(state) for state in CaseState if state not in OPEN_STATES} == decided
