"""Where one's own estimate is required, nothing leaks before it."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from models.estimate import GainStatus
from tests.running_service import Service, get_gain_bundle, get_sqlite_template, make_service
from tests.web.browser.cases import Cases
from tests.web.browser.conftest import NUMBERS, open_hand, serve
from tests.web.browser.hands import Hand

# what would tell what was estimated: chances, points, the suggestion, reasons
LEAKS = (" op 100", "Voorstel:", "kp-points", "kp-estimate", "volgt het voorstel", "kp-pill")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("strict")
    shutil.copy(get_sqlite_template(), folder / "store.db")
    bundle = get_gain_bundle(GainStatus.ESTIMATED)
    made = make_service(f"sqlite:///{folder / 'store.db'}", bundle, own_estimate="required")
    yield made
    made.client.close()
    made.store.close()


@pytest.fixture(scope="module")
def strict_address(strict: Service) -> Iterator[str]:
    yield from serve(strict)


@pytest.fixture
def strict_hand(kind: type[Hand], browser: Browser, strict_address: str) -> Iterator[Hand]:
    yield from open_hand(kind, browser, strict_address)


def test_nothing_that_was_estimated_shows_before_the_own_answers(
    strict_hand: Hand, strict: Service
) -> None:
    hand, visit, page = strict_hand, strict_hand.visit, strict_hand.page
    case_id = Cases(strict, NUMBERS).open()
    hand.log_on("arts")

    listed = page.locator("#lijst").inner_html()
    hand.open_row(case_id)
    visit.reads(f"Dossier {case_id}")
    opened = page.locator("main").inner_html()
    assert page.get_by_role("button", name="Bewaar de beslissing").count() == 0
    assert page.get_by_role("link", name="Brief voor de persoon").count() == 0
    with visit.refused(422):
        hand.press("Bewaar mijn inschatting")
        visit.sees("Verwacht: ")
    hand.choose("Ja", within="Zijn stappen naar werk mogelijk?")
    hand.choose("Nee", within="Is steun van VDAB")
    hand.press("Bewaar mijn inschatting")

    visit.sees("Uw eigen inschatting is bewaard.", "Uw beslissing", " op 100")
    row = listed.partition(case_id)[2].partition("</tr>")[0]
    assert [leak for leak in LEAKS if leak in row] == []
    assert [leak for leak in LEAKS if leak in opened] == []
