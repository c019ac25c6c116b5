"""One browser window for many pages that were answered before: quick, and without any network."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Request, Route

from tests.running_service import Service
from tests.web.browser.visits import PATIENCE_MS

HOST = "https://kantelpunt.test"
CHECKS = Path(__file__).with_name("page_checks.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# what can change with the width alone
NARROW = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
# what the transport adds: the browser gets the content as it was before
_WIRE = ("content-encoding", "content-length", "set-cookie")
# a sheet of A4 with margins of 1 cm, upright and on its side
UPRIGHT, SIDEWAYS = 718, 1046


class Window:
    """A window that shows answers of a service under its own headers, also its strict policy."""

    def __init__(self, browser: Browser, service: Service, axe: Path) -> None:
        self.service, self.axe = service, axe.read_text()
        self.page = browser.new_page(locale="nl-BE")
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.route("**/*", self._serve)
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.said: list[str] = []
        self.elsewhere: list[str] = []
        self.files: dict[str, Any] = {}
        self.shown: Any = None

    def show(self, answer: Any) -> None:
        """Load an answer as if it came just now, and give it the checks."""
        self.shown, self.said, self.elsewhere = answer, [], []
        self.resize(1440, 900)
        self.page.goto(HOST + find_path(answer))
        self.page.evaluate(self.axe)
        self.page.evaluate(CHECKS.read_text())

    def resize(self, width: int, height: int = 800) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def ask(self, *checks: str) -> list[str]:
        """Return what some of our checks find."""
        found: list[str] = self.page.evaluate(
            "names => names.flatMap((name) => window.checks[name]() ?? [])", list(checks)
        )
        return found

    def run_axe(self, *, narrow: bool = False) -> list[str]:
        """Return what axe finds against WCAG A and AA; what width can change, where `narrow`."""
        # this rule is left out unless it is asked for by name
        rules = {"target-size": {"enabled": True}}
        tags = {"runOnly": {"type": "tag", "values": RULES}, "rules": rules}
        options = {"runOnly": {"type": "rule", "values": NARROW}} if narrow else tags
        found = self.page.evaluate("options => axe.run(options)", options)
        return [f"{v['id']}: {v['nodes'][0]['html'][:150]}" for v in found["violations"]]

    def look_at_paper(self) -> list[str]:
        """Return what is wrong with the page as it is printed."""
        self.resize(SIDEWAYS if self.page.evaluate("window.checks.isLandscape()") else UPRIGHT)
        self.page.emulate_media(media="print")
        found = self.ask("print")
        self.page.emulate_media(media="screen")
        return found

    def _listen(self, message: ConsoleMessage) -> None:
        # the status of the page itself is repeated by the browser
        if message.type in ("error", "warning") and "with a status of" not in message.text:
            self.said.append(message.text)

    def _serve(self, route: Route, request: Request) -> None:
        path = request.url.removeprefix(HOST)
        if path.startswith("/static/"):
            if path not in self.files:
                self.files[path] = self.service.client.get(path)
            _fulfill(route, self.files[path])
        elif request.url.startswith(HOST):
            _fulfill(route, self.shown)
        else:
            self.elsewhere.append(request.url)
            route.abort()


def find_path(answer: Any) -> str:
    """Return the path and the query of an answer."""
    parts = urlsplit(str(answer.url))
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _fulfill(route: Route, answer: Any) -> None:
    headers = {k: v for k, v in answer.headers.items() if k.lower() not in _WIRE}
    route.fulfill(status=answer.status_code, headers=headers, body=answer.content)
