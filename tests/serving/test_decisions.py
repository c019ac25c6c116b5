from datetime import date, datetime
from threading import Barrier, Thread
from typing import Any

import pytest

from models.suggestion import Suggestion
from serving.permissions import Scope
from serving.states import FOLLOWS, TRANSITIONS, CaseState, DecisionKind
from serving.store.assignments import wake_cases
from serving.store.engine import EVERY_FUND
from tests.running_service import FUND, NOW, PASSWORD, TODAY, Service, make_own_case
from tests.serving.case_work import LATER, build_decision, open_case, post, read_rows, suggest


@pytest.mark.parametrize("kind", list(DecisionKind))
def test_every_decision_leads_where_the_table_says(
    either_service: Service, kind: DecisionKind
) -> None:
    shown = open_case(either_service)

    made = post(either_service, "C-0001/decisions", build_decision(shown, kind))

    after = either_service.get("/api/v1/cases/C-0001").json()
    assert made.status_code == 201
    assert made.json()["state"] == TRANSITIONS[CaseState.OPEN, kind] == after["state"]
    assert made.json()["state_version"] == after["state_version"] == 1
    assert after["look_again_on"] == (LATER if kind is DecisionKind.LOOK_AGAIN else None)
    [kept] = after["decisions"]
    assert kept == made.json()["decision"]
    assert kept["deviates"] == (kind not in FOLLOWS[shown["latest"]["suggestion"]])


def test_a_decision_keeps_one_audit_line_without_what_was_decided(either_service: Service) -> None:
    shown = open_case(either_service)

    made = post(either_service, "C-0001/decisions", build_decision(shown, DecisionKind.REFER))

    [line] = read_rows(
        either_service, "select user_key, case_id, detail from audit where action = 'decide'"
    )
    assert line[:2] == ("arts", "C-0001")
    assert made.json()["decision"]["decision_id"] in str(line[2])
    assert "refer" not in str(line[2])


@pytest.mark.parametrize("suggestion", list(Suggestion))
def test_a_deviation_asks_for_a_reason_and_following_does_not(
    service: Service, suggestion: Suggestion
) -> None:
    open_case(service)
    shown = suggest(service, suggestion)

    asked = set()
    for kind in DecisionKind:
        shown["state_version"] = service.get("/api/v1/cases/C-0001").json()["state_version"]
        body = build_decision(shown, kind, reason=None)
        if (answer := post(service, "C-0001/decisions", body)).status_code == 422:
            assert answer.json()["errors"][0]["field"] == "reason"
            asked.add(kind)

    allowed = shown["allowed"]["decisions"]
    assert {d["kind"] for d in allowed if d["follows"]} == FOLLOWS[suggestion]
    # why something is medically not opportune is never asked
    closing = {DecisionKind.OWN_RETURN} if suggestion is Suggestion.UNSURE else set()
    assert asked == closing | set(DecisionKind) - FOLLOWS[suggestion] - {DecisionKind.NOT_OPPORTUNE}
    assert asked == {d["kind"] for d in allowed if d["asks_reason"]}


NOT_ACCEPTED: list[tuple[dict[str, Any], str]] = [
    ({"kind": "look_again", "look_again_on": "2026-04-15"}, "look_again_on"),
    ({"kind": "look_again", "look_again_on": "2028-04-16"}, "look_again_on"),
    ({"kind": "look_again", "look_again_on": None}, "look_again_on"),
    ({"kind": "look_again", "look_again_on": 5}, "look_again_on"),
    ({"kind": "refer", "look_again_on": LATER}, "look_again_on"),
    ({"kind": "not_opportune", "reason": "knows_more_of_health"}, "reason"),
    ({"kind": "not_opportune", "reason": "other"}, "reason"),
    ({"kind": "not_opportune", "reason_text": "GEMERKT"}, "reason_text"),
    ({"kind": "refer", "reason": "other"}, "reason_text"),
    ({"kind": "refer", "reason": "other", "reason_text": "  "}, "reason_text"),
    ({"kind": "refer", "reason": "other", "reason_text": "GEMERKT " * 90}, "reason_text"),
    *(
        (
            {"kind": "refer", "reason": "other", "reason_text": f"nr 85.07.30{dash}033.28"},
            "reason_text",
        )
        for dash in "-\u2013"
    ),
    ({"kind": "refer", "reason": "other", "reason_text": "GEMERKT\x00"}, "reason_text"),
    ({"kind": "refer", "reason_text": "GEMERKT"}, "reason_text"),
    ({"kind": "GEMERKT"}, "kind"),
    ({"kind": "refer", "state_version": "0"}, "state_version"),
    ({"kind": "refer", "GEMERKT": 1}, "body"),
    ({"kind": "refer", "assessment_id": None}, "assessment_id"),
]


