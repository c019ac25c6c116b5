"""What the API takes and answers about consent, offers and referrals."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from features.pseudonyms import TEXT_PATTERN
from serving.body_schemas import Closed
from serving.consent import PURPOSE_NL, ConsentPurpose, Withdrawn
from serving.offers import FIT_NL, Fit, Offer
from serving.refer import MOST_WHY, OfferList, ReferralFile
from serving.referral_form import MOST_CHARACTERS, MOST_CHOSEN
from serving.referral_schemas import ChoiceOut, ReferralFormOut
from serving.states import EVENT_NL, RECALL_NL, STATE_NL, CaseEvent, CaseState, RecallReason
from serving.store.consents import KeptConsent
from serving.store.standing import Standing

Keys = Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=MOST_CHOSEN)]
FormText = Annotated[str, Field(max_length=2 * MOST_CHARACTERS)]
ShortText = Annotated[str, Field(pattern=TEXT_PATTERN)]
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]


class ConsentIn(Closed):
    """What a person agreed to, and when."""

    given_on: date
    purpose: ConsentPurpose


class RecordedConsentOut(BaseModel):
    """A consent as it was recorded."""

    consent_id: str
    given_on: date
    purpose: ConsentPurpose
    purpose_nl: str
    recorded_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, consent: KeptConsent) -> "RecordedConsentOut":
        """Return what the API says of a consent."""
        purpose = ConsentPurpose(consent.purpose)
        return cls(
            consent_id=consent.consent_id,
            given_on=consent.given_on,
            purpose=purpose,
            purpose_nl=PURPOSE_NL[purpose],
            recorded_at=consent.recorded_at.astimezone(UTC),
            withdrawn_at=consent.withdrawn_at,
        )


class WithdrawnOut(BaseModel):
    """What followed from withdrawing the consent."""

    state: CaseState
    state_nl: str
    state_version: int
    tell_vdab: bool = Field(description="VDAB moet weten dat de toestemming ingetrokken is.")
    message_nl: str

    @classmethod
    def of(cls, withdrawn: Withdrawn) -> "WithdrawnOut":
        """Return what the API says after a consent was withdrawn."""
        told = (
            "De toestemming is ingetrokken en de doorverwijzing is gestopt. Verwittig VDAB: daar "
            "mogen de gegevens niet langer gebruikt worden."
            if withdrawn.tell_vdab
            else "De toestemming is ingetrokken. Er liep geen doorverwijzing."
        )
        where = name_state(withdrawn.standing)
        return cls(**where, tell_vdab=withdrawn.tell_vdab, message_nl=told)


class QuestionOut(BaseModel):
    """A condition of which the fact is not known: to be asked."""

    field: str
    label_nl: str


class OfferOut(BaseModel):
    """One offer, with the conditions that it met and what is not known."""

    key: str
    name_nl: str
    what_nl: str
    fit: Fit
    fit_nl: str
    met: list[str]
    to_ask: list[QuestionOut]
    source: str
    note: str
    reveals_diagnosis: bool = Field(
        description="Naam of voorwaarde verraadt een diagnose: komt nooit op het formulier."
    )

    @classmethod
    def of(cls, offer: Offer) -> "OfferOut":
        """Return what the API says of an offer."""
        return cls(
            key=offer.key,
            name_nl=offer.rule.name_nl,
            what_nl=offer.rule.what_nl,
            fit=offer.fit,
            fit_nl=FIT_NL[offer.fit],
            met=list(offer.met),
            to_ask=[QuestionOut(field=q.field, label_nl=q.label_nl) for q in offer.to_ask],
            source=offer.rule.source,
            note=offer.rule.note,
            reveals_diagnosis=offer.reveals_diagnosis,
        )


class OffersOut(BaseModel):
    """The offers that fit a case, and the lists that a referral form chooses from."""

    state: CaseState
    state_nl: str
    state_version: int
    has_consent: bool = Field(description="Er is een geldige toestemming om door te verwijzen.")
    offers: list[OfferOut]
    capacities: list[ChoiceOut]
    needs: list[ChoiceOut]

    @classmethod
    def of(cls, found: OfferList) -> "OffersOut":
        """Return what the API says of the offers for a case."""
        return cls(
            **name_state(found.standing),
            has_consent=found.has_consent,
            offers=[OfferOut.of(offer) for offer in found.offers],
            capacities=[ChoiceOut.of(choice) for choice in found.choices.capacities],
            needs=[ChoiceOut.of(choice) for choice in found.choices.needs],
        )


class ReferralIn(Closed):
    """What physician or coordinator chose for the form, from the lists that `offers` names."""

    state_version: Version = Field(description="Zoals het dossier getoond werd.")
    capacities: Keys = ()
    needs: Keys = ()
    capacities_text: FormText = ""
    needs_text: FormText = ""
    offers: Keys = ()


class RecallIn(Closed):
    """Why a form is taken back."""

    state_version: Version = Field(description="Zoals het dossier getoond werd.")
    why: RecallReason


class StepIn(Closed):
    """On which day VDAB accepted or declined, or the pathway started or ended."""

    on: date
    partner: ShortText | None = None
    why: Annotated[str, Field(max_length=2 * MOST_WHY)] | None = None
    state_version: Version | None = Field(
        None, description="Zoals het dossier getoond werd; zonder wordt enkel de toestand nagegaan."
    )


_NOT_COVERED_NL = (
    "De toestemming geldt niet voor een partner van VDAB. Deel niets met de partner voor de "
    "persoon daarmee instemt, en noteer dan die toestemming (share_with_vdab_and_partner)."
)
STOPPED_NL: Mapping[str, str] = {
    **{reason.value: text for reason, text in RECALL_NL.items()},
    CaseEvent.WITHDRAW.value: EVENT_NL[CaseEvent.WITHDRAW],
}


class PathwayClockOut(BaseModel):
    """The clock of month 5: by then the pathway has started."""

    label_nl: str
    due_on: date
    days_left: int | None = Field(description="Leeg zodra het traject gestart is.")
    is_met: bool | None = Field(description="Leeg zolang het nog kan.")


class ReferralOut(BaseModel):
    """A referral as it was sent, and how far it came."""

    referral_id: str
    case_id: str
    state: CaseState
    state_nl: str
    state_version: int
    sent_at: datetime
    accepted_on: date | None
    started_on: date | None
    ended_on: date | None
    stopped_on: date | None
    stopped_why: str | None
    stopped_nl: str | None = Field(description="Waarom ze stopte, zoals een mens het leest.")
    partner: str | None
    warnings_nl: list[str] = Field(description="Wat u eerst in orde brengt; meestal leeg.")
    clock: PathwayClockOut
    form: ReferralFormOut

    @classmethod
    def of(cls, file: ReferralFile) -> Self:
        """Return what the API says of a referral."""
        r, clock = file.referral, file.clock
        return cls(
            **name_state(file.standing),
            **{n: getattr(r, n) for n in ("referral_id", "case_id", "partner")},
            sent_at=r.sent_at.astimezone(UTC),
            **{n: getattr(r, n) for n in ("accepted_on", "started_on", "ended_on")},
            stopped_on=r.stopped_on,
            stopped_why=r.stopped_why,
            stopped_nl=STOPPED_NL.get(r.stopped_why or "", r.stopped_why),
            warnings_nl=[] if file.covers_partner else [_NOT_COVERED_NL],
            clock=PathwayClockOut(
                label_nl=clock.label_nl,
                due_on=clock.due_on,
                days_left=clock.days_left if r.started_on is None else None,
                is_met=file.is_met,
            ),
            form=ReferralFormOut.model_validate(r.form),
        )


class RecalledOut(ReferralOut):
    """A referral that was taken back, and what is left to do."""

    tell_vdab: bool = Field(True, description="VDAB moet weten dat het formulier vervalt.")
    message_nl: str = (
        "Het formulier is teruggenomen en blijft bewaard als gestopt. Verwittig VDAB: daar mogen "
        "de gegevens niet gebruikt worden. Het dossier is opnieuw door te verwijzen."
    )


def name_state(standing: Standing) -> dict[str, Any]:
    """Return where a case stands as the API names it."""
    return {
        "state": standing.state,
        "state_nl": STATE_NL[standing.state],
        "state_version": standing.state_version,
    }
