"""The referral form as JSON: a versioned schema, for VDAB and for the API."""

from datetime import date
from typing import Literal

from pydantic import Field

from serving.body_schemas import Closed
from serving.capacities import Choice
from serving.permissions import Role
from serving.referral_form import IN_CONSULTATION_NL, Fact, ReferralForm

SCHEMA: Literal["kantelpunt-referral-form/1"] = "kantelpunt-referral-form/1"


_TEXT = (
    "vrije tekst van wie verstuurt, hoogstens 500 tekens; mag leeg zijn. Kantelpunt weigert "
    "medische woorden, namen van geneesmiddelen en nummers die het herkent; wie verstuurt, leest na"
)


class ChoiceOut(Closed):
    """One line that was chosen from a declared list."""

    key: str = Field(description="vaste sleutel, dezelfde in elke taal en op elke dag")
    label_nl: str = Field(description="de zin zoals die in de brief staat")

    @classmethod
    def of(cls, choice: Choice) -> "ChoiceOut":
        """Return the choice as it is sent."""
        return cls(key=choice.key, label_nl=choice.label_nl)


class FactOut(Closed):
    """One fact of the case that VDAB may see."""

    key: str = Field(description="naam van het veld in het contract")
    label_nl: str = Field(description="naam van het gegeven")
    value_nl: str = Field(description='de waarde, of "niet gekend"')

    @classmethod
    def of(cls, fact: Fact) -> "FactOut":
        """Return the fact as it is sent."""
        return cls(key=fact.key, label_nl=fact.label_nl, value_nl=fact.value_nl)


class ConsentOut(Closed):
    """What the person agreed to."""

    given_on: date = Field(description="dag van de toestemming")
    recorded_by: Role = Field(description="rol van wie de toestemming noteerde")
    purpose_nl: str = Field(description="waarvoor de toestemming geldt")


class ReferralFormOut(Closed):
    """The referral form: capacities, needs and wishes, and two texts of whoever sends it."""

    form_schema: Literal["kantelpunt-referral-form/1"] = Field(
        description="naam en versie van dit schema; een andere vorm krijgt een hoger nummer"
    )
    reference: str = Field(description="referentienummer bij het ziekenfonds; noemt niemand")
    made_on: date = Field(description="dag van het formulier")
    sickness_fund: str = Field(description="ziekenfonds dat aanmeldt: zijn sleutel")
    fund_nl: str = Field(description="naam van het ziekenfonds, zoals in de brief")
    region: str = Field(description="regio van het dossier")
    sent_by: Role = Field(description="functie van wie verstuurt, en de vrije teksten schreef")
    contact_nl: str = Field(description="contact bij het ziekenfonds; mag leeg zijn")
    facts: tuple[FactOut, ...] = Field(description="werksituatie")
    capacities: tuple[ChoiceOut, ...] = Field(description="wat iemand kan")
    capacities_text: str = Field(description=_TEXT)
    needs: tuple[ChoiceOut, ...] = Field(description="wat iemand nodig heeft")
    needs_text: str = Field(description=_TEXT)
    offers: tuple[ChoiceOut, ...] = Field(
        description="gewenst aanbod; wat een diagnose zou verraden, staat er nooit in"
    )
    other_offers_nl: Literal["Aanbod in overleg met het ziekenfonds"] = Field(
        description="staat op elk formulier en zegt daarom niets over iemand"
    )
    consent: ConsentOut = Field(description="toestemming")

    @classmethod
    def of(cls, form: ReferralForm) -> "ReferralFormOut":
        """Return the form as it is sent."""
        consent = form.consent
        return cls(
            form_schema=SCHEMA,
            other_offers_nl=IN_CONSULTATION_NL,
            reference=form.reference,
            made_on=form.made_on,
            sickness_fund=form.sickness_fund,
            fund_nl=form.fund_nl,
            region=form.region,
            sent_by=form.sent_by,
            contact_nl=form.contact_nl,
            facts=tuple(map(FactOut.of, form.facts)),
            capacities=tuple(map(ChoiceOut.of, form.capacities)),
            capacities_text=form.capacities_text,
            needs=tuple(map(ChoiceOut.of, form.needs)),
            needs_text=form.needs_text,
            offers=tuple(map(ChoiceOut.of, form.offers)),
            consent=ConsentOut(
                given_on=consent.given_on,
                recorded_by=consent.recorded_by,
                purpose_nl=consent.purpose_nl,
            ),
        )


def to_json(form: ReferralForm) -> str:
    """Return the form as JSON text, after the schema of ReferralFormOut."""
    return ReferralFormOut.of(form).model_dump_json()
