import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from serving.deps import ApiUser, PageUser
from serving.permissions import (
    MAY,
    OPEN_ROUTES,
    Action,
    NotAllowedError,
    Role,
    User,
    can,
    check_can_assess,
    get_scope,
)
from tests.running_service import (
    FUND,
    OTHER_FUND,
    PASSWORD,
    TODAY,
    USERS,
    Service,
    find_token,
    make_own_case,
)

# who may do what; a jurist can read this
TRUTH = """
    action             | physician | coordinator | planner | scientist | auditor | system
    assess             | yes       | no          | no      | no        | no      | yes
    upload_cases       | yes       | no          | no      | no        | no      | yes
    report_outcomes    | no        | no          | no      | no        | no      | yes
    list_cases         | yes       | yes         | no      | no        | no      | no
    export_list        | yes       | yes         | no      | no        | no      | no
    view_case          | yes       | yes         | no      | no        | no      | no
    view_contributions | yes       | no          | no      | no        | no      | no
    take_case          | yes       | yes         | no      | no        | no      | no
    estimate_first     | yes       | no          | no      | no        | no      | no
    decide             | yes       | no          | no      | no        | no      | no
    record_consent     | yes       | yes         | no      | no        | no      | no
    record_contact     | yes       | yes         | no      | no        | no      | no
    refer              | yes       | yes         | no      | no        | no      | no
    record_request     | yes       | yes         | no      | no        | no      | no
    handle_request     | yes       | no          | no      | no        | no      | no
    send_letter        | yes       | yes         | no      | no        | no      | no
    view_model         | yes       | no          | yes     | yes       | yes     | no
    view_shadow        | no        | no          | no      | yes       | yes     | no
    view_audit         | no        | no          | no      | no        | yes     | no
    view_monitor       | no        | no          | no      | yes       | yes     | no
    view_planning      | no        | no          | yes     | no        | yes     | no
    plan               | no        | no          | yes     | no        | no      | no
    report_entries     | no        | no          | no      | no        | no      | yes
    log_off            | yes       | yes         | yes     | yes       | yes     | yes
"""
ROLES = (
    Role.ADVISING_PHYSICIAN,
    Role.RTW_COORDINATOR,
    Role.PLANNER,
    Role.DATA_SCIENTIST,
    Role.AUDITOR,
    Role.FUND_SYSTEM,
)
BY_ROLE = {user.role: user.key for user in reversed(USERS)}


def read_truth() -> Iterator[tuple[Action, Role, bool]]:
    for line in TRUTH.strip().splitlines()[1:]:
        action, *answers = (cell.strip() for cell in line.split("|"))
        for role, answer in zip(ROLES, answers, strict=True):
            yield Action(action), role, answer == "yes"


def list_routes(service: Service) -> list[BaseRoute]:
    found: list[BaseRoute] = []
    for route in service.app.routes:
        router = getattr(route, "original_router", None)
        found += router.routes if router is not None else [route]
    return found


def find_actions(route: BaseRoute) -> list[Action]:
    """Return the actions that a route asks for."""
    if not isinstance(route, APIRoute):
        return []
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return [call.action for call in calls if isinstance(call, ApiUser | PageUser)]


@pytest.mark.parametrize(("action", "role", "allowed"), list(read_truth()))
def test_a_role_may_do_what_the_table_says(action: Action, role: Role, allowed: bool) -> None:
    assert can(User("u", "U", role), action) == allowed


def test_the_table_above_names_every_action_and_role() -> None:
    cells = {(action, role) for action, role, _ in read_truth()}

    assert cells == {(action, role) for action in Action for role in Role}
    assert set(MAY) == set(Action)


def test_every_route_asks_for_one_action_or_is_open_for_a_reason(service: Service) -> None:
    routes = list_routes(service)

    undecided = [
        path
        for route in routes
        for path in [getattr(route, "path", "?")]
        if (path in OPEN_ROUTES) == bool(find_actions(route)) or len(find_actions(route)) > 1
    ]

    assert undecided == []
    assert len(routes) > 12
    assert all(reason for reason in OPEN_ROUTES.values())


