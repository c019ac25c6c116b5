from datetime import timedelta
from itertools import cycle

import pytest

from models.suggestion import Suggestion
from serving.decision_reasons import DecisionReason
from serving.permissions import Scope
from serving.states import FOLLOWS, DecisionKind
from serving.store.audit import REPORT_READ, AuditEvent, save_audit
from serving.store.decisions import Answer, Decision, OwnEstimate, save_decision, save_own_estimate
from serving.store.standing import get_standing
from tests.running_service import FUND, NOW, Service
from tests.serving.case_work import open_case, read_rows, suggest

EVENT = AuditEvent(NOW, "test", "decide")


def decide_often(
    service: Service, kinds: list[DecisionKind], by: tuple[str, ...], *, days_ago: int = 0
) -> None:
    """Keep decisions about the only case, by turns of these physicians."""
    scope, at = Scope(FUND), NOW - timedelta(days=days_ago)
    for number, (kind, user) in enumerate(zip(kinds, cycle(by), strict=False)):
        with service.store.writing(FUND) as connection:
            seen = get_standing(connection, scope, "C-0001")
            deviates = kind not in FOLLOWS[seen.suggestion]
            reason = DecisionReason.OTHER if deviates else None
            made = Decision(
                f"{days_ago}-{number}-{user}", seen.assessment_id, at, user, kind,
                seen.suggestion, deviates, reason, None, None,
            )  # fmt: skip
            save_decision(connection, seen, made, audit=EVENT)


@pytest.fixture
def judged(either_service: Service) -> Service:
    """Return a service with one case for which support is suggested."""
    open_case(either_service)
    suggest(either_service, Suggestion.REFER)
    return either_service


def test_shares_are_counted_per_group_and_month(judged: Service) -> None:
    follows, deviates = [DecisionKind.REFER] * 6, [DecisionKind.OWN_RETURN] * 2
    with judged.store.writing() as connection:
        connection.exec_driver_sql(
            "update users set region = null where role = 'advising_physician'"
        )
    decide_often(judged, follows + deviates, ("arts", "arts.antwerpen"))
    decide_often(judged, follows, ("arts", "arts.antwerpen"), days_ago=31)

    told = judged.get("/api/v1/agreement", user="auditor").json()

    now, before = told["groups"]
    assert (now["month"], before["month"]) == ("2026-04", "2026-03")
    assert (now["sickness_fund"], now["region"]) == (FUND, None)
    assert (now["followed"]["of"], now["followed"]["share"]) == (8, 0.75)
    assert now["followed"]["low"] < 0.75 < now["followed"]["high"]
    assert before["followed"]["share"] == 1
    assert now["possible"] == {"of": None, "share": None, "low": None, "high": None}
    assert "arts" not in str(told)


HIDDEN = [(4, ("arts", "arts.b")), (9, ("arts",))]


@pytest.mark.parametrize(("count", "by"), HIDDEN)
def test_few_decisions_or_those_of_one_physician_are_not_shown(
    judged: Service, count: int, by: tuple[str, ...]
) -> None:
    decide_often(judged, [DecisionKind.REFER] * count, by)

    [group] = judged.get("/api/v1/agreement", user="auditor").json()["groups"]

    assert group["followed"] == {"of": None, "share": None, "low": None, "high": None}


def test_own_answers_are_held_against_what_the_suggestion_answers(judged: Service) -> None:
    answers = [(Answer.YES, Answer.YES)] * 3 + [(Answer.YES, Answer.NO), (Answer.UNSURE, Answer.NO)]
    with judged.store.writing() as connection:
        connection.exec_driver_sql("update users set region = null, sickness_fund = 'fonds-a'")
    with judged.store.writing(FUND) as connection:
        seen = get_standing(connection, Scope(FUND), "C-0001")
        users = ("arts", "arts.antwerpen", "arts.b", "coordinator", "planner")
        for user, (possible, needed) in zip(users, answers, strict=True):
            made = OwnEstimate(seen.assessment_id, user, NOW, possible, needed)
            save_own_estimate(connection, seen, made, audit=EVENT)
        connection.exec_driver_sql("update users set sickness_fund = null where role = 'auditor'")

    [group] = judged.get("/api/v1/agreement", user="auditor").json()["groups"]

    assert (group["possible"]["of"], group["possible"]["share"]) == (5, 0.8)
    assert group["needed"]["share"] == 0.6
    assert group["followed"]["of"] is None


