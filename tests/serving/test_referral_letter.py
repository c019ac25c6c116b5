import re
import subprocess
import sys
from datetime import date

import pytest

from serving.free_text import SHOWN
from serving.referral_form import IN_CONSULTATION_NL, Wishes
from serving.referral_letter import to_pdf
from tests.pdf_reading import check_accessible, check_margins, read_pages, read_text
from tests.referral_forms import ANY_TEXT, make_form, make_longest_form


def test_the_letter_says_what_was_chosen() -> None:
    wishes = Wishes(("half_days",), ("coaching",), "Plant zelf.", "Bouw op.", ("job_coaching",))

    text = read_text(to_pdf(make_form(wishes, contact_nl="Team terug naar werk")))

    for expected in (
        *("Aanmeldingsformulier", "Referentie VR-2026-000123", "Datum 22 november 2026"),
        *("Contact Team terug naar werk", "• halve dagen werken", "Plant zelf.", "Bouw op."),
        *("• begeleiding op de werkvloer", "Jobcoaching", IN_CONSULTATION_NL),
        *("op 20 november 2026", "terug-naar-werk-coördinator", "geldt voor: aanmelding bij VDAB."),
        *("Statuut werkzoekende", "Regio Antwerpen", "Pagina 1 van 1"),
    ):
        assert expected in text


def test_the_letter_tells_who_wrote_and_claims_nothing_that_nobody_can_promise() -> None:
    written = read_text(to_pdf(make_form(Wishes(needs_text="Rust."), fund_nl="Ziekenfonds A")))
    chosen = read_text(to_pdf(make_form(Wishes(("seated",)))))

    author = "De vrije tekst is geschreven door de terug-naar-werk-coördinator."
    assert author in written
    assert author not in chosen
    assert "Ziekenfonds A" in written
    for text in (written, chosen):
        assert "Kantelpunt voegt zelf geen medische gegevens toe; wie verstuurt, leest na" in text
        assert "bevat geen medische gegevens" not in text
        assert "ONTWERP" not in text


def test_a_draft_says_so_on_every_page() -> None:
    pages = read_pages(to_pdf(make_longest_form(), is_draft=True))

    assert len(pages) == 2
    assert all("ONTWERP" in page for page in pages)


def test_the_letter_is_tagged_dutch_and_titled() -> None:
    check_accessible(to_pdf(make_form()), "Aanmeldingsformulier VR-2026-000123")


def test_every_font_of_the_letter_is_ours_and_embedded() -> None:
    pdf = to_pdf(make_form())

    names = set(re.findall(rb"/FontName/\w{6}\+([\w-]+)", pdf))
    assert names == {b"SourceSans3-Regular", b"SourceSans3-SemiBold"}
    assert pdf.count(b"/Type/FontDescriptor") == len(re.findall(rb"/FontFile\d", pdf)) == 2


def test_the_same_form_gives_the_same_bytes_and_another_day_gives_others() -> None:
    first, again = to_pdf(make_form()), to_pdf(make_form())
    other = to_pdf(make_form(made_on=date(2026, 11, 23)))

    assert first == again
    assert first != other


def test_a_usual_letter_takes_one_page_and_the_longest_two_with_nothing_over_the_edge() -> None:
    usual = make_form(Wishes(("seated", "screen"), ("quiet",), ANY_TEXT, ANY_TEXT, ("training",)))

    pages = [check_margins(to_pdf(form)) for form in (usual, make_longest_form())]

    assert pages == [1, 2]


def test_nothing_of_the_longest_texts_is_lost() -> None:
    form = make_longest_form()

    whole = "".join(read_text(to_pdf(form)).split())

    for text in (form.capacities_text, form.needs_text, form.consent.purpose_nl, "C" * 120):
        assert "".join(text.split()) in whole


HOSTILE = [
    '#panic("x")',
    "*_$ `raw` $x^2$ <label> @cite = kop",
    '#read("/etc/passwd") #include "x.typ"',
    "// geen commentaar /* ook niet */ \\u{41} \\ #sys.inputs",
    '"},"reference":"andere',
    "- lijst\n+ nummer\n/ term: woord\n= Titel",
    'https://voorbeeld.be #link("x")[y] ~ -- ---',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_someone_wrote_is_printed_and_never_run(text: str) -> None:
    shown = read_text(to_pdf(make_form(Wishes(needs_text=text), contact_nl=text)))

    assert shown.count("".join(text.split("\n")[0])) == 2
    assert "root:" not in shown


def test_signs_of_elsewhere_become_a_box_so_that_a_letter_is_always_made() -> None:
    form = make_form(case={"sickness_fund": "Fonds 😀 漢"}, contact_nl="שלום\x07")

    text = read_text(to_pdf(form))

    assert "Fonds \u25a1 \u25a1" in text
    assert "Contact \u25a1\u25a1\u25a1\u25a1\u25a1" in text


def test_the_font_has_every_sign_that_a_text_may_hold() -> None:
    allowed = re.findall(f"[{SHOWN}]", "".join(map(chr, range(33, 0x3000))))

    text = read_text(to_pdf(make_form(contact_nl=" ".join(allowed))))  # fails for a missing glyph

    assert len(allowed) > 600
    assert len(set(allowed) - set(text)) < 10  # the reader writes a few signs as their twin


def test_the_maker_of_letters_is_loaded_only_for_a_letter() -> None:
    code = "import sys, serving.referral_letter; print('typst' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
