from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from models.estimate import GainStatus
from models.suggestion import Suggestion
from serving.states import DecisionKind
from tests.running_service import PASSWORD, Service, get_gain_bundle, make_own_case
from tests.serving.case_work import build_decision, open_case, post, read_rows

Start = Callable[..., Service]
# what must not reach a physician before the own answers; `inputs` are what they answer from
TELLING = {
    "p_usual", "low", "high", "gain", "gain_low", "gain_high", "p_support", "support_low",
    "support_high", "suggestion", "suggestion_nl", "contributions", "curve", "base", "top_reasons",
    "reasons", "sharpen", "limits", "changes", "deviates", "gain_status", "gain_hidden",
}  # fmt: skip


@pytest.fixture
def asking(start_service: Start, store_url: str) -> Service:
    """Return a service on either store that requires the own estimate first."""
    bundle = get_gain_bundle(GainStatus.ESTIMATED)
    return start_service(store_url, bundle, own_estimate="required")


def find_telling(shown: Any) -> set[str]:
    """Return the names in an answer that hold something of an estimate."""
    if isinstance(shown, dict):
        own = {k for k, v in shown.items() if k in TELLING and v not in (None, [], {})}
        return own.union(*(find_telling(v) for k, v in shown.items() if k != "inputs"))
    if isinstance(shown, list):
        return set().union(*map(find_telling, shown))
    return set()


def answer_first(
    service: Service, shown: dict[str, Any], user: str = "arts", **changes: str
) -> Any:
    body = {
        "assessment_id": shown["latest"]["assessment_id"],
        "is_possible": "yes",
        "is_needed": "unsure",
    }
    return post(service, f"{shown['case_id']}/own-estimate", body | changes, user)


def test_nothing_of_an_estimate_is_told_before_the_own_answers(asking: Service) -> None:
    shown = open_case(asking)
    single = asking.post(make_own_case())
    dry = asking.post(make_own_case(), query="?save=false")
    batch = asking.client.post(
        "/api/v1/assessments/batch", json=[make_own_case(2)], auth=("arts", PASSWORD)
    )
    listed = asking.get("/api/v1/cases").json()["cases"]
    table = asking.get("/api/v1/cases.csv").text.splitlines()

    for answer in (shown, single.json(), dry.json(), batch.json(), listed):
        assert find_telling(answer) == set()
    assert shown["withheld"]
    assert shown["inputs"]["age_years"]
    assert single.status_code == 201
    assert dry.json()["assessment_id"] is None
    assert all(row.endswith(";" * 10) for row in table[1:])
    assert len(table) == 3


def test_after_the_own_answers_all_is_told_to_that_physician_only(asking: Service) -> None:
    shown = open_case(asking)

    kept = answer_first(asking, shown)

    own = asking.get("/api/v1/cases/C-0001").json()
    assert kept.status_code == 201
    assert not own["withheld"]
    assert {"p_usual", "contributions", "suggestion", "curve"} <= find_telling(own)
    assert [e["is_needed"] for e in own["own_estimates"]] == ["unsure"]
    other = asking.get("/api/v1/cases/C-0001", user="arts.antwerpen").json()
    assert find_telling(other) == set()
    assert other["own_estimates"] == []
    assert asking.get("/api/v1/cases").json()["cases"][0]["p_usual"] is not None
    coordinator = asking.get("/api/v1/cases/C-0001", user="coordinator").json()
    assert "p_usual" in find_telling(coordinator)


def test_the_access_report_comes_after_the_own_answers(asking: Service) -> None:
    shown = open_case(asking)

    early = asking.get("/api/v1/cases/C-0001/access-report")
    answer_first(asking, shown)
    told = asking.get("/api/v1/cases/C-0001/access-report")

    assert (early.status_code, told.status_code) == (409, 200)
    assert early.json()["type"].endswith("own-estimate-first")
    [estimate] = told.json()["estimates"]
    assert estimate["p_usual"] is not None


def test_who_objects_reads_what_was_estimated_without_any_own_answers(asking: Service) -> None:
    open_case(asking)
    post(asking, "C-0001/requests", {"kind": "objection"})

    told = asking.get("/api/v1/cases/C-0001/access-report").json()

    [estimate] = told["estimates"]
    assert told["is_blocked"]
    assert estimate["p_usual"] is not None


def test_the_counts_that_anybody_reads_tell_nothing_of_a_suggestion(asking: Service) -> None:
    asking.post(make_own_case(), query="?save=false")

    counts = asking.client.get("/metrics").text

    told = [line for line in counts.splitlines() if line.startswith("kantelpunt_assessments")]
    assert "kantelpunt_assessments_total 1.0" in told
    assert not [line for line in told if "{" in line]


