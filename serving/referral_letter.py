"""The referral form as a letter."""

from typing import Any

from serving.letter_pdf import set_letter
from serving.permissions import ROLE_NL
from serving.referral_form import IN_CONSULTATION_NL, ReferralForm
from serving.wording import date_nl, region_nl


def to_pdf(form: ReferralForm, *, is_draft: bool = False) -> bytes:
    """Return the letter, or a draft of it that says so on every page."""
    texts = _to_texts(form) | {"is_draft": is_draft}
    return set_letter("referral_form.typ", texts, form.made_on)


def _to_texts(form: ReferralForm) -> dict[str, Any]:
    consent = form.consent
    return {
        "reference": form.reference,
        "made_on": date_nl(form.made_on),
        "sickness_fund": form.fund_nl,
        "region": region_nl(form.region),
        "sent_by": ROLE_NL[form.sent_by],
        "contact": form.contact_nl,
        "facts": [[fact.label_nl, fact.value_nl] for fact in form.facts],
        "capacities": [choice.label_nl for choice in form.capacities],
        "capacities_text": form.capacities_text,
        "needs": [choice.label_nl for choice in form.needs],
        "needs_text": form.needs_text,
        "offers": [*(choice.label_nl for choice in form.offers), IN_CONSULTATION_NL],
        "consent_on": date_nl(consent.given_on),
        "consent_by": ROLE_NL[consent.recorded_by],
        "purpose": consent.purpose_nl.rstrip("."),
    }