@pytest.mark.parametrize(("change", "field"), NOT_ACCEPTED)
def test_what_is_missing_or_too_much_is_named_and_not_repeated(
    service: Service, change: dict[str, Any], field: str
) -> None:
    shown = open_case(service)
    body = {"assessment_id": shown["latest"]["assessment_id"], "state_version": 0} | change

    refused = post(service, "C-0001/decisions", body)

    assert refused.status_code == 422
    assert [e["field"] for e in refused.json()["errors"]] == [field]
    assert "GEMERKT" not in refused.text
    assert "85.07" not in refused.text
    assert service.get("/api/v1/cases/C-0001").json()["state_version"] == 0


def test_two_physicians_at_once_one_wins_and_the_other_is_told(either_service: Service) -> None:
    shown = open_case(either_service)
    ready, answers = Barrier(4), []

    def decide(user: str, kind: DecisionKind) -> None:
        body = build_decision(shown, kind)
        ready.wait()
        answers.append(post(either_service, "C-0001/decisions", body, user))

    pairs = [("arts", DecisionKind.REFER), ("arts.antwerpen", DecisionKind.OWN_RETURN)] * 2
    threads = [Thread(target=decide, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    after = either_service.get("/api/v1/cases/C-0001").json()
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]
    told = next(a.json() for a in answers if a.status_code == 409)
    assert told["type"].endswith("stale")
    assert after["state_nl"] in told["detail"]
    assert "niets verloren" in told["detail"]
    assert (len(after["decisions"]), after["state_version"]) == (1, 1)
    assert read_rows(either_service, "select count(*) from audit where action = 'decide'") == [(1,)]


def test_a_decision_on_an_older_assessment_is_stale(either_service: Service) -> None:
    shown = open_case(either_service, screened_on="2026-04-01")
    open_case(either_service, screened_on="2026-04-10")

    refused = post(either_service, "C-0001/decisions", build_decision(shown, DecisionKind.REFER))

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:kantelpunt:problem:stale")


def test_a_decision_can_be_replaced_until_the_form_is_sent(either_service: Service) -> None:
    post_kind = (DecisionKind.REFER, DecisionKind.LOOK_AGAIN, DecisionKind.COORDINATOR_FIRST)
    shown = open_case(either_service)

    for kind in post_kind:
        made = post(either_service, "C-0001/decisions", build_decision(shown, kind))
        assert made.status_code == 201
        shown = either_service.get("/api/v1/cases/C-0001").json()

    assert len(shown["decisions"]) == 3
    assert shown["state"] == "with_coordinator"
    assert shown["look_again_on"] is None


def test_nothing_is_decided_in_a_state_that_does_not_allow_it(either_service: Service) -> None:
    shown = open_case(either_service)
    with either_service.store.writing(EVERY_FUND) as connection:
        connection.exec_driver_sql("update cases set state = 'started', state_version = 4")
    body = build_decision(shown, DecisionKind.REFER, state_version=4)

    refused = post(either_service, "C-0001/decisions", body)

    now = either_service.get("/api/v1/cases/C-0001").json()
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "wrong-state")
    assert now["allowed"]["decisions"] == []
    assert now["decisions"] == []


def test_a_case_says_what_may_be_done_with_it_by_whom(service: Service) -> None:
    open_case(service)

    physician = service.get("/api/v1/cases/C-0001").json()["allowed"]
    coordinator = service.get("/api/v1/cases/C-0001", user="coordinator").json()["allowed"]

    assert {d["kind"] for d in physician["decisions"]} == set(DecisionKind)
    assert physician["events"] == ["reassess"]
    assert coordinator == {"decisions": [], "events": []}


def test_another_fund_or_region_decides_nothing(either_service: Service) -> None:
    shown = open_case(either_service, region="limburg")
    body = build_decision(shown, DecisionKind.REFER)

    answers = [
        post(either_service, f"C-0001/{path}", sent, user).status_code
        for user in ("arts.b", "arts.antwerpen")
        for path, sent in (("decisions", body), ("take", None), ("release", None))
    ]

    assert answers == [404] * 6
    assert either_service.get("/api/v1/cases/C-0001").json()["state_version"] == 0


