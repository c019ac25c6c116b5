"""What the API reads and answers about own estimates, decisions and what changed."""

from datetime import UTC, date, datetime

from pydantic import BaseModel, Field

from models.suggestion import SUGGESTION_NL, Suggestion
from serving.body_schemas import Closed
from serving.case_file import Allowed
from serving.changes import Changes, NumberChange
from serving.decide import Choice, Decided
from serving.decision_reasons import MOST_TEXT, REASON_NL, DecisionReason
from serving.own_estimate import OwnAnswers
from serving.question_texts import NEEDED_NL, POSSIBLE_NL
from serving.states import (
    ASKS_REASON,
    DECISION_NL,
    FOLLOWS,
    STATE_NL,
    CaseEvent,
    CaseState,
    DecisionKind,
)
from serving.store.decisions import Answer, Decision, OwnEstimate
from serving.store.standing import Standing

_ID = Field(min_length=1, max_length=64, description="De laatste inschatting van dit dossier.")


class OwnEstimateIn(Closed):
    """The own answers to both questions, about the latest assessment."""

    assessment_id: str = _ID
    is_possible: Answer = Field(description=POSSIBLE_NL)
    is_needed: Answer = Field(description=NEEDED_NL)

    def to_answers(self) -> OwnAnswers:
        """Return the answers as the use case knows them."""
        return OwnAnswers(self.assessment_id, self.is_possible, self.is_needed)


class OwnEstimateOut(BaseModel):
    """What a physician answered before deciding."""

    assessment_id: str
    made_at: datetime
    made_by: str
    is_possible: Answer = Field(description=POSSIBLE_NL)
    is_needed: Answer = Field(description=NEEDED_NL)

    @classmethod
    def of(cls, made: OwnEstimate) -> "OwnEstimateOut":
        """Return what the API says of an own estimate."""
        return cls(
            assessment_id=made.assessment_id,
            made_at=made.made_at.astimezone(UTC),
            made_by=made.user_key,
            is_possible=made.is_possible,
            is_needed=made.is_needed,
        )


class DecisionIn(Closed):
    """A decision, with the assessment and the state that were seen."""

    kind: DecisionKind
    assessment_id: str = _ID
    state_version: int = Field(ge=0, description="Van het dossier, zoals u het zag.")
    look_again_on: date | None = Field(
        None, description="Enkel bij look_again: een dag na vandaag, binnen 24 maanden."
    )
    reason: DecisionReason | None = Field(
        None,
        description="Verplicht bij een afwijking van het voorstel, en bij own_return waar het "
        "voorstel onzeker is; nooit bij not_opportune.",
    )
    reason_text: str | None = Field(
        None, max_length=MOST_TEXT, description="Verplicht bij other; nooit bij not_opportune."
    )

    def to_choice(self) -> Choice:
        """Return the choice as the use case knows it."""
        return Choice(**dict(self))


class DecisionOut(BaseModel):
    """What a physician decided."""

    decision_id: str
    assessment_id: str
    made_at: datetime
    made_by: str
    kind: DecisionKind
    kind_nl: str
    suggestion: Suggestion | None
    suggestion_nl: str | None
    deviates: bool | None = Field(
        description="Van wat toen voorgesteld was; leeg als er niets voorgesteld was."
    )
    reason: DecisionReason | None
    reason_nl: str | None
    reason_text: str | None
    look_again_on: date | None

    @classmethod
    def of(cls, made: Decision, *, withheld: bool = False) -> "DecisionOut":
        """Return what the API says of a decision; without what tells of an estimate if withheld."""
        reason = None if withheld else made.reason
        suggestion = None if withheld else made.suggestion
        return cls(
            decision_id=made.decision_id,
            assessment_id=made.assessment_id,
            made_at=made.made_at.astimezone(UTC),
            made_by=made.made_by,
            kind=made.kind,
            kind_nl=DECISION_NL[made.kind],
            suggestion=suggestion,
            suggestion_nl=SUGGESTION_NL[suggestion] if suggestion else None,
            deviates=None if withheld else made.deviates,
            reason=reason,
            reason_nl=REASON_NL[reason] if reason else None,
            reason_text=None if withheld else made.reason_text,
            look_again_on=made.look_again_on,
        )


