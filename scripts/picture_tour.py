"""Where the pictures are taken: every page of a demo, in its main states, as who may see it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from serving.demo import PASSWORD

Stops = Iterator[str]


@dataclass
class Visitor:
    """Somebody with a window of their own on a demo."""

    page: Page
    address: str

    @classmethod
    def enter(cls, browser: Browser, address: str, name: str = "") -> "Visitor":
        """Open a window, logged on by the form where a name is given."""
        made = cls(browser.new_page(locale="nl-BE"), address)
        if name:
            made.go("/login")
            made.page.get_by_label("Gebruikersnaam").fill(name)
            made.page.get_by_label("Wachtwoord").fill(PASSWORD)
            made.press("Aanmelden")
            made.page.get_by_role("button", name="Afmelden").wait_for()
        return made

    def go(self, path: str) -> None:
        """Open a page."""
        self.page.goto(self.address + path)

    def press(self, name: str) -> None:
        """Press a button by its text."""
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def unfold(self) -> None:
        """Open everything that is folded."""
        self.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")

    def fill_day(self, field: str, edge: str = "max") -> None:
        """Fill the first or the last day in that a field takes."""
        place = self.page.locator(f"#{field}")
        place.fill(str(place.get_attribute(edge)))

    def find_cases(self, query: str) -> list[str]:
        """Return the addresses of the cases of a list."""
        self.go(f"/?{query}")
        return [str(a.get_attribute("href")) for a in self.page.locator("a.kp-case").all()]


def tour_outside(one: Visitor) -> Stops:
    """Show what is seen without being logged on."""
    one.go("/login")
    yield "log_on"
    one.press("Aanmelden")
    yield "log_on_faults"
    one.go("/login?verlopen=true")
    yield "session_ended"
    one.go("/bestaat-niet")
    yield "not_found"


def tour_physician(one: Visitor) -> Stops:
    """Show the list, a case and what a physician does with it; some cases change by it."""
    one.go("/")
    yield "list"
    one.unfold()
    yield "list_unfolded"
    for name, query in LISTS.items():
        one.go(f"/?{query}")
        yield f"list_{name}"
    for name, query in CASES.items():
        for found in one.find_cases(query)[:1]:
            one.go(found)
            yield f"case_{name}"
    yield from _tour_work(one, one.find_cases("voorstel=refer&status=open"))
    one.go("/invoer")
    yield "intake"
    one.page.get_by_label("Bestand (CSV").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": b"case_id,person_key\nC-1,P-1\n"}
    )
    one.press("Bestand sturen")
    one.page.get_by_role("heading", name="niet aanvaard").wait_for()
    yield "intake_refused"
    one.go("/logboek")
    yield "forbidden"
    one.go("/hulp")
    yield "help"


LISTS = {"empty": "zoek=bestaat-niet", "by_clock": "volgorde=termijn", "decided": "status=closed"}
CASES = {
    "refer": "voorstel=refer",
    "own_way": "voorstel=own_way",
    "not_yet": "voorstel=not_yet",
    "unsure": "voorstel=unsure",
    "without_answers": "vragenlijst=nee",
}


def _tour_work(one: Visitor, cases: list[str]) -> Stops:
    if len(cases) < len(_WORK):
        return
    for found, work in zip(cases[-len(_WORK) :], _WORK, strict=True):
        one.go(found)
        one.unfold()
        yield from work(one, found)


def decide_and_agree(one: Visitor) -> None:
    """Decide to refer on the page of a case, and note that the person agrees."""
    one.page.check("#beslissing input[value=refer]")
    one.press("Bewaar de beslissing")
    one.unfold()
    one.page.locator("input[value=share_with_vdab]").check()
    one.fill_day("toestemming-given_on")
    one.press("Noteer de toestemming")


def _refer(one: Visitor, found: str) -> Stops:
    one.press("Bewaar de beslissing")
    yield "work_decision_faults"
    decide_and_agree(one)
    yield "work_to_refer"
    one.press("Lees het formulier na")
    yield "work_form_faults"
    one.page.locator("input[name=capacities]").first.check()
    one.page.locator("input[name=needs]").first.check()
    one.press("Lees het formulier na")
    yield "preview"
    one.press("Bewaar als verstuurd")
    one.unfold()
    yield "work_referred"
    for value, name in (("accept", "accepted"), ("start", "started"), ("end", "ended")):
        if one.page.locator(f"#traject input[type=radio][value={value}]").count():
            one.page.check(f"#traject input[value={value}]")
        one.fill_day("traject-on")
        one.press("Noteer dit")
        yield f"work_{name}"
    one.go(f"{found}/inzage")
    yield "access_report"


def _object(one: Visitor, found: str) -> Stops:
    one.page.check("input[name=kind][value=objection]")
    one.press("Noteer de vraag")
    yield "case_objection"
    one.page.locator(".kp-asked input[type=radio]").first.check()
    one.press("Bewaar het antwoord")
    yield "case_objection_answered"
    one.go(f"{found}/inzage")


def _correct(one: Visitor, found: str) -> Stops:
    one.page.check("input[name=kind][value=correction]")
    one.press("Noteer de vraag")
    yield "case_correction"
    one.page.get_by_role("link", name="Verbeter de gegevens").click()
    yield "correct"
    one.go(f"{found}/inschatten")
    yield "assess_again"


def _wait(one: Visitor, _: str) -> Stops:
    one.page.check("#beslissing input[value=look_again]")
    one.page.locator("#beslissing-reason").select_option(index=1)
    one.fill_day("beslissing-look_again_on", "min")
    one.press("Bewaar de beslissing")
    yield "work_waiting"


_WORK: tuple[Callable[[Visitor, str], Stops], ...] = (_refer, _object, _correct, _wait)


def tour_coordinator(one: Visitor) -> Stops:
    """Show what a coordinator sees of the same."""
    one.go("/")
    yield "coordinator_list"
    one.page.locator("a.kp-case").first.click()
    yield "coordinator_case"
    one.go("/hulp")
    yield "coordinator_help"


def tour_auditor(one: Visitor) -> Stops:
    """Show the pages of oversight."""
    for path, name in OVERSIGHT.items():
        one.go(path)
        yield name
    one.go("/logboek/nakijken")
    one.press("Kijk het logboek na")
    yield "log_checked"
    one.go("/model")
    one.unfold()
    yield "model_unfolded"


OVERSIGHT = {
    "/logboek": "log",
    "/logboek?dossier=geen": "log_empty",
    "/overeenstemming": "agreement",
    "/model": "model",
    "/model/versies": "versions",
    "/hulp": "auditor_help",
}


def tour_planner(one: Visitor) -> Stops:
    """Show what a planner sees, with all numbers open."""
    for name, path in (
        ("planning", "/planning"),
        ("planning_region", "/planning?meting=reached&regio=limburg"),
        ("planning_capacity", "/planning/capaciteit"),
        ("planning_targets", "/planning/doelen"),
        ("planning_what_if", "/planning/scenarios?toestemming=90"),
        ("planning_look_back", "/planning/terugblik"),
    ):
        one.go(path)
        yield name
        one.unfold()
        yield f"{name}_numbers"


# who goes along which pages, the physician first: what is done then shows with the others
TOURS: tuple[tuple[str, Callable[[Visitor], Stops]], ...] = (
    ("", tour_outside),
    ("arts.a", tour_physician),
    ("coordinator.a", tour_coordinator),
    ("auditor", tour_auditor),
    ("planner", tour_planner),
)
