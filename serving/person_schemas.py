"""What the API takes and answers about what a person asks of a case."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from features.deadlines import ANSWER
from serving.body_schemas import Closed
from serving.persons import MOST_TEXT, Answered
from serving.refer_schemas import name_state
from serving.store.requests import PersonRequest, RequestKind, RequestOutcome
from serving.store.standing import Standing

Text = Annotated[str, Field(max_length=2 * MOST_TEXT)]
KIND_NL: Mapping[RequestKind, str] = {
    RequestKind.OBJECTION: "bezwaar",
    RequestKind.CORRECTION: "verbetering",
    RequestKind.ACCESS: "inzage",
}
OUTCOME_NL: Mapping[RequestOutcome, str] = {
    RequestOutcome.UPHELD: "aanvaard",
    RequestOutcome.REJECTED: "niet aanvaard",
    RequestOutcome.DONE: "uitgevoerd",
}


class RequestIn(Closed):
    """What a person asks."""

    kind: RequestKind
    text: Text | None = None
    received_on: date | None = Field(
        None, description="Wanneer de vraag het ziekenfonds bereikte; zonder: vandaag."
    )


class AnswerIn(Closed):
    """What a physician answers; `corrected` holds the right values of a correction."""

    outcome: RequestOutcome
    outcome_text: Text | None = Field(None, description="Verplicht bij rejected: waarom niet.")
    corrected: Annotated[dict[str, Any], Field(max_length=200)] | None = Field(
        None, description="Verplicht bij een verbetering met done: de velden met hun juiste waarde."
    )


class RequestOut(BaseModel):
    """What a person asked, and what became of it."""

    request_id: str
    kind: RequestKind
    kind_nl: str
    made_at: datetime
    received_on: date
    answer_by: date | None = Field(description="Zolang er geen antwoord is: AVG, art. 12, lid 3.")
    text: str | None
    handled_at: datetime | None
    outcome: RequestOutcome | None
    outcome_nl: str | None
    outcome_text: str | None

    @classmethod
    def of(cls, r: PersonRequest) -> "RequestOut":
        """Return what the API says of a request."""
        return cls(
            request_id=r.request_id,
            kind=r.kind,
            kind_nl=KIND_NL[r.kind],
            made_at=r.made_at.astimezone(UTC),
            received_on=r.received_on,
            answer_by=None if r.outcome else ANSWER.due_on(r.received_on),
            text=r.text,
            handled_at=r.handled_at.astimezone(UTC) if r.handled_at else None,
            outcome=r.outcome,
            outcome_nl=OUTCOME_NL[r.outcome] if r.outcome else None,
            outcome_text=r.outcome_text,
        )


class CaseRequestOut(BaseModel):
    """A request, and where its case stands since."""

    request: RequestOut
    state: str
    state_nl: str
    state_version: int
    is_blocked: bool = Field(description="Er wordt niets ingeschat: iemand maakt bezwaar.")
    assessment_id: str | None = Field(None, description="De nieuwe inschatting na een verbetering.")

    @classmethod
    def of(cls, request: PersonRequest, standing: Standing) -> "CaseRequestOut":
        """Return what the API says of a request that was recorded."""
        where = name_state(standing)
        return cls(request=RequestOut.of(request), is_blocked=standing.is_blocked, **where)

    @classmethod
    def of_answer(cls, answered: Answered) -> "CaseRequestOut":
        """Return what the API says of a request that was handled."""
        told = cls.of(answered.request, answered.standing)
        made = answered.assessment
        return told.model_copy(update={"assessment_id": made.assessment_id if made else None})
