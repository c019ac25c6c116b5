"""A visitor with an own browser window, and everything that the browser complains of."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

from serving.sessions import SESSION_COOKIE
from tests.running_service import PASSWORD, Service

FAULT = 500
PATIENCE_MS = 120_000  # of a machine that is slow or busy


class Visit:
    """One visitor with an own browser window, and everything that its console said."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.context = browser.new_context(locale="nl-BE", viewport={"width": 1440, "height": 900})
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.address = address
        self.said: list[str] = []
        self.elsewhere: list[str] = []
        self.failed: list[str] = []
        self.statuses: list[int] = []
        self.refusal = ""  # what the browser says of the refusal that is expected now
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", self._watch)
        self.page.on("response", self._read)

    def _listen(self, message: ConsoleMessage) -> None:
        is_expected = bool(self.refusal) and self.refusal in message.text
        if message.type in ("error", "warning") and not is_expected:
            self.said.append(message.text)

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.elsewhere.append(request.url)

    def _read(self, response: Response) -> None:
        self.statuses.append(response.status)
        if response.status >= FAULT:
            self.failed.append(f"{response.status} {response.url}")

    def check(self) -> None:
        """Fail where the browser complained, a rule of the page was broken, or the service failed.

        What breaks the Content-Security-Policy is among what the browser says.
        """
        complaints = [*self.said, *self.elsewhere, *self.failed]
        assert not complaints, "; ".join(complaints)

    @contextmanager
    def refused(self, status: int) -> Iterator[None]:
        """Expect that the service refuses something, which the browser then repeats."""
        self.statuses.clear()
        self.refusal = f"status of {status}"
        yield
        self.refusal = ""
        assert status in self.statuses, f"expected {status}, found {self.statuses}"
        self.check()

    def sees(self, *texts: str) -> None:
        """Wait until each of these texts is to be seen."""
        for text in texts:
            expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()
        self.check()

    def reads(self, title: str) -> None:
        """Wait for the page with this as its title above the text."""
        expect(self.page.get_by_role("heading", name=title, level=1)).to_be_visible()
        self.page.wait_for_load_state()
        self.check()

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def enter(self, service: Service, user: str = "arts") -> None:
        """Come in as someone who logged on before: quicker than by the form."""
        gate, store = service.app.state.service.gate, service.store
        cookie = gate.open_session(gate.check_password(store, user, PASSWORD))
        self.context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": self.address}])

    def log_on(self, user: str = "arts") -> Page:
        page = self.open("/login")
        page.get_by_label("Gebruikersnaam").fill(user)
        page.get_by_label("Wachtwoord").fill(PASSWORD)
        page.get_by_role("button", name="Aanmelden").click()
        page.get_by_role("button", name="Afmelden").wait_for()
        return page