def test_of_each_physician_only_the_first_answer_about_a_case_counts(judged: Service) -> None:
    with judged.store.writing() as connection:
        connection.exec_driver_sql("update users set region = null, sickness_fund = 'fonds-a'")
        connection.exec_driver_sql("update users set sickness_fund = null where role = 'auditor'")
    users = ("arts", "arts.antwerpen", "arts.b", "coordinator", "planner")
    for later, said in enumerate([Answer.NO, Answer.YES, Answer.YES]):
        [(assessment_id,)] = read_rows(judged, "select assessment_id from cases")
        with judged.store.writing(FUND) as connection:
            seen = get_standing(connection, Scope(FUND), "C-0001")
            for user in users:
                at = NOW + timedelta(seconds=later)
                made = OwnEstimate(assessment_id, user, at, said, said)
                save_own_estimate(connection, seen, made, audit=EVENT)
        open_case(judged)
        suggest(judged, Suggestion.REFER)

    [group] = judged.get("/api/v1/agreement", user="auditor").json()["groups"]

    assert (group["possible"]["of"], group["possible"]["share"]) == (5, 0.0)
    assert (group["needed"]["of"], group["needed"]["share"]) == (5, 0.0)


def test_who_read_all_that_is_kept_before_answering_does_not_count(judged: Service) -> None:
    with judged.store.writing() as connection:
        connection.exec_driver_sql("update users set region = null, sickness_fund = 'fonds-a'")
        connection.exec_driver_sql("update users set sickness_fund = null where role = 'auditor'")
    users = ("arts", "arts.antwerpen", "arts.b", "coordinator", "planner", "systeem")
    early, late = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
    read = {"arts": early, "planner": late}
    with judged.store.writing(FUND) as connection:
        seen = get_standing(connection, Scope(FUND), "C-0001")
        detail = {"event": REPORT_READ}
        lines = [
            AuditEvent(at, user, "view_case", FUND, "C-0001", detail) for user, at in read.items()
        ]
        save_audit(connection, lines)
        for user in users:
            made = OwnEstimate(seen.assessment_id, user, NOW, Answer.YES, Answer.YES)
            save_own_estimate(connection, seen, made, audit=EVENT)

    [group] = judged.get("/api/v1/agreement", user="auditor").json()["groups"]

    assert (group["possible"]["of"], group["needed"]["of"]) == (5, 5)


def test_what_was_decided_where_the_model_was_unsure_is_counted_apart(judged: Service) -> None:
    with judged.store.writing() as connection:
        connection.exec_driver_sql(
            "update users set region = null where role = 'advising_physician'"
        )
    suggest(judged, Suggestion.UNSURE)
    kinds = [DecisionKind.REFER] * 3 + [DecisionKind.OWN_RETURN] * 2
    decide_often(judged, kinds, ("arts", "arts.antwerpen"))
    decide_often(judged, kinds, ("arts",), days_ago=31)
    decide_often(judged, kinds[1:], ("arts", "arts.antwerpen"), days_ago=62)

    now, *before = judged.get("/api/v1/agreement", user="auditor").json()["groups"]

    assert now["followed"]["of"] is None
    assert now["unsure"]["of"] == 5
    assert {k: n for k, n in now["unsure"]["decided"].items() if n} == {"refer": 3, "own_return": 2}
    assert [group["unsure"] for group in before] == [{"of": None, "decided": None}] * 2


def test_an_auditor_of_one_fund_sees_that_fund_and_the_look_is_noted(judged: Service) -> None:
    decide_often(judged, [DecisionKind.REFER] * 8, ("arts", "arts.antwerpen"))
    with judged.store.writing() as connection:
        connection.exec_driver_sql(
            "update users set sickness_fund = 'fonds-b' where user_key = 'auditor'"
        )

    told = judged.get("/api/v1/agreement", user="auditor").json()

    assert told["groups"] == []
    lines = read_rows(judged, "select sickness_fund from audit where action = 'view_audit'")
    assert lines == [("fonds-b",)]
