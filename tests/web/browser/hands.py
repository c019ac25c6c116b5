"""The two ways in which people use a page: by mouse, or by keyboard only.

A workflow is told once, by what a person presses, fills in and chooses; `Mouse` and `Keyboard` each
do it their own way. After every step the visit tells what the browser complained of.
"""

from abc import ABC, abstractmethod
from datetime import date
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.running_service import PASSWORD
from tests.web.browser.visits import Visit

MOST_STEPS = 250

# where the focus is, and what somebody who looks at the page sees of it
LOOK = """
wanted => {
  const at = document.activeElement;
  const isNowhere = at === document.body || at.tabIndex < 0;
  const style = getComputedStyle(at);
  // of a field at the edge of the window the browser shows the line where one types
  const box = at.getClientRects()[0] || new DOMRect();
  const [above, below] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
  const top = document.elementFromPoint(box.x + box.width / 2, (above + below) / 2);
  const isOn = at === wanted
    || (at.type === 'radio' && at.name === wanted.name && at.form === wanted.form);
  return {
    isThere: isOn,
    isRinged: isNowhere || (style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2),
    isInSight: isNowhere
      || Boolean(below - above >= 12 && top && (at.contains(top) || top.contains(at))),
    what: at.outerHTML.slice(0, 120),
  };
}
"""
IS_AHEAD = """
wanted => {
  const at = document.activeElement;
  return at === document.body
    || Boolean(at.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_FOLLOWING);
}
"""
IS_FOCUSED = "wanted => document.activeElement === wanted"
# how many places down the list of choices an option or a radio button is, from where one stands
PLACES_DOWN = """
(wanted, text) => {
  if (wanted.options) {
    const at = [...wanted.options].findIndex((one) => one.text.trim() === text);
    return at - wanted.selectedIndex;
  }
  const all = [...wanted.form.elements[wanted.name]];
  return all.indexOf(wanted) - all.indexOf(document.activeElement);
}
"""