class DecidedOut(BaseModel):
    """A decision that was kept, and where the case stands since."""

    decision: DecisionOut
    state: CaseState
    state_nl: str
    state_version: int

    @classmethod
    def of(cls, decided: Decided) -> "DecidedOut":
        """Return what the API says of a decision that was just kept."""
        return cls(
            decision=DecisionOut.of(decided.decision),
            state=decided.state,
            state_nl=STATE_NL[decided.state],
            state_version=decided.state_version,
        )


class TakenOut(BaseModel):
    """Who works on a case."""

    case_id: str
    assigned_to: str | None
    state_version: int

    @classmethod
    def of(cls, standing: Standing) -> "TakenOut":
        """Return what the API says of who works on a case."""
        return cls(
            case_id=standing.case_id,
            assigned_to=standing.assigned_to,
            state_version=standing.state_version,
        )


class AllowedDecisionOut(BaseModel):
    """A decision that this user can take now."""

    kind: DecisionKind
    kind_nl: str
    follows: bool | None = Field(description="Of dit het voorstel volgt.")
    asks_reason: bool | None = Field(description="Of dit een reden vraagt.")


class AllowedOut(BaseModel):
    """What this user can do with the case now."""

    decisions: list[AllowedDecisionOut]
    events: list[CaseEvent]

    @classmethod
    def of(cls, allowed: Allowed, suggestion: Suggestion | None) -> "AllowedOut":
        """Return what the API says of what can be done."""
        known = suggestion is not None
        follows = FOLLOWS[suggestion] if suggestion else frozenset()
        asks = ASKS_REASON[suggestion] if suggestion else frozenset()
        return cls(
            decisions=[
                AllowedDecisionOut(
                    kind=k,
                    kind_nl=DECISION_NL[k],
                    follows=k in follows if known else None,
                    asks_reason=k in asks if known else None,
                )
                for k in allowed.decisions
            ],
            events=list(allowed.events),
        )


class FieldChangeOut(BaseModel):
    """One field whose value changed."""

    field: str
    label_nl: str
    before_nl: str
    after_nl: str


class MoveOut(BaseModel):
    """By how many percentage points one field moved a number."""

    field: str
    label_nl: str
    points: float


class NumberChangeOut(BaseModel):
    """By how many percentage points a number changed; `moves` and `limit_points` add up to it."""

    points: float
    moves: list[MoveOut] | None = Field(
        description="Sterkste eerst; leeg bij een ander model, of voor rollen die ze niet zien."
    )
    limit_points: float | None

    @classmethod
    def of(cls, change: NumberChange | None, *, shown: bool) -> "NumberChangeOut | None":
        """Return what the API says of a number that changed."""
        if change is None:
            return None
        moves = change.moves if shown else None
        return cls(
            points=change.points,
            moves=None if moves is None else [MoveOut(**vars(move)) for move in moves],
            limit_points=change.limit_points if shown else None,
        )


class ChangesOut(BaseModel):
    """What changed since the assessment before."""

    since_id: str
    fields: list[FieldChangeOut]
    p_usual: NumberChangeOut | None
    gain: NumberChangeOut | None = Field(description="Leeg waar een van beide onbekend is.")
    p_support: NumberChangeOut | None = Field(description="Leeg waar een van beide onbekend is.")
    suggestion_before: Suggestion
    suggestion_after: Suggestion
    is_other_model: bool

    @classmethod
    def of(cls, changes: Changes, *, shown: bool) -> "ChangesOut":
        """Return what the API says of changes; how much each field moved only if `shown`."""
        return cls(
            since_id=changes.since_id,
            fields=[FieldChangeOut(**vars(one)) for one in changes.fields],
            p_usual=NumberChangeOut.of(changes.usual, shown=shown),
            gain=NumberChangeOut.of(changes.gain, shown=shown),
            p_support=NumberChangeOut.of(changes.support, shown=shown),
            suggestion_before=changes.suggestion_before,
            suggestion_after=changes.suggestion_after,
            is_other_model=changes.is_other_model,
        )