def test_every_route_answers_each_role_as_the_table_says(service: Service) -> None:
    service.post(make_own_case())

    wrong = []
    for route in list_routes(service):
        if not isinstance(route, APIRoute) or not find_actions(route):
            continue
        action = find_actions(route)[0]
        for role in Role:
            status = _call(service, route, BY_ROLE[role])
            if (status == 403) == can(User("u", "U", role), action):
                wrong.append((route.path, role, status))

    assert wrong == []


def test_a_form_that_another_site_sends_is_refused_on_every_page(service: Service) -> None:
    service.post(make_own_case())

    forms = [
        (path, find_actions(route)[0])
        for route in list_routes(service)
        if isinstance(route, APIRoute) and "POST" in (route.methods or ()) and find_actions(route)
        for path in [re.sub(r"\{case_id\}", "C-0001", route.path)]
        if not path.startswith("/api/")
    ]
    taken = []
    for role in Role:
        service.client.cookies.clear()
        service.log_on(BY_ROLE[role])
        for path, action in forms:
            if can(User("u", "U", role), action):
                for data in ({}, {"token": "made-up"}):
                    answer = service.client.post(path, data=data, follow_redirects=False)
                    taken += [(path, role)] if answer.status_code != 403 else []

    assert len(forms) > 15
    assert taken == []


def _call(service: Service, route: APIRoute, user: str) -> int:
    path = route.path.replace("{case_id}", "C-0001")
    method = next(iter(route.methods or {"GET"}))
    if path.startswith("/api/"):
        auth = (user, PASSWORD)
        return service.client.request(method, path, auth=auth, json=make_own_case()).status_code
    service.client.cookies.clear()
    service.log_on(user)
    token = find_token(service.client.get("/").text)
    data = {"token": token} if method == "POST" else None
    answer = service.client.request(method, path, data=data, follow_redirects=False)
    return int(answer.status_code)


def test_an_account_reaches_its_own_fund_and_region_only() -> None:
    physician = User("u", "U", Role.ADVISING_PHYSICIAN, FUND, "antwerpen")

    check_can_assess(physician, {"sickness_fund": FUND, "region": "antwerpen"})
    for case in (
        {"sickness_fund": OTHER_FUND, "region": "antwerpen"},
        {"sickness_fund": FUND, "region": "limburg"},
    ):
        with pytest.raises(NotAllowedError):
            check_can_assess(physician, case)
    with pytest.raises(NotAllowedError, match="without a sickness fund"):
        get_scope(User("u", "U", Role.ADVISING_PHYSICIAN))


ANY_BODY: dict[str, dict[str, object]] = {
    "own-estimate": {"is_possible": "yes", "is_needed": "no"},
    "decisions": {"kind": "refer", "state_version": 0},
    "consent": {"given_on": TODAY.isoformat(), "purpose": "share_with_vdab"},
    "referral": {"state_version": 0, "capacities": [], "needs": [], "offers": []},
    "requests": {"kind": "objection"},
}


def list_case_routes(service: Service) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Give method, path and a body of every route of the API that is about one case."""
    for route in list_routes(service):
        if isinstance(route, APIRoute) and "{case_id}" in route.path and "/api/" in route.path:
            last = route.path.rpartition("/")[2]
            for method in route.methods or ():
                yield method, route.path, ANY_BODY.get(last, {})


@pytest.mark.parametrize("user", ["arts.b", "arts.antwerpen", "coordinator.b"])
def test_a_case_out_of_reach_answers_as_one_that_is_not_there(
    either_service: Service, user: str
) -> None:
    made = either_service.post(make_own_case(1, region="limburg")).json()

    told: dict[str, set[tuple[int, str]]] = {}
    for method, path, body in list_case_routes(either_service):
        filled = body | ({"assessment_id": made["assessment_id"]} if body else {})
        for case_id in ("C-0001", "C-9999"):
            address = path.replace("{case_id}", case_id).replace("{request_id}", "0" * 32)
            answer = either_service.client.request(
                method, address, json=filled, auth=(user, PASSWORD)
            )
            told.setdefault(f"{method} {path}", set()).add((answer.status_code, answer.text))

    assert len(told) > 15
    assert {route: found for route, found in told.items() if len(found) > 1} == {}
    assert not any(status < 400 for found in told.values() for status, _ in found)
