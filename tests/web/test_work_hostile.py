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


# as each of these some texts cannot be read, or become what no answer can hold
CODECS = ("punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "a\0b")


def send_in(service: Service, address: str, charset: str, fields: dict[str, str]) -> int:
    """Send a form in other signs, as no browser does, and return the status of the answer."""
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(part.format(*field) for field in fields.items()) + "--x--\r\n"
    headers = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    answer = service.client.post(address, content=body.encode(), headers=headers)
    return int(answer.status_code)


@pytest.mark.parametrize("charset", CODECS)
def test_a_form_in_other_signs_is_refused_wherever_it_is_sent(clerk: Clerk, charset: str) -> None:
    carried, written = clerk.carry(clerk.open()), "\\ud800 \xff" + "z" * 70 + "."
    forms = {
        f"{clerk.address}/vragen": carried | {"kind": "correction", "text": written},
        "/invoer": carried | {"toegelaten": written},
        "/login": {"name": written, "password": written},
    }

    refused = {send_in(clerk.service, address, charset, form) for address, form in forms.items()}

    assert refused == {422}
    assert send_in(clerk.service, f"{clerk.address}/nemen", "UTF-8", carried) == 200
