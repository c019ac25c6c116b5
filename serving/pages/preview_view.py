"""What the page to read a referral form over shows: the form as VDAB would get it."""

from collections.abc import Sequence
from dataclasses import dataclass

from serving.capacities import Choice
from serving.pages.forms import Posted
from serving.permissions import ROLE_NL
from serving.refer_schemas import ReferralIn
from serving.referral_form import IN_CONSULTATION_NL, ReferralForm
from serving.wording import date_nl, region_nl


@dataclass(frozen=True)
class PreviewView:
    """The form part by part, and what was filled in, to send along."""

    case_id: str
    sender: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, str]]
    parts: Sequence[tuple[str, Sequence[str], str]]
    consent_nl: str
    carried: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, form: ReferralForm, case_id: str, posted: Posted) -> "PreviewView":
        """Return what the page shows of a form that was not sent yet."""
        agreed = form.consent
        offers = [*(choice.label_nl for choice in form.offers), IN_CONSULTATION_NL]
        return cls(
            case_id=case_id,
            sender=[
                ("Datum", date_nl(form.made_on)),
                ("Ziekenfonds", form.fund_nl),
                ("Regio", region_nl(form.region)),
                ("Aangemeld door", ROLE_NL[form.sent_by]),
                *([("Contact", form.contact_nl)] if form.contact_nl else []),
            ],
            facts=[(fact.label_nl, fact.value_nl) for fact in form.facts],
            parts=[
                ("Wat de persoon kan", _list(form.capacities), form.capacities_text),
                ("Wat de persoon nodig heeft", _list(form.needs), form.needs_text),
                ("Gewenst aanbod", offers, ""),
            ],
            consent_nl=(
                f"Op {date_nl(agreed.given_on)} stemde de persoon ermee in: "
                f"{agreed.purpose_nl.rstrip('.')}. Genoteerd door: {ROLE_NL[agreed.recorded_by]}."
            ),
            carried=[
                (name, value)
                for name, values in posted.values.items()
                if name in ReferralIn.model_fields
                for value in values
            ],
        )


def _list(chosen: Sequence[Choice]) -> list[str]:
    return [choice.label_nl for choice in chosen]
