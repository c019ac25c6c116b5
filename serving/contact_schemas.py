"""What the API takes and answers about contacts with the person."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from serving.body_schemas import Closed
from serving.contacts import MOST_NOTE, Report
from serving.states import STATE_NL, CaseState
from serving.store.contacts import RESULT_NL, Contact, ContactResult
from serving.store.standing import Standing


class ContactIn(Closed):
    """What became of calling the person."""

    result: ContactResult
    call_again_on: date | None = Field(
        None, description="Enkel bij call_again: een dag na vandaag, binnen 6 maanden."
    )
    note: Annotated[str, Field(max_length=2 * MOST_NOTE)] | None = None

    def to_report(self) -> Report:
        """Return the report as the use case knows it."""
        return Report(**dict(self))


class ContactOut(BaseModel):
    """A contact as it was reported."""

    contact_id: str
    made_at: datetime
    made_by: str
    result: ContactResult
    result_nl: str
    call_again_on: date | None
    note: str | None

    @classmethod
    def of(cls, made: Contact) -> "ContactOut":
        """Return what the API says of a contact."""
        told = vars(made) | {"made_at": made.made_at.astimezone(UTC)}
        return cls(**told, result_nl=RESULT_NL[made.result])


class CaseContactOut(BaseModel):
    """A contact that was just reported, and where its case stands."""

    contact: ContactOut
    state: CaseState
    state_nl: str
    state_version: int

    @classmethod
    def of(cls, made: Contact, standing: Standing) -> "CaseContactOut":
        """Return what the API says of a contact that was just reported."""
        return cls(
            contact=ContactOut.of(made),
            state=standing.state,
            state_nl=STATE_NL[standing.state],
            state_version=standing.state_version,
        )
