"""What is always true of letters: any text is refused or printed, and never read as markup."""

import re
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from serving import person_letter
from serving.free_text import clean, replace_unshown
from serving.referral_form import ReferralRefusedError, Wishes
from serving.referral_letter import to_pdf
from tests.pdf_reading import read_text
from tests.referral_forms import make_form
from tests.serving.test_person_letter import make_letter

TEXTS = st.one_of(
    st.text(max_size=80),
    st.text(alphabet=st.characters(max_codepoint=0x17F), max_size=80),
    st.text(alphabet="#$*_`<>@=-+/\\[](){}\"'~:;, \n0123abcé", max_size=80),
)


def strip(text: str) -> str:
    """Return a text without blanks, and without hyphens, which the reader takes away at an end."""
    return re.sub("[-\\s\x02\ufffe\u2010-\u2015]", "", text)


@given(text=TEXTS, contact=TEXTS)
def test_any_text_is_refused_or_set_as_it_was_written(text: str, contact: str) -> None:
    form = make_form(contact_nl=contact)
    with suppress(ReferralRefusedError):
        form = make_form(Wishes(needs_text=text), contact_nl=contact)

    letter = read_text(to_pdf(form))

    assert strip(clean(form.needs_text)) in strip(letter)


@given(contact=TEXTS, dpo=TEXTS)
def test_whom_to_contact_stands_in_the_letter_to_the_person_as_it_was_declared(
    contact: str, dpo: str
) -> None:
    contact, dpo = clean(contact), clean(dpo)

    letter = read_text(person_letter.to_pdf(make_letter(contact_nl=contact, dpo_nl=dpo)))

    assert strip(replace_unshown(contact)) in strip(letter)
    assert strip(replace_unshown(dpo)) in strip(letter)
