import shutil
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.deadlines import find_next_clock
from models.estimate import GainStatus
from models.suggestion import Suggestion
from serving.permissions import Scope
from serving.states import CaseState
from serving.store.cases import CaseFilter, ListedCase, list_cases
from serving.store.engine import EVERY_FUND
from serving.store.tables import ABSENT_ORDER, TRIAGE_ORDER
from serving.triage_query import CLOCK_KEYS, Window, find_starts
from tests.running_service import (
    FUND,
    PASSWORD,
    Service,
    get_gain_bundle,
    get_sqlite_template,
    make_own_case,
    make_service,
)
from tests.serving.test_triage_list import START, fill

# today is 15 April 2026, which is then day 30 of an absence from 17 March
AROUND = [
    ("2026-03-18", False),
    ("2026-03-17", True),
    ("2025-04-16", True),
    ("2025-04-15", False),
]


@pytest.mark.parametrize(("started_on", "shown"), AROUND)
def test_the_list_shows_day_30_to_the_end_of_the_first_year(
    service: Service, started_on: str, shown: bool
) -> None:
    service.post(make_own_case(absence_started_on=started_on, screened_on="2026-04-15"))

    counts = [
        service.get(f"/api/v1/cases?{query}").json()["count"]
        for query in ("", "window=all", "search=C-0001", "search=C-0001&window=tipping_point")
    ]

    assert counts == [int(shown), 1, 1, int(shown)]


# category is due at month 4, pathway at month 5
CLOCKS = [
    ("clock=category", ["C-0001", "C-0002"]),
    ("clock=category&within_days=7", ["C-0001"]),
    ("clock=pathway", ["C-0003"]),
    ("within_days=7", ["C-0001"]),
    ("clock=invalidity", []),
]


@pytest.mark.parametrize(("query", "expected"), CLOCKS)
def test_cases_are_found_by_their_next_clock(
    either_service: Service, query: str, expected: list[str]
) -> None:
    for number, started_on in enumerate(("2025-12-20", "2026-01-10", "2025-12-01"), 1):
        either_service.post(
            make_own_case(number, absence_started_on=started_on, screened_on="2026-04-01")
        )

    found = either_service.get(f"/api/v1/cases?{query}").json()["cases"]

    assert sorted(c["case_id"] for c in found) == expected


def test_every_day_has_the_next_clock_that_a_case_would_show() -> None:
    today = date(2028, 2, 29)
    starts = [today - timedelta(days=n) for n in range(450)]

    for key in CLOCK_KEYS:
        ranges = find_starts(Window.ALL, key, 10, today)
        for start in starts:
            clock = find_next_clock(start, today)
            fits = clock is not None and clock.key == key and clock.days_left <= 10
            assert any(a <= start <= b for a, b in ranges) == fits


def test_states_and_labour_status_narrow_the_list(either_service: Service) -> None:
    either_service.post(make_own_case(1, labour_status="employee"))
    either_service.post(make_own_case(2, labour_status="self_employed"))
    with either_service.store.writing(EVERY_FUND) as connection:
        connection.exec_driver_sql("update cases set state = 'closed' where case_id = 'C-0002'")

    found = {
        query: [c["case_id"] for c in either_service.get(f"/api/v1/cases?{query}").json()["cases"]]
        for query in ("", "state=closed", "labour_status=employee", "search=c-000")
    }

    assert found == {
        "": ["C-0001"],
        "state=closed": ["C-0002"],
        "labour_status=employee": ["C-0001"],
        "search=c-000": found["search=c-000"],
    }
    assert sorted(found["search=c-000"]) == ["C-0001", "C-0002"]


WALKS = st.fixed_dictionaries(
    {
        "states": st.frozensets(st.sampled_from(CaseState), min_size=1),
        "region": st.sampled_from([None, "antwerpen", "limburg"]),
        "answered": st.sampled_from([None, True, False]),
        "suggestion": st.sampled_from([None, *Suggestion]),
        "started": st.sampled_from([None, ((START, START + timedelta(days=3)),), ()]),
        "search": st.sampled_from([None, "c-", "1"]),
        "assigned_to": st.sampled_from([None, "arts"]),
    }
)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(wanted=WALKS, limit=st.integers(1, 9), late=st.integers(0, 30), absent=st.booleans())
def test_all_pages_together_give_each_matching_case_once_and_in_order(
    walked: Service, wanted: dict[str, Any], limit: int, late: int, absent: bool
) -> None:
    asked = CaseFilter(**wanted)

    def read(after: Any, most: int) -> list[ListedCase]:
        with walked.store.reading(FUND) as connection:
            return list_cases(
                connection,
                Scope(FUND),
                asked,
                after=after,
                limit=most,
                order=ABSENT_ORDER if absent else TRIAGE_ORDER,
            )

    def place(case: ListedCase) -> Any:
        return case.absent_place if absent else case.place

    before = read(None, 1000)
    seen = read(None, limit)
    # one case moves to another place, or comes in, while someone pages
    with walked.store.writing(FUND) as connection:
        connection.exec_driver_sql(
            f"update cases set gain_order = -gain_order where case_id = 'C-{late + 1:04d}'"  # noqa: S608
        )
    while page := read(place(seen[-1]), limit) if seen else []:
        seen += page

    places, ids = [place(case) for case in seen], [case.case_id for case in seen]
    moved = f"C-{late + 1:04d}"
    assert all(one < other for one, other in pairwise(places))
    assert {c.case_id for c in before} - {moved} == set(ids) - {moved}
    assert all(c.state in asked.states for c in seen)
    assert all(asked.region in (None, c.region) for c in seen)


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def walked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a service with 40 cases of all states, on either store, made once."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("walk") / "store.db"
        shutil.copy(get_sqlite_template(), path)
        url = f"sqlite:///{path}"
    else:
        postgres = request.getfixturevalue("postgres")
        url = postgres.make_database(request.getfixturevalue("postgres_template"))
    made = make_service(url, get_gain_bundle(GainStatus.ESTIMATED))
    fill(made, 30)
    fill_limburg = [make_own_case(n, region="limburg", work_ability=None) for n in range(31, 41)]
    made.client.post("/api/v1/assessments/batch", json=fill_limburg, auth=("arts", PASSWORD))
    with made.store.writing(FUND) as connection:
        for number in range(1, 41):
            state = list(CaseState)[number % len(CaseState)]
            taken = "'arts'" if number % 3 else "null"
            connection.exec_driver_sql(
                f"update cases set state = '{state}', gain_order = {number % 5 / 10 - 0.2}, "  # noqa: S608
                f"assigned_to = {taken} "
                f"where case_id = 'C-{number:04d}'"
            )
    yield made
    made.client.close()
    made.store.close()
