import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select

from models.estimate import GainStatus
from serving.pages.history_view import MOST_SHOWN
from serving.permissions import Action
from serving.store.engine import EVERY_FUND
from serving.store.tables import audit
from serving.wording import MINUS
from tests.running_service import PASSWORD, TODAY, Service, make_own_case
from tests.serving.referred_cases import agree, make_case_to_refer, post, send
from tests.web.conftest import run_filled
from tests.web.test_pages import Outline, read

WORKED, LEFT, MANY = "C-0101", "C-0102", "C-0150"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run a service with a case of which much happened, and one with many assessments."""
    with run_filled(tmp_path_factory.mktemp("case"), GainStatus.ESTIMATED) as made:
        make_case_to_refer(made, 101)
        agree(made, WORKED)
        send(made, WORKED)
        referral = f"/api/v1/cases/{WORKED}/referral"
        post(made, f"{referral}/accept", {"on": TODAY.isoformat(), "partner": "GTB"})
        post(made, f"{referral}/start", {"on": TODAY.isoformat()})
        ask(made, WORKED, "access")
        make_case_to_refer(made, 102)
        report_outcomes(made)
        for number in range(MOST_SHOWN + 15):
            day = (TODAY - timedelta(days=200 - 7 * number)).isoformat()
            given = {"absence_started_on": "2025-06-01", "screened_on": day}
            assert made.post(make_own_case(150, **given)).status_code == 201
        yield made


def ask(service: Service, case_id: str, kind: str) -> None:
    asked = post(service, f"/api/v1/cases/{case_id}/requests", {"kind": kind}, user="arts")
    assert asked.status_code == 201


def report_outcomes(service: Service) -> None:
    worked, ended, left = ((TODAY - timedelta(days=n)).isoformat() for n in (50, 30, 4))
    body = {
        "work_periods": [{"case_id": LEFT, "started_on": worked, "ended_on": ended}],
        "pathways": [
            {"case_id": LEFT, "referred_on": worked, "started_on": worked, "ended_on": ended}
        ],
        "follow_up": [
            {"case_id": LEFT, "observed_until": left, "exit": "pension", "exited_on": left}
        ],
    }
    answer = service.client.post("/api/v1/outcomes", json=body, auth=("systeem", PASSWORD))
    assert answer.status_code == 200


@pytest.fixture
def opened(busy: Service) -> Service:
    busy.client.cookies.clear()
    busy.log_on()
    return busy


def find_between(text: str, first: str, last: str) -> str:
    return text.partition(first)[2].partition(last)[0]


def test_the_two_questions_come_first_and_the_limits_of_the_number_last(opened: Service) -> None:
    text = read(opened, f"/dossiers/{WORKED}").text

    order = [
        *("De twee vragen", "Waarom deze kans", "Wat kan veranderen", "Wat vastligt"),
        *("Waarom steun wel of niet helpt", "Tijdlijn", "Aanbod dat past", "Terugkeer in de tijd"),
        *("Hoe de inschatting is opgebouwd", "Eerdere inschattingen", "Wat bekend was op"),
    ]
    places = [text.index(heading) for heading in order]
    assert places == sorted(places)
    assert text.rindex("Wat dit getal wel en niet zegt") > places[-1]


def test_headings_of_a_case_are_in_order(opened: Service) -> None:
    for case_id in (WORKED, "C-0001", MANY):
        levels = [
            int(tag[1]) for tag, _ in read(opened, f"/dossiers/{case_id}").tags if tag in HEADINGS
        ]

        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


HEADINGS = ("h1", "h2", "h3", "h4")


def test_a_page_of_a_case_is_one_look_at_it(opened: Service) -> None:
    looks = (
        select(func.count())
        .select_from(audit)
        .where(audit.c.case_id == WORKED, audit.c.action == Action.VIEW_CASE.value)
    )
    with opened.store.reading(EVERY_FUND) as connection:
        before = connection.execute(looks).scalar_one()

    read(opened, f"/dossiers/{WORKED}")

    with opened.store.reading(EVERY_FUND) as connection:
        assert connection.execute(looks).scalar_one() == before + 1


def test_the_timeline_tells_what_happened_the_last_first(opened: Service) -> None:
    text = read(opened, f"/dossiers/{WORKED}").text

    happened = find_between(text, "Wat gebeurde", "Aanbod dat past")
    order = [
        *("Vraag om inzage Nog niet beantwoord", "Traject gestart Bij GTB"),
        *("Aanmelding aanvaard door VDAB Bij GTB", "Aanmelding verstuurd naar VDAB"),
        *("Toestemming gegeven", "Beslist: doorverwijzen naar VDAB", "Ingeschat"),
    ]
    places = [happened.index(event) for event in order]
    assert places == sorted(places)


def test_the_timeline_tells_work_a_pathway_and_an_exit(opened: Service) -> None:
    page = read(opened, f"/dossiers/{LEFT}")

    happened = find_between(page.text, "Wat gebeurde", "Aanbod dat past")
    for event in ("Pensioen", "Werk weer gestopt", "Traject beëindigd", "Werk hervat"):
        assert event in happened
    kinds = [str(one["class"]).rpartition("--")[2] for one in page.all("rect") if "class" in one]
    assert [kind for kind in kinds if kind in ("absent", "work", "pathway")] == [
        *("absent", "absent", "work", "pathway")
    ]


def test_everything_in_the_picture_lies_within_it(opened: Service) -> None:
    for case_id in (WORKED, LEFT, MANY):
        page = read(opened, f"/dossiers/{case_id}")

        dots = [str(one["cx"]) for one in page.all("circle") if "%" in str(one["cx"])]
        spans = [one for one in page.all("rect") if "kp-span" in str(one.get("class"))]
        assert len(dots) > 9
        assert all(0 <= float(dot.rstrip("%")) <= 100 for dot in dots)
        for one in spans:
            start, width = (float(str(one[k]).rstrip("%")) for k in ("x", "width"))
            assert 0 <= start <= start + width <= 100.01


def test_a_case_with_many_assessments_shows_the_last_ten(opened: Service) -> None:
    answer = opened.client.get(f"/dossiers/{MANY}")

    text = Outline(answer.text).text
    assert len(answer.content) < 150_000
    assert "Nog 7 eerder" in text.partition("Eerdere inschattingen")[2]
    assert "Nog 14 eerdere inschattingen staan hier niet." in text
    assert text.partition("Eerdere inschattingen")[2].count("versie 3") == MOST_SHOWN + 1
    assert "Nog 15 eerder" in find_between(text, "Wat gebeurde", "Aanbod dat past")


def test_what_changed_since_the_estimate_before_is_told_in_sentences(opened: Service) -> None:
    text = find_between(read(opened, "/dossiers/C-0001").text, "Wat veranderde sinds", "Wat bekend")

    assert re.search(r"De kans zonder extra steun (steeg van|daalde van|bleef) \d+", text)
    assert re.search(r"De kans met steun (steeg van|daalde van|bleef) \d+", text)
    assert 'Het voorstel bleef "' in text or 'Het voorstel was "' in text
    assert re.search(r"Dagen afwezig \d+ dagen → werd \d+ dagen", text)
    assert re.search(rf"Wat de kans met steun het meest verschoof, .* [+{MINUS}]\d+,\d", text)


def test_a_coordinator_reads_what_changed_without_points(opened: Service) -> None:
    opened.client.cookies.clear()
    opened.log_on("coordinator")

    text = read(opened, "/dossiers/C-0001").text

    assert "Wat veranderde sinds" in text
    assert "het meest verschoof" not in text
    assert "Aanbod dat past" in text


def test_offers_tell_what_fits_and_what_to_ask_after(opened: Service) -> None:
    page = read(opened, f"/dossiers/{WORKED}")
    found: list[dict[str, Any]] = opened.get(f"/api/v1/cases/{WORKED}/offers").json()["offers"]

    shown = find_between(page.text, "Aanbod dat past", "Terugkeer in de tijd")
    assert found
    for offer in found:
        assert f"{offer['name_nl']} {offer['fit_nl']}" in shown
    assert "komt nooit op het formulier" in shown
    assert "Na te vragen" in shown or not any(offer["to_ask"] for offer in found)


def test_inputs_that_nobody_gave_are_named_in_one_sentence(opened: Service) -> None:
    text = read(opened, "/dossiers/C-0008").text

    known = text.partition("Wat bekend was op")[2]
    assert "Uit de vragenlijst (0 van" in known
    assert "Niet beantwoord: Eigen verwachting van terugkeer; Werkvermogen" in known


def test_letters_are_offered_where_there_is_something_to_send(opened: Service) -> None:
    sent, new = read(opened, f"/dossiers/{WORKED}"), read(opened, "/dossiers/C-0008")

    def find_papers(page: Outline) -> list[str]:
        return [str(a["href"]) for a in page.all("a") if str(a.get("href")).endswith(".pdf")]

    assert f"/dossiers/{WORKED}/aanmelding.pdf" in find_papers(sent)
    assert "/dossiers/C-0008/brief.pdf" in find_papers(new)
    assert "/dossiers/C-0008/aanmelding.pdf" not in find_papers(new)
