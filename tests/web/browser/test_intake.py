"""A file of cases is brought in, followed, and its rejected rows are taken home."""

from pathlib import Path

from tests.web.browser.hands import Hand
from tests.web.test_intake_page import make_file


def test_a_file_is_brought_in_followed_and_its_rejected_rows_are_taken(
    hand: Hand, tmp_path: Path
) -> None:
    file, visit = tmp_path / "meldingen.csv", hand.visit
    file.write_bytes(make_file(tmp_path / "made", 30, age_years=477))
    hand.log_on("arts")

    hand.follow("Invoer")
    hand.attach("Bestand (CSV of Parquet", file)
    hand.press("Bestand sturen")
    visit.sees("Wat er van de rijen werd", "Afgekeurde rijen")
    rejected = hand.take("Haal de afgekeurde rijen op")

    assert b"age_years" in rejected
    assert b"477" not in rejected
