"""The referral form as a letter: tagged PDF/UA-1, with the same bytes for the same form."""

import json
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from serving.free_text import replace_unshown
from serving.permissions import ROLE_NL
from serving.referral_form import IN_CONSULTATION_NL, ReferralForm
from serving.wording import date_nl, region_nl

if TYPE_CHECKING:
    import typst

LETTERS = Path(__file__).with_name("letters")
FONTS = LETTERS / "vendor" / "source-sans-3"


def to_pdf(form: ReferralForm, *, is_draft: bool = False) -> bytes:
    """Return the letter, or a draft of it that says so on every page.

    Its texts are data: what someone wrote is never read as markup.
    """
    import typst  # 32 MB that only a letter needs

    made = typst.Compiler(
        LETTERS / "referral_form.typ",
        root=LETTERS,
        font_paths=_load_fonts(),
        sys_inputs={"form": json.dumps(_show(_to_texts(form)) | {"is_draft": is_draft})},
    ).compile(
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=datetime.combine(form.made_on, time(), UTC),
    )
    return cast(bytes, made)  # one file; typst gives a list only for images of pages


@cache
def _load_fonts() -> "typst.Fonts":
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


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


def _show(value: Any) -> Any:
    """Return the texts with only signs that the font of the letter has."""
    if isinstance(value, dict):
        return {key: _show(item) for key, item in value.items()}
    return [_show(item) for item in value] if isinstance(value, list) else replace_unshown(value)
