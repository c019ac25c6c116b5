"""Takes the pictures of the README from a running demo: list and case page."""

import argparse
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


def take(address: str, name: str, password: str, to: Path) -> None:
    """Log on and keep a picture of each page in a folder."""
    to.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 960}, locale="nl-BE")
        page.goto(f"{address}/login")
        page.screenshot(path=to / "login.png")
        page.goto(f"{address}/bestaat-niet")
        page.screenshot(path=to / "not_found.png")
        _log_on(page, address, name, password)
        page.screenshot(path=to / "triage.png")
        page.locator(".kp-case").first.click()
        page.screenshot(path=to / "case.png", full_page=True)
        page.set_viewport_size({"width": 360, "height": 780})
        page.screenshot(path=to / "case_phone.png", full_page=True)
        page.goto(address)
        page.screenshot(path=to / "triage_phone.png")
        browser.close()


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
    given = parser.parse_args()
    take(given.address, given.name, given.password, given.to)


if __name__ == "__main__":
    main()
