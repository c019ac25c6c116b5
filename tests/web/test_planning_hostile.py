"""Words and numbers that a planner sends are kept as words, refused as numbers, and run nothing."""

import html
import re

import pytest

from tests.running_service import Service
from tests.web.test_planning_pages import send
from tests.web.test_work_hostile import NASTY

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}"
# where a form is sent to, and the page that it stands on
FORMS = {"scenarios": "scenarios", "capaciteit": "capaciteit", "grenzen": "capaciteit"}
PAGES = ("", "/capaciteit", "/doelen", "/scenarios", "/scenarios/vergelijken", "/terugblik")


def test_what_a_planner_wrote_is_shown_to_an_auditor_as_it_was_written(planned: Service) -> None:
    named = send(planned, "/planning/scenarios", naam=SCRIPT, toestemming="90")
    fields = {"region": "brussel", "places": "88", "valid_from": "2026-06-01", "reason": SCRIPT}
    kept = send(planned, "/planning/capaciteit", **fields)
    planned.client.cookies.clear()
    planned.log_on("auditor")

    pages = [planned.client.get(f"/planning/{one}").text for one in ("scenarios", "capaciteit")]

    assert (named.status_code, kept.status_code) == (303, 303)
    assert all(html.escape(SCRIPT).replace("&#x27;", "&#39;") in page for page in pages)
    assert not any("<script>alert" in page or "<img src=x" in page for page in pages)


def list_fields(service: Service, page: str) -> list[str]:
    """Return the names of all that can be filled in on a page of planning, but the token."""
    names = re.findall(r'name="([^"]+)"', service.client.get(f"/planning/{page}").text)
    return [name for name in dict.fromkeys(names) if name not in ("token", "viewport")]


@pytest.mark.parametrize("path", FORMS)
def test_no_field_of_a_planning_form_makes_the_service_fail(planned: Service, path: str) -> None:
    fields = list_fields(planned, FORMS[path])

    answers = {
        (field, text[:10]): send(planned, f"/planning/{path}", **{field: text}).status_code
        for field in fields
        for text in NASTY
    }

    assert len(fields) > 3
    assert {key: status for key, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_no_question_in_an_address_makes_the_service_fail(planned: Service, text: str) -> None:
    asked = dict.fromkeys([*list_fields(planned, "scenarios"), "regio", "gedaan"], text[:500])

    answers = [planned.client.get(f"/planning{path}", params=asked) for path in PAGES]

    assert max(answer.status_code for answer in answers) < 500
    assert not any("<b>'" in answer.text for answer in answers)
