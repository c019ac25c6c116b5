"""Takes the pictures of the README from a running demo: list and case page."""

import argparse
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

CHROMIUM = "/usr/bin/chromium"
WIDE: ViewportSize = {"width": 1440, "height": 960}
TALL: ViewportSize = {"width": 1440, "height": 1500}
PHONE: ViewportSize = {"width": 360, "height": 780}
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


def take(address: str, name: str, password: str, to: Path, *, everything: bool) -> None:
    """Log on and keep pictures in a folder: two for the README, or everything there is to see."""
    to.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport=WIDE, locale="nl-BE")
        if everything:
            _take_outside(page, address, to)
        _log_on(page, address, name, password)
        page.screenshot(path=to / "triage.png")
        page.locator(".kp-case").first.click()
        page.set_viewport_size(TALL)
        page.screenshot(path=to / "case.png")
        if everything:
            _take_small(page, address, to)
        browser.close()


def _take_outside(page: Page, address: str, to: Path) -> None:
    for path, name in (("/login", "login"), ("/bestaat-niet", "not_found")):
        page.goto(address + path)
        page.screenshot(path=to / f"{name}.png")


def _take_small(page: Page, address: str, to: Path) -> None:
    page.screenshot(path=to / "case_whole.png", full_page=True)
    page.set_viewport_size(PHONE)
    page.screenshot(path=to / "case_phone.png", full_page=True)
    page.goto(address)
    page.screenshot(path=to / "triage_phone.png")


def _log_on(page: Page, address: str, name: str, password: str) -> None:
    page.goto(f"{address}/login")
    page.get_by_label("Gebruikersnaam").fill(name)
    page.get_by_label("Wachtwoord").fill(password)
    page.get_by_role("button", name="Aanmelden").click()
    page.wait_for_selector("table")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--name", default="arts.a")
    parser.add_argument("--password", default="kantelpunt-demo")
    parser.add_argument("--to", type=Path, default=IMAGES)
    parser.add_argument("--all", action="store_true", help="every page, wide and on a phone")
    given = parser.parse_args()
    take(given.address, given.name, given.password, given.to, everything=given.all)


if __name__ == "__main__":
    main()
