"""The page of a case and the work on it, in every state: its name, and how one gets there."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from serving.permissions import User
from serving.store.audit import AuditEvent
from serving.store.users import save_user
from tests.running_service import NOW, TODAY, USERS, get_password_hash
from tests.serving.referred_cases import agree, make_case_to_refer, make_sent_case, post
from tests.web.page_cast import Cast
from tests.web.page_states import State, open_page
from tests.web.work_pages import Clerk


def work(path: str, **fields: Any) -> State:
    """Return how a form of a case that nobody touched is sent, and what then shows."""
    return lambda cast: send(cast.make_case(), path, **fields)


def send(clerk: Clerk, path: str, **fields: Any) -> Any:
    """Send a form and go where it leads."""
    return follow(clerk, clerk.send(path, **fields))


def follow(clerk: Clerk, answer: Any) -> Any:
    return clerk.service.client.get(answer.headers["location"]) if answer.is_redirect else answer


def open_first(query: str) -> State:
    """Return how the first case of a list is opened."""

    def reach(cast: Cast) -> Any:
        client = cast.enter("arts").client
        found = re.search(r'href="(/dossiers/[^"]+)"', client.get(f"/?{query}").text)
        assert found, query
        return client.get(found[1])

    return reach


def answer_first(cast: Cast) -> Any:
    """Give the own answers first, and see the numbers."""
    return send(cast.make_case("required"), "eigen-inschatting", is_possible="yes", is_needed="no")


def answer_first_in_vain(cast: Cast) -> Any:
    return send(cast.make_case("required"), "eigen-inschatting", is_possible="yes")


def object_to(user: str = "arts", **answer: Any) -> State:
    """Return how a person objects, and how that is answered, if it is."""

    def reach(cast: Cast) -> Any:
        clerk = cast.make_case()
        shown = send(clerk, "vragen", kind="objection", text="Ik wil dit niet.")
        if answer:
            shown = send(clerk, f"vragen/{clerk.find_request()}", **answer)
        return shown if user == "arts" else cast.get(clerk.address, user)

    return reach


def list_objection(cast: Cast) -> Any:
    """Show the list with a case whose person objects."""
    clerk = cast.make_case()
    send(clerk, "vragen", kind="objection")
    return cast.get(f"/?zoek={clerk.case_id}")


def list_waiting(cast: Cast) -> Any:
    """Show who waits for an answer: one of them for more than a month."""
    for received_on in ("2026-03-01", "2026-04-12"):
        send(cast.make_case(), "vragen", kind="access", received_on=received_on)
    return cast.get("/?vraag=ja")


def ask_long_ago(cast: Cast) -> Any:
    return send(cast.make_case(), "vragen", kind="access", received_on="2026-03-01")


def ask(kind: str, path: str = "", **fields: Any) -> State:
    """Return how a person asks something, and what the form that answers it shows."""

    def reach(cast: Cast) -> Any:
        clerk = cast.make_case()
        shown = send(clerk, "vragen", kind=kind, text="Ik werk 22,5 uur per week.")
        if not path:
            return shown
        form = f"vragen/{clerk.find_request()}{path.removeprefix('.')}"
        return send(clerk, form, **fields) if fields else open_form(clerk, form)

    return reach


def open_form(clerk: Clerk, path: str) -> Any:
    return clerk.service.client.get(f"{clerk.address}/{path}".rstrip("/"))


def correct(**fields: Any) -> State:
    """Return how the inputs of a case are corrected, or could be."""

    def reach(cast: Cast) -> Any:
        clerk = cast.make_case()
        send(clerk, "vragen", kind="correction", text="Ik werk 22,5 uur per week.")
        path = f"vragen/{clerk.find_request()}/verbeteren"
        form = open_form(clerk, path)
        return follow(clerk, clerk.send(path, form.text, **fields)) if fields else form

    return reach


def call(reader: str = "", **fields: Any) -> State:
    """Return how a coordinator reports of a call, and what that shows to who reads it after."""

    def reach(cast: Cast) -> Any:
        clerk = cast.make_case()
        send(clerk, "beslissing", kind="coordinator_first", **WHY)
        shown = send(clerk.log_on("coordinator"), "contact", **fields)
        return cast.get(clerk.address, reader) if reader else shown

    return reach


def assess_again(**fields: Any) -> State:
    """Return how a case is assessed again, or could be."""

    def reach(cast: Cast) -> Any:
        clerk = cast.make_case()
        form = open_form(clerk, "inschatten")
        return follow(clerk, clerk.send("inschatten", form.text, **fields)) if fields else form

    return reach


def refer(path: str = "", *, agreed: bool = True, **fields: Any) -> State:
    """Return how a form for VDAB is worked on, of a case that was decided."""

    def reach(cast: Cast) -> Any:
        clerk = Clerk(cast.enter("arts"), make_case_to_refer(cast.find(), cast.draw()))
        if agreed:
            agree(cast.find(), clerk.case_id)
        return send(clerk, path, **fields) if path else open_form(clerk, "")

    return reach


def follow_pathway(*steps: str, then: str = "", user: str = "arts", **fields: Any) -> State:
    """Return how a form that was sent goes on at VDAB."""

    def reach(cast: Cast) -> Any:
        case_id = make_sent_case(cast.find(), cast.draw())
        for step in steps:
            body = {"on": TODAY.isoformat()}
            done = post(cast.find(), f"/api/v1/cases/{case_id}/referral/{step}", body)
            assert done.status_code == 200, step
        clerk = Clerk(cast.enter(user), case_id)
        return send(clerk, then, **fields) if then else open_form(clerk, "")

    return reach


def report(cast: Cast) -> Any:
    """Open the overview for a person of whom much is kept."""
    clerk = Clerk(cast.enter("arts"), make_sent_case(cast.find(), cast.draw()))
    send(clerk, "vragen", kind="access", text="Wat weet u van mij?")
    return open_form(clerk, "inzage")


def take_second(cast: Cast) -> Any:
    """Take a case that a colleague took a moment ago."""
    clerk = cast.make_case()
    clerk.send("nemen", naar=clerk.address)
    cast.enter("arts.antwerpen")
    return send(clerk, "nemen", naar=clerk.address)


def decide_late(cast: Cast) -> Any:
    """Decide on a case as it was before a colleague decided."""
    clerk = cast.make_case()
    seen = clerk.open()
    send(clerk, "beslissing", kind="not_opportune")
    return clerk.send("beslissing", seen, kind="own_return", **WHY)


def compare(cast: Cast) -> Any:
    """Show how often two physicians of one group follow what is suggested."""
    colleague = replace(USERS[0], key="arts.c", name="Dr. Collega")
    with cast.find().store.writing() as connection:
        known = vars(colleague) | {"password_hash": get_password_hash()}
        save_user(connection, User(**known), audit=AuditEvent(NOW, "test", "add_user"))
    for user, suggestion in product(("arts", "arts.c"), ("own_way", "unsure")):
        listed = cast.get(f"/?voorstel={suggestion}&status=open", user).text
        for case_id in re.findall(r'href="/dossiers/([^"]+)"', listed)[:4]:
            send(Clerk(cast.enter(user), case_id), "beslissing", kind="own_return", **WHY)
    return cast.get("/overeenstemming", "auditor")


LATER = "2026-07-01"
WHY: dict[str, Any] = {"reason": "knows_more_of_work", "reason_text": "Kent de werkvloer."}
FULL_FORM: dict[str, Any] = {
    "capacities": "seated",
    "needs_text": "Liefst dicht bij huis.",
    "capacities_text": "Zit.",
}

STATES: Mapping[str, State] = {
    # what is told of a case
    "case, estimated": open_page("/dossiers/C-0001"),
    "case, without answers": open_page("/dossiers/C-0004"),
    "case, screened twice": open_page("/dossiers/C-0002"),
    "case, unsure": open_first("voorstel=unsure"),
    "case, of who can return alone": open_first("voorstel=own_way"),
    "case, not yet": open_first("voorstel=not_yet"),
    "case, same gain for all": open_page("/dossiers/C-0001", "arts", "same"),
    "case, unknown gain": open_page("/dossiers/C-0001", "arts", "unknown"),
    "case, of a coordinator": open_page("/dossiers/C-0001", "coordinator"),
    "case, withheld": open_page("/dossiers/C-0001", "arts", "required"),
    "case, withheld, of a coordinator": open_page("/dossiers/C-0001", "coordinator", "required"),
    "case, own answers incomplete": answer_first_in_vain,
    "case, own answers given": answer_first,
    # an objection and other requests
    "objection, open": object_to(),
    "objection, open, of a coordinator": object_to("coordinator"),
    "objection, in the list": list_objection,
    "objection, answered without a reason": object_to(outcome="rejected"),
    "objection, rejected": object_to(outcome="rejected", outcome_text="Dit helpt u net."),
    "objection, upheld": object_to(outcome="upheld"),
    "request, nothing filled in": work("vragen"),
    "request, access": ask("access"),
    "request, answer too late": ask_long_ago,
    "request, in the list": list_waiting,
    "request, correction": ask("correction"),
    "request, not answered well": ask("access", ".", outcome=""),
    "correction": correct(),
    "correction, nothing changed": correct(outcome="done"),
    "correction, with faults": correct(outcome="done", age_years="28,5", weekly_hours="veel"),
    "correction, done": correct(outcome="done", weekly_hours="22,5"),
    "assess again": assess_again(),
    "assess again, not looked at": assess_again(confirmed=""),
    "assess again, with faults": assess_again(age_years="28,5", permitted_work="soms"),
    "assess again, done": assess_again(work_ability="9"),
    "access report": report,
    # decisions
    "decision, nothing filled in": work("beslissing"),
    "decision, look again without a day": work("beslissing", kind="look_again"),
    "decision, too late": decide_late,
    "decision, refer": work("beslissing", kind="refer", **WHY),
    "decision, coordinator first": work("beslissing", kind="coordinator_first", **WHY),
    "decision, look again": work("beslissing", kind="look_again", look_again_on=LATER, **WHY),
    "decision, not opportune": work("beslissing", kind="not_opportune"),
    "decision, own return": work("beslissing", kind="own_return", **WHY),
    "taken by a colleague": take_second,
    # what a coordinator reports of calling the person
    "contact, nothing filled in": call(),
    "contact, call again without a day": call(result="call_again"),
    "contact, does not want": call(result="does_not_want", note="Wil eerst rusten."),
    "contact, call again, of a physician": call("arts", result="call_again", call_again_on=LATER),
    # consent and the form for VDAB
    "to refer, without consent": refer(agreed=False),
    "to refer, consent without a day": refer("toestemming", agreed=False),
    "to refer": refer(),
    "to refer, withdrawal not confirmed": refer("toestemming/intrekken"),
    "to refer, form with faults": refer("aanmelding/nalezen"),
    "to refer, preview": refer("aanmelding/nalezen", **FULL_FORM),
    "to refer, form changed": refer("aanmelding/aanpassen", **FULL_FORM),
    "to refer, sent": refer("aanmelding/versturen", **FULL_FORM),
    "to refer, sent with faults": refer("aanmelding/versturen"),
    "to refer, withdrawn": refer("toestemming/intrekken", sure="yes"),
    "referred": follow_pathway(),
    "referred, of a coordinator": follow_pathway(user="coordinator"),
    "referred, step without a choice": follow_pathway(then="traject"),
    "referred, taken back without a reason": follow_pathway(then="terugnemen"),
    "referred, taken back": follow_pathway(then="terugnemen", why="mistake"),
    "declined": follow_pathway("decline"),
    "accepted": follow_pathway("accept"),
    "started": follow_pathway("accept", "start"),
    "ended": follow_pathway("accept", "start", "end"),
    "agreement": compare,
}