def test_a_new_assessment_asks_for_new_answers_and_hides_the_old_numbers(asking: Service) -> None:
    shown = open_case(asking, screened_on="2026-04-01")
    answer_first(asking, shown)

    again = open_case(asking, screened_on="2026-04-10")

    assert again["withheld"]
    assert find_telling(again) == set()
    assert answer_first(asking, shown).json()["type"].endswith("stale")


def test_nothing_is_decided_before_the_own_answers(asking: Service) -> None:
    shown = open_case(asking)
    body = {
        "kind": "look_again",
        "assessment_id": shown["latest"]["assessment_id"],
        "state_version": 0,
        "look_again_on": "2026-07-01",
        "reason": "knows_more_of_work",
    }

    early = post(asking, "C-0001/decisions", body)
    answer_first(asking, shown)
    late = post(asking, "C-0001/decisions", body)

    assert (early.status_code, early.json()["type"].rpartition(":")[2]) == (
        409,
        "own-estimate-first",
    )
    assert shown["allowed"]["decisions"] == []
    assert late.status_code == 201
    history = asking.get("/api/v1/cases/C-0001", user="arts.antwerpen").json()["decisions"]
    assert find_telling(history) == set()


def test_the_order_of_the_list_tells_nothing_before_the_own_answers(asking: Service) -> None:
    for number in range(1, 13):
        day = f"2026-01-{1 + number * 5 % 13:02d}"
        asking.post(
            make_own_case(number, age_years=20 + 3 * number, absence_started_on=day), "systeem"
        )

    rows: list[dict[str, Any]] = []
    following = "/api/v1/cases?limit=5"
    while following:
        page = asking.get(following).json()
        rows, following = rows + page["cases"], page["next"]

    places = [(r["absence_started_on"], r["case_id"]) for r in rows]
    assert len(places) == 12
    assert all(one < other for one, other in pairwise(places))
    by_suggestion = [
        asking.get(f"/api/v1/cases?suggestion={s.value}").json()["count"] for s in Suggestion
    ]
    assert by_suggestion == [0, 0, 0, 0]
    foreign = asking.get("/api/v1/cases?limit=5", user="coordinator").json()["next"]
    assert asking.get(foreign).status_code == 422


def test_a_suggestion_that_was_seen_can_be_asked_for(asking: Service) -> None:
    shown = open_case(asking)
    open_case(asking, 2)
    answer_first(asking, shown)
    seen = asking.get("/api/v1/cases/C-0001").json()["latest"]["suggestion"]

    found = asking.get(f"/api/v1/cases?suggestion={seen}").json()["cases"]

    assert [c["case_id"] for c in found] == ["C-0001"]


def test_an_own_estimate_is_kept_once_and_does_not_change(either_service: Service) -> None:
    shown = open_case(either_service)

    first = answer_first(either_service, shown)
    same = answer_first(either_service, shown)
    other = answer_first(either_service, shown, is_possible="no")
    colleague = answer_first(either_service, shown, user="arts.antwerpen", is_possible="no")

    assert first.json() == same.json()
    assert (other.status_code, other.json()["type"].rpartition(":")[2]) == (
        409,
        "own-estimate-kept",
    )
    assert colleague.status_code == 201
    lines = read_rows(either_service, "select user_key from audit where action = 'estimate_first'")
    assert lines == [("arts",), ("arts.antwerpen",)]


def test_where_it_is_optional_one_decides_without_it(service: Service) -> None:
    shown = open_case(service)

    made = post(service, "C-0001/decisions", build_decision(shown, DecisionKind.REFER))

    assert made.status_code == 201
    assert not shown["withheld"]


def test_where_it_is_off_it_is_not_asked(start_service: Start, sqlite_url: str) -> None:
    service = start_service(sqlite_url, own_estimate="off")

    refused = answer_first(service, open_case(service))

    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (
        409,
        "own-estimate-off",
    )


@pytest.mark.parametrize(("field", "value"), [("is_possible", "misschien"), ("assessment_id", 3)])
def test_an_answer_that_cannot_be_read_is_refused(service: Service, field: str, value: str) -> None:
    refused = answer_first(service, open_case(service), **{field: value})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field


def test_the_pages_tell_nothing_either(asking: Service) -> None:
    shown = open_case(asking)
    asking.log_on()

    listed = asking.client.get("/").text
    case = asking.client.get("/dossiers/C-0001")

    table = listed.partition("<tbody>")[2].partition("</tbody>")[0]
    assert "Eerst uw eigen inschatting" in table
    assert "op 100" not in table
    assert case.status_code == 200
    assert "Eerst uw eigen inschatting" in case.text
    assert "op 100" not in case.text.replace("&nbsp;", " ").replace("\xa0", " ")
    answer_first(asking, shown)
    assert "op&nbsp;100" in asking.client.get("/dossiers/C-0001").text
