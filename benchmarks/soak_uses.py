"""What users do in the soak: each use is one request, and what has to come back of it.

What a use needs (a case that was opened, a cursor) comes from answers to earlier ones, as it does
for people; where there is none yet, somebody looks at the list instead.
"""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta

from benchmarks.load import build_request
from benchmarks.soak_world import Answer, Seen, Session, Use, World, expect_page, expect_status
from benchmarks.steady import strip

_HIDDEN = re.compile(r'type="hidden" name="(token|state_version|assessment_id)" value="([^"]+)"')
_CASE = re.compile(r'href="/dossiers/([A-Za-z0-9._-]+)"')
_NEXT = re.compile(r'rel="next" href="([^"]+)"')


def _read_list(world: World, answer: Answer) -> str:
    if wrong := expect_page("<h1>Triagelijst</h1>")(answer):
        return wrong
    found = [one for one in dict.fromkeys(_CASE.findall(answer.text)) if one not in world.taken]
    world.listed.extend(world.random.sample(found, min(len(found), 10)))
    following = _NEXT.search(answer.text)
    world.further = following.group(1).replace("&amp;", "&") if following else ""
    return "" if _CASE.search(answer.text) else "a list without cases"


def open_list(world: World) -> Use:
    """A physician opens the list."""
    session = world.physician()
    return Use("list", session.get("/"), lambda answer: _read_list(world, answer), session)


def open_further(world: World) -> Use | None:
    """A physician leafs on."""
    if not world.further:
        return None
    session = world.physician()
    request = session.get(world.further)
    return Use("list, further", request, lambda answer: _read_list(world, answer), session)


def _open_case(kind: str, session: Session, case_id: str, seen: Callable[[Seen], object]) -> Use:
    def judge(answer: Answer) -> str:
        if wrong := expect_page(f"<h1>Dossier {case_id}</h1>")(answer):
            return wrong
        fields = dict(_HIDDEN.findall(answer.text))
        if set(fields) != {"token", "state_version", "assessment_id"}:
            return "a case without its forms"
        session.token = fields["token"]
        seen(Seen(session, case_id, fields))
        return ""

    return Use(kind, session.get(f"/dossiers/{case_id}"), judge, session)


def open_case(world: World) -> Use | None:
    """A physician opens a case of the list that nobody has yet."""
    while world.listed:
        case_id = world.listed.popleft()
        if case_id not in world.taken:
            world.taken.add(case_id)
            world.known.append(case_id)
            return _open_case("case", world.physician(), case_id, world.opened.append)
    return None


def look_back(world: World) -> Use | None:
    """Somebody of the fund looks at a case that was decided on."""
    if not world.known:
        return None
    session = world.random.choice(world.physicians + world.coordinators)
    return _open_case("case, again", session, world.random.choice(world.known), lambda _: None)


_CHOICES = ("own_return",) * 8 + ("look_again",) * 4 + ("coordinator_first",) * 6 + ("refer",) * 2


def decide(world: World) -> Use | None:
    """A physician decides on a case that is open."""
    if not world.opened:
        return None
    seen, kind = world.opened.popleft(), world.random.choice(_CHOICES)
    fields = dict(seen.fields) | {"kind": kind, "reason": "knows_more_of_work"}
    if kind == "look_again":
        later = date.fromisoformat(world.given.today) + timedelta(days=60)
        fields["look_again_on"] = later.isoformat()

    def judge(answer: Answer) -> str:
        if wrong := expect_status(303)(answer):
            return wrong
        world.kept.decisions.append(seen.case_id)
        world.decided.append(seen)
        if kind == "coordinator_first":
            world.to_call.append(seen.case_id)
        return ""

    request = seen.session.post(f"/dossiers/{seen.case_id}/beslissing", **fields)
    return Use("decide", request, judge, seen.session)


def open_call(world: World) -> Use | None:
    """A coordinator opens a case to call its person."""
    if not world.to_call:
        return None
    case_id, session = world.to_call.popleft(), world.coordinator()
    return _open_case("case, coordinator", session, case_id, world.called.append)


def contact(world: World) -> Use | None:
    """A coordinator notes what became of a call."""
    if not world.called:
        return None
    seen = world.called.popleft()

    def judge(answer: Answer) -> str:
        if wrong := expect_status(303)(answer):
            return wrong
        world.kept.contacts.append(seen.case_id)
        world.to_consent.append(seen.case_id)
        return ""

    fields = dict(seen.fields) | {"result": "reached"}
    request = seen.session.post(f"/dossiers/{seen.case_id}/contact", **fields)
    return Use("contact", request, judge, seen.session)


def consent(world: World) -> Use | None:
    """A coordinator records a consent."""
    if not world.to_consent or not (session := world.coordinator()).token:
        return None
    case_id = world.to_consent.popleft()

    def judge(answer: Answer) -> str:
        if wrong := expect_status(303)(answer):
            return wrong
        world.kept.consents.append(case_id)
        return ""

    fields = {"token": session.token, "given_on": world.given.today}
    fields["purpose"] = "share_with_vdab"
    request = session.post(f"/dossiers/{case_id}/toestemming", **fields)
    return Use("consent", request, judge, session)


def assess(world: World) -> Use:
    """The system of the fund has a case assessed, and kept."""
    number = next(world.numbers)
    place = number % len(world.given.cases)
    case_id = f"soak-{number:06d}"
    case = {**world.given.cases[place], "case_id": case_id, "person_key": f"soak-p-{number:06d}"}

    def judge(answer: Answer) -> str:
        if wrong := expect_status(201)(answer):
            return wrong
        told = json.loads(answer.text)
        version = told["model_version"]
        if version not in world.given.expected:
            return f"an answer of version {version}"
        expected = dict(world.given.expected[version][place]) | {"case_id": case_id}
        if strip(told) != expected:
            return f"not the answer of version {version}"
        world.kept.assessments.append(told["assessment_id"])
        world.known.append(case_id)
        return ""

    head = world.basic(world.given.system)
    request = build_request("POST", "/api/v1/assessments", head, json.dumps(case).encode())
    return Use("assess", request, judge)