def test_a_case_is_taken_by_one_and_given_back_by_any(either_service: Service) -> None:
    open_case(either_service)

    taken = post(either_service, "C-0001/take")
    again = post(either_service, "C-0001/take")
    other = post(either_service, "C-0001/take", user="coordinator")
    mine = either_service.get("/api/v1/cases?mine=true").json()["count"]
    theirs = either_service.get("/api/v1/cases?mine=true", user="coordinator").json()["count"]
    given_back = post(either_service, "C-0001/release", user="coordinator")

    assert taken.json()["assigned_to"] == again.json()["assigned_to"] == "arts"
    assert (other.status_code, other.json()["type"].rpartition(":")[2]) == (409, "taken")
    assert (mine, theirs) == (1, 0)
    assert given_back.json()["assigned_to"] is None
    lines = read_rows(either_service, "select user_key from audit where action = 'take_case'")
    assert lines == [("arts",), ("coordinator",)]


@pytest.mark.parametrize("path", ["C%00/take", "C%00/decisions", "C%00/own-estimate", "C%00"])
def test_a_number_that_no_case_can_have_is_not_found(either_service: Service, path: str) -> None:
    open_case(either_service)
    body = {"kind": "refer", "assessment_id": "x", "state_version": 0}
    if "own" in path:
        body = {"assessment_id": "x", "is_possible": "yes", "is_needed": "no"}
    method = "POST" if "/" in path else "GET"

    answer = either_service.client.request(
        method, f"/api/v1/cases/{path}", json=body, auth=("arts", PASSWORD)
    )

    assert answer.status_code == 404


def test_the_day_to_look_again_wakes_a_case_once(either_service: Service) -> None:
    shown = open_case(either_service)
    open_case(either_service, 2)
    post(either_service, "C-0001/decisions", build_decision(shown, DecisionKind.LOOK_AGAIN))
    before = either_service.get("/api/v1/cases").json()["cases"]
    day = date.fromisoformat(LATER)
    either_service.set_clock(datetime.combine(day, NOW.timetz()))

    for _ in range(2):
        after = either_service.get("/api/v1/cases").json()["cases"]

    woken = either_service.get("/api/v1/cases/C-0001").json()
    assert [c["case_id"] for c in before] == ["C-0002"]
    assert sorted(c["case_id"] for c in after) == ["C-0001", "C-0002"]
    assert (woken["state"], woken["state_version"], woken["look_again_on"]) == ("open", 2, None)
    lines = read_rows(either_service, "select user_key, case_id from audit where action = 'wake'")
    assert lines == [("system", "C-0001")]


def test_a_case_whose_day_came_is_open_for_who_looks_at_it_first(either_service: Service) -> None:
    shown = open_case(either_service)
    post(either_service, "C-0001/decisions", build_decision(shown, DecisionKind.LOOK_AGAIN))
    with either_service.store.writing(EVERY_FUND) as connection:
        connection.exec_driver_sql("update cases set look_again_on = '2026-04-15'")

    woken = [either_service.get("/api/v1/cases/C-0001", u).json() for u in ("coordinator", "arts")]

    seen = [(one["state"], one["state_version"], one["look_again_on"]) for one in woken]
    assert seen == [("open", 2, None)] * 2
    lines = read_rows(either_service, "select user_key from audit where action = 'wake'")
    assert lines == [("system",)]


def test_of_the_cases_to_wake_only_those_that_wait_and_are_due_are_opened(
    either_service: Service,
) -> None:
    for number in (1, 2, 3, 4):
        open_case(either_service, number)
    with either_service.store.writing(EVERY_FUND) as connection:
        for case_id, state, day in (
            ("C-0001", "waiting", "2026-04-15"),
            ("C-0002", "waiting", "2026-04-16"),
            ("C-0003", "closed", "2026-04-15"),
            ("C-0004", "waiting", "2026-04-15"),
        ):
            connection.exec_driver_sql(
                f"update cases set state = '{state}', look_again_on = '{day}', is_open = false "  # noqa: S608
                f"where case_id = '{case_id}'"
            )
        given = ("C-0001", "C-0002", "C-0003")
        wake_cases(connection, Scope(FUND), TODAY, given, audit=())

    rows = read_rows(either_service, "select state, state_version from cases order by case_id")
    assert rows == [("open", 1), ("waiting", 0), ("closed", 0), ("waiting", 0)]


def test_a_later_screening_opens_a_case_that_waited(either_service: Service) -> None:
    shown = open_case(either_service, screened_on="2026-04-01")
    post(either_service, "C-0001/decisions", build_decision(shown, DecisionKind.LOOK_AGAIN))

    either_service.post(make_own_case(screened_on="2026-04-12"))

    found = either_service.get("/api/v1/cases/C-0001").json()
    assert (found["state"], found["look_again_on"], len(found["decisions"])) == ("open", None, 1)
