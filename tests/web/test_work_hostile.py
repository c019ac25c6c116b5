import io

import pytest
from sqlalchemy import select

from serving.store.engine import EVERY_FUND
from serving.store.tables import audit
from tests.running_service import Service
from tests.serving.referred_cases import agree, make_case_to_refer
from tests.serving.test_marked_values import MARKS, TEXT, find_marks
from tests.serving.test_marked_values import log as log  # a fixture, used below
from tests.web.work_pages import Clerk

NASTY = (
    "\x00",
    "\ufffe",
    "9" * 5000,
    "-1",
    "\u0663",
    "1e999",
    "NaN",
    "2026-02-30",
    "<b>'\"{{ 7 }}",
)
FIELDS = {
    "eigen-inschatting": ("assessment_id", "is_possible"),
    "beslissing": ("kind", "assessment_id", "state_version", "look_again_on", "reason_text"),
    "toestemming": ("given_on", "purpose"),
    "toestemming/intrekken": ("state_version",),
    "aanmelding/nalezen": ("capacities", "needs_text", "offers", "state_version"),
    "traject": ("event", "on", "partner", "why"),
    "terugnemen": ("why", "state_version"),
    "vragen": ("kind", "text"),
    f"vragen/{'0' * 32}": ("outcome", "outcome_text"),
    "inschatten": ("assessment_id", "weekly_hours", "occupation", "permitted_work", "region"),
}


@pytest.fixture(scope="module")
def clerk(filled: Service) -> Clerk:
    case_id = make_case_to_refer(filled, 900)
    assert agree(filled, case_id).status_code == 201
    return Clerk(filled, case_id).log_on("arts")


@pytest.mark.parametrize("path", FIELDS)
def test_no_form_fails_on_what_is_in_it_or_shows_it_as_markup(clerk: Clerk, path: str) -> None:
    page, found = clerk.open(), []
    for name in FIELDS[path]:
        for value in NASTY:
            answer = clerk.send(path, page, **{name: value})
            found.append((name, answer.status_code, "<b>'" in answer.text))

    assert [one for one in found if one[1] >= 500 or one[2]] == []
    assert {status for _, status, _ in found} <= {200, 303, 404, 409, 422}


@pytest.mark.parametrize("path", FIELDS)
def test_nothing_that_a_form_holds_reaches_a_log_an_address_or_the_audit(
    clerk: Clerk, log: io.StringIO, path: str
) -> None:
    page, addresses = clerk.open(), []
    for name in (*FIELDS[path], *MARKS):
        answer = clerk.send(path, page, **{name: TEXT})
        addresses.append(answer.headers.get("location", ""))
    with clerk.service.store.reading(EVERY_FUND) as connection:
        details = [str(row.detail) for row in connection.execute(select(audit.c.detail))]

    assert "request" in log.getvalue()
    for told in (log.getvalue(), " ".join(addresses), " ".join(details)):
        assert find_marks(told) == []
    assert find_marks(clerk.service.client.get("/metrics").text) == []
