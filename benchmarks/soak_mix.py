"""The mix of the soak: what else users do, what is refused, and how often each happens."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from benchmarks.load import build_request
from benchmarks.soak_uses import (
    assess,
    consent,
    contact,
    decide,
    look_back,
    open_call,
    open_case,
    open_further,
    open_list,
)
from benchmarks.soak_world import (
    Answer,
    Session,
    Use,
    World,
    expect_page,
    expect_status,
    find_token,
)

_PLANNING = (
    ("/planning", "<h1>"),
    ("/planning/doelen", "<h1>"),
    ("/planning/capaciteit", "<h1>"),
    ("/planning/terugblik", "<h1>"),
)
_AUDIT = (
    ("/logboek", "<h1>Logboek</h1>"),
    ("/model/bewaking", "<h1>Bewaking"),
    ("/model/versies", "<h1>Versies van het model</h1>"),
    ("/overeenstemming", "<h1>Overeenstemming</h1>"),
)


def plan(world: World) -> Use:
    """A planner looks at one of the pages of planning."""
    path, heading = world.random.choice(_PLANNING)
    return Use("planning", world.planner.get(path), expect_page(heading), world.planner)


def what_if(world: World) -> Use:
    """A planner asks what would follow from other consents."""
    path = f"/planning/scenarios?toestemming={world.random.randint(50, 100)}"
    return Use("what-if", world.planner.get(path), expect_page("<h1>"), world.planner)


def audit(world: World) -> Use:
    """An auditor reads the log, or looks at the model."""
    path, heading = world.random.choice(_AUDIT)
    return Use("audit", world.auditor.get(path), expect_page(heading), world.auditor)


def get_cases(world: World) -> Use:
    """Another program asks for the list."""

    def judge(answer: Answer) -> str:
        if wrong := expect_status(200)(answer):
            return wrong
        told = json.loads(answer.text)["cases"]
        return "" if told and all(one["case_id"] for one in told) else "a list without cases"

    head = world.basic(world.given.physicians[0])
    return Use("API list", build_request("GET", "/api/v1/cases?limit=50", head), judge)


def get_case(world: World) -> Use | None:
    """Another program asks for a case."""
    if not world.known:
        return None
    case_id = world.random.choice(world.known)

    def judge(answer: Answer) -> str:
        if wrong := expect_status(200)(answer):
            return wrong
        told = json.loads(answer.text)
        return "" if told["case_id"] == case_id else "another case"

    head = world.basic(world.given.physicians[0])
    return Use("API case", build_request("GET", f"/api/v1/cases/{case_id}", head), judge)


def log_on(world: World) -> Use | None:
    """Somebody logs on, sees the list, and logs off: one step each time."""
    if not world.guests:
        return None
    guest = world.guests.popleft()
    use = _take_step(world, guest)

    def judge(answer: Answer) -> str:
        wrong = use.judge(answer)
        if wrong or use.kind == "log off":
            guest.cookies.clear()
            guest.token = ""
        world.guests.append(guest)
        return wrong

    return replace(use, judge=judge)


def _take_step(world: World, guest: Session) -> Use:
    token, is_on = guest.token, any(name.endswith("_session") for name in guest.cookies)
    guest.token = ""
    if not token:
        kind, path = ("list", "/") if is_on else ("log-on page", "/login")
        return Use(kind, guest.get(path), _keep_token(guest), guest)
    if is_on:
        return Use("log off", guest.post("/logout", token=token), expect_status(303))
    fields = {"token": token, "naar": "/", "name": guest.name}
    request = guest.post("/login", **fields, password=world.given.password)
    return Use("log on", request, expect_status(303), guest)


def _keep_token(session: Session) -> Callable[[Answer], str]:
    def judge(answer: Answer) -> str:
        session.token = find_token(answer.text)
        return "" if answer.status == 200 and session.token else f"{answer.status}, or no form"

    return judge


def refuse(world: World) -> Use | None:
    """Somebody asks what is refused: right is that refusal, and nothing else."""
    return world.random.choice(_REFUSALS)(world)


def _refuse_body(world: World) -> Use:
    case = {**world.given.cases[0], "case_id": "soak-refused", "age_years": 150}
    head = world.basic(world.given.system)
    body = json.dumps(case).encode()
    request = build_request("POST", "/api/v1/assessments", head, body)
    return Use("refused (422)", request, expect_status(422))


def _refuse_unknown(world: World) -> Use:
    head = world.basic(world.given.physicians[0])
    request = build_request("GET", "/api/v1/cases/soak-nowhere", head)
    return Use("refused (404)", request, expect_status(404))


def _refuse_role(world: World) -> Use:
    session = world.coordinator()
    return Use("refused (403)", session.get("/logboek"), expect_status(403), session)


def _refuse_nobody(world: World) -> Use:  # noqa: ARG001
    return Use("refused (401)", build_request("GET", "/api/v1/cases", {}), expect_status(401))


def _refuse_stale(world: World) -> Use | None:
    if not world.decided:
        return None
    seen = world.decided.popleft()
    fields = dict(seen.fields) | {"kind": "not_opportune"}
    request = seen.session.post(f"/dossiers/{seen.case_id}/beslissing", **fields)
    return Use("refused (409)", request, expect_status(409), seen.session)


def _refuse_token(world: World) -> Use | None:
    if not world.known:
        return None
    session, case_id = world.physician(), world.known[-1]
    request = session.post(f"/dossiers/{case_id}/beslissing", token="made up", kind="refer")  # noqa: S106
    return Use("refused (403)", request, expect_status(403), session)


_REFUSALS: tuple[Callable[[World], Use | None], ...] = (
    *(_refuse_body, _refuse_unknown, _refuse_role),
    *(_refuse_nobody, _refuse_stale, _refuse_token),
)

# of a thousand requests: a list is opened more often than a case, and a case than it is decided on;
# planners are few, and each of their questions is simulated anew
MIX: Mapping[Callable[[World], Use | None], int] = {
    open_list: 158,
    open_further: 80,
    open_case: 120,
    look_back: 80,
    decide: 70,
    open_call: 20,
    contact: 20,
    consent: 20,
    assess: 160,
    get_cases: 50,
    get_case: 80,
    plan: 30,
    what_if: 2,
    audit: 30,
    log_on: 20,
    refuse: 60,
}


def choose(world: World) -> Use:
    """Return what is done next."""
    [chosen] = world.random.choices([*MIX], [*MIX.values()])
    return chosen(world) or open_list(world)
