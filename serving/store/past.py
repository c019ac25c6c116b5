"""A past that the demo makes up: what was decided and done about cases, kept all at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, bindparam, insert, update

from serving.states import OPEN_STATES, CaseState
from serving.store.audit import AuditEvent, save_audit
from serving.store.consents import KeptConsent
from serving.store.decisions import Decision, OwnEstimate
from serving.store.referrals import Referral
from serving.store.tables import cases
from serving.store.work_tables import consents, decisions, own_estimates, referrals

_PARTS = {
    "own_estimates": own_estimates,
    "decisions": decisions,
    "consents": consents,
    "referrals": referrals,
}


@dataclass(frozen=True)
class Past:
    """What became of one case: all that was done, where it stands, and after how many steps."""

    sickness_fund: str
    case_id: str
    state: CaseState = CaseState.OPEN
    steps: int = 0
    look_again_on: date | None = None
    own_estimates: Sequence[OwnEstimate] = ()
    decisions: Sequence[Decision] = ()
    consents: Sequence[KeptConsent] = ()
    referrals: Sequence[Referral] = ()

    def count(self) -> dict[str, int]:
        """Return how many rows of each table it has."""
        return {name: len(getattr(self, name)) for name in _PARTS}


def save_past(
    connection: Connection, pasts: Collection[Past], *, audit: Sequence[AuditEvent]
) -> None:
    """Keep what became of cases that nobody did anything about yet, and the audit lines."""
    for name, table in _PARTS.items():
        rows = [
            {"sickness_fund": past.sickness_fund, "case_id": past.case_id, **vars(one)}
            for past in pasts
            for one in getattr(past, name)
        ]
        if rows:
            connection.execute(insert(table), rows)
    moved = [
        {
            "of_fund": past.sickness_fund,
            "of_case": past.case_id,
            "state": past.state.value,
            "is_open": past.state in OPEN_STATES,
            "state_version": past.steps,
            "look_again_on": past.look_again_on,
        }
        for past in pasts
        if past.steps
    ]
    if moved:
        of_case = (cases.c.sickness_fund == bindparam("of_fund")) & (
            cases.c.case_id == bindparam("of_case")
        )
        names = ("state", "is_open", "state_version", "look_again_on")
        statement = update(cases).where(of_case)
        connection.execute(statement.values({n: bindparam(n) for n in names}), moved)
    save_audit(connection, audit)