class Hand(ABC):
    """Somebody at a page. `within` is the question or part of the page that is meant."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit

    @property
    def page(self) -> Page:
        return self.visit.page

    @abstractmethod
    def activate(self, target: Locator) -> None:
        """Press a button, follow a link, or unfold something."""

    @abstractmethod
    def write(self, target: Locator, text: str) -> None:
        """Have this text in a field, and nothing else."""

    @abstractmethod
    def write_day(self, target: Locator, day: date) -> None:
        """Have this day in a field."""

    @abstractmethod
    def mark(self, target: Locator) -> None:
        """Choose a radio button, or tick a box."""

    @abstractmethod
    def select(self, target: Locator, option: str) -> None:
        """Choose from a list."""

    @abstractmethod
    def open_row(self, case_id: str) -> None:
        """Open a case from the list."""

    @abstractmethod
    def turn_page(self) -> None:
        """Go to the next page of the list."""

    def press(self, name: str) -> None:
        """Press a button; where it sends a form, wait for the page that answers."""
        button = self.page.get_by_role("button", name=name)
        method = button.evaluate("button => button.form?.method")
        if method == "post":
            with self.page.expect_event("load"):
                self.activate(button)
        elif method == "get":
            self.go_by(button)
        else:
            self.activate(button)
        self.visit.check()

    def follow(self, name: str) -> None:
        self.go_by(self.page.get_by_role("link", name=name).first)
        self.visit.check()

    def go_by(self, target: Locator) -> None:
        """Use what leads elsewhere, and wait until one is there: a key does not wait for that."""
        with self.page.expect_event("framenavigated"):
            self.activate(target)
        self.page.wait_for_load_state()

    def unfold(self, name: str) -> None:
        self.activate(self.page.locator("summary", has_text=name))
        self.visit.check()

    def fill(self, label: str, text: str | date) -> None:
        field = self.page.get_by_label(label).locator("visible=true").first
        if isinstance(text, date):
            self.write_day(field, text)
            expect(field).to_have_value(text.isoformat())
        else:
            self.write(field, text)
            expect(field).to_have_value(text)
        self.visit.check()

    def choose(self, label: str, within: str = "") -> None:
        group = self.page.locator("fieldset", has=self.page.locator("legend", has_text=within))
        place: Page | Locator = group.locator("visible=true").first if within else self.page
        self.mark(place.get_by_label(label).first)
        self.visit.check()

    def pick(self, label: str, option: str) -> None:
        self.select(self.page.get_by_role("combobox", name=label), option)
        self.visit.check()

    def attach(self, label: str, file: Path) -> None:
        """Choose a file: what the page does, up to the window of the system itself."""
        with self.page.expect_file_chooser() as chosen:
            self.activate(self.page.get_by_label(label))
        chosen.value.set_files(file)
        self.visit.check()

    def take(self, name: str) -> bytes:
        """Return the file that comes by a button or a link."""
        link = self.page.get_by_role("link", name=name)
        with self.page.expect_download() as coming:
            self.activate(link.or_(self.page.get_by_role("button", name=name)))
        self.visit.check()
        return coming.value.path().read_bytes()

    def log_on(self, user: str) -> None:
        self.visit.open("/login")
        self.fill("Gebruikersnaam", user)
        self.fill("Wachtwoord", PASSWORD)
        self.press("Aanmelden")
        self.visit.sees("Afmelden")


class Mouse(Hand):
    """Points and clicks; only text is typed."""

    def activate(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.click()
        target.fill(text)

    def write_day(self, target: Locator, day: date) -> None:
        target.click()
        target.fill(day.isoformat())

    def mark(self, target: Locator) -> None:
        target.check()

    def select(self, target: Locator, option: str) -> None:
        target.select_option(option)

    def open_row(self, case_id: str) -> None:
        self.page.get_by_role("link", name=case_id, exact=True).click()

    def turn_page(self) -> None:
        self.page.get_by_role("link", name="Volgende bladzijde").click()


class Keyboard(Hand):
    """Has no mouse. Every place where the focus comes must be ringed and in sight."""

    def activate(self, target: Locator) -> None:
        self.reach(target)
        self.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self.reach(target)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def write_day(self, target: Locator, day: date) -> None:
        if self.reach(target) != "Tab":
            for _ in range(3):  # from the calendar back over the year and the day to the month
                self.page.keyboard.press("Shift+Tab")
        self.page.keyboard.type(day.strftime("%m%d%Y"))  # as a browser in English asks for it

    def mark(self, target: Locator) -> None:
        self.reach(target)
        if target.get_attribute("type") == "radio":
            self._step(target.evaluate(PLACES_DOWN))
        if not target.is_checked():
            self.page.keyboard.press("Space")
        assert target.evaluate(IS_FOCUSED)
        expect(target).to_be_checked()

    def select(self, target: Locator, option: str) -> None:
        self.reach(target)
        self._step(target.evaluate(PLACES_DOWN, option))
        assert target.evaluate("field => field.selectedOptions[0].text.trim()") == option

    def open_row(self, case_id: str) -> None:
        row = self.page.get_by_role("link", name=case_id, exact=True)
        self._leave_fields()
        for _ in range(MOST_STEPS):
            self.page.keyboard.press("j")
            if self._look(row):
                break
        assert row.evaluate(IS_FOCUSED)
        self.page.keyboard.press("Enter")

    def turn_page(self) -> None:
        self._leave_fields()
        self.page.keyboard.press("n")

    def reach(self, target: Locator) -> str:
        """Go to something key by key, as far as it takes, and return the key."""
        target.wait_for()
        key = "Tab" if target.evaluate(IS_AHEAD) else "Shift+Tab"
        for _ in range(MOST_STEPS):
            if self._look(target):
                return key
            self.page.keyboard.press(key)
        raise AssertionError(f"no way by keyboard to {target}")

    def _look(self, target: Locator) -> bool:
        """Tell whether the focus is there; wherever it is, it has to be seen."""
        seen = target.evaluate(LOOK)
        assert seen["isRinged"], f"no ring around {seen['what']}"
        assert seen["isInSight"], f"out of sight: {seen['what']}"
        return bool(seen["isThere"])

    def _leave_fields(self) -> None:
        """Go to where a letter is a key and not a part of a text."""
        self.reach(self.page.get_by_role("button", name="Filteren"))

    def _step(self, places: int) -> None:
        for _ in range(abs(places)):
            self.page.keyboard.press("ArrowDown" if places > 0 else "ArrowUp")
