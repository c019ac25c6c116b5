from collections.abc import Iterator

import pytest

from models.estimate import GainStatus
from tests.running_service import Service, make_own_case
from tests.web.conftest import run_filled
from tests.web.test_pages import Outline
from tests.web.work_pages import Clerk, read_faults


@pytest.fixture
def number(request: pytest.FixtureRequest) -> int:
    """Return a number that no other test of this file uses."""
    names = [item.name for item in request.session.items if item.path == request.path]
    return 700 + names.index(request.node.name)


@pytest.fixture
def clerk(filled: Service, number: int) -> Clerk:
    """Return a physician before a case of some weeks ago."""
    case = make_own_case(number, absence_started_on="2025-12-01", screened_on="2026-03-01")
    assert filled.post(case).status_code == 201
    return Clerk(filled, case["case_id"]).log_on("arts")


def test_a_coordinator_notes_an_objection_and_it_stops_the_estimate(clerk: Clerk) -> None:
    clerk.log_on("coordinator")

    page = clerk.follow(clerk.send("vragen", kind="objection", text="Ik wil dit niet."))

    assert "Het bezwaar is genoteerd." in page.text
    assert "Bezwaar in behandeling" in page.text
    assert "Een arts antwoordt op het bezwaar." in page.text
    assert "Een arts antwoordt hierop." in page.text
    assert "op 100" not in page.text


def test_the_same_form_sent_twice_notes_one_request(clerk: Clerk) -> None:
    seen = clerk.open()
    clerk.follow(clerk.send("vragen", seen, kind="access"))

    status, _ = read_faults(clerk.send("vragen", seen, kind="access"))

    assert status == 409
    assert clerk.open().count("De persoon vraagt inzage") == 1


def test_a_request_names_its_faults_at_the_field(clerk: Clerk) -> None:
    empty = read_faults(clerk.send("vragen"))
    number = "".join(["850730", "03328"])
    numbered = clerk.send("vragen", kind="correction", text=f"Ik ben {number}.")

    assert "Uw keuze : een antwoord" in empty[1]
    assert "Wat de persoon vraagt : geen nummer van een persoon" in read_faults(numbered)[1]
    assert 'aria-describedby="vraag-text-uitleg vraag-text-fout"' in numbered.text


def test_a_physician_rejects_an_objection_with_a_reason(clerk: Clerk) -> None:
    clerk.send("vragen", kind="objection")
    path = find_answer(clerk)

    without = read_faults(clerk.send(path, outcome="rejected"))
    page = clerk.follow(clerk.send(path, outcome="rejected", outcome_text="Dit helpt u net."))

    assert without[0] == 422
    assert "Uitleg voor de persoon : waarom niet: de persoon krijgt een reden" in without[1]
    assert "Uw antwoord is bewaard." in page.text
    assert "Bezwaar van 15 april 2026: niet aanvaard op 15 april 2026" in page.text
    assert "op 100" in page.text


def find_answer(clerk: Clerk) -> str:
    """Return the path of the form that answers the request that waits."""
    return f"vragen/{clerk.find_request()}"


def test_an_upheld_objection_leaves_a_decision_without_any_suggestion(clerk: Clerk) -> None:
    clerk.send("vragen", kind="objection")
    waiting = clerk.open()
    page = clerk.follow(clerk.send(find_answer(clerk), outcome="upheld"))

    assert "beslissing#" not in waiting
    assert "Er wordt niets meer ingeschat. U kunt nog zelf beslissen" in page.text
    assert "volgt het voorstel" not in page.text
    assert [one for one in page.all("select") if one["name"] == "reason"] == []
    kept = clerk.follow(clerk.send("beslissing", kind="refer"))
    assert "Toestand Door te verwijzen" in kept.text


def test_who_answers_second_is_told_so(clerk: Clerk) -> None:
    clerk.send("vragen", kind="access")
    seen, path = clerk.open(), find_answer(clerk)
    clerk.follow(clerk.send(path, outcome="done"))

    status, told = read_faults(clerk.send(path, seen, outcome="rejected", outcome_text="Nee."))

    assert status == 409
    assert "Nee." in told


def correct(clerk: Clerk) -> str:
    clerk.send("vragen", kind="correction", text="Ik werk 22,5 uur per week.")
    return f"{find_answer(clerk)}/verbeteren"


def test_only_what_was_changed_is_corrected(clerk: Clerk) -> None:
    path = correct(clerk)
    form = clerk.open(f"/{path}")
    fields = {one["name"]: one["value"] or "" for one in Outline(form).all("input") if one["name"]}
    assert "Ik werk 22,5 uur per week." in form

    page = clerk.follow(
        clerk.send(path, form, **fields | {"weekly_hours": "22,5", "outcome": "done"})
    )

    assert "De gegevens zijn verbeterd en er is opnieuw ingeschat." in page.text
    shown = clerk.service.get(f"/api/v1/cases/{clerk.case_id}").json()
    assert shown["inputs"]["weekly_hours"] == 22.5
    assert [one["field"] for one in shown["changes"]["fields"]] == ["weekly_hours"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "De gegevens: de velden die fout waren"),
        ({"weekly_hours": "veel"}, "Arbeidsuren per week : getal van 0 tot 60, in uur"),
        ({"age_years": "28,5"}, "Leeftijd : geheel getal van 16 tot 67"),
        ({"permitted_work": "soms"}, "Toegelaten arbeid gestart : ja (true) of nee (false)"),
    ],
)
def test_what_is_wrong_in_a_correction_is_told_at_the_field(
    clerk: Clerk, fields: dict[str, str], expected: str
) -> None:
    path = correct(clerk)

    answer = clerk.send(path, clerk.open(f"/{path}"), outcome="done", **fields)

    told = Outline(answer.text.partition('id="fouten"')[2].partition("<form")[0]).text
    assert answer.status_code == 422
    assert expected in told
    assert all(f'value="{value}"' in answer.text for value in fields.values() if value != "soms")


def test_a_correction_of_what_was_assessed_again_meanwhile_is_refused(clerk: Clerk) -> None:
    path = correct(clerk)
    form = clerk.open(f"/{path}")
    clerk.follow(clerk.send("inschatten", clerk.open("/inschatten"), work_ability="2"))

    answer = clerk.send(path, form, outcome="done", weekly_hours="12")

    assert answer.status_code == 409
    assert "Dit dossier veranderde ondertussen" in answer.text
    assert 'name="weekly_hours" value="12"' in answer.text


def test_a_case_is_assessed_again_today_with_new_answers(clerk: Clerk) -> None:
    form = clerk.open("/inschatten")

    page = clerk.follow(clerk.send("inschatten", form, work_ability="9", accommodation_offered=""))

    shown = clerk.service.get(f"/api/v1/cases/{clerk.case_id}").json()
    assert "Er is opnieuw ingeschat met wat nu ingevuld is." in page.text
    assert shown["latest"]["screened_on"] == "2026-04-15"
    assert shown["inputs"]["work_ability"] == 9
    assert len(shown["earlier"]) == 1


def test_what_may_have_aged_is_marked_and_asks_to_be_looked_at(clerk: Clerk) -> None:
    form = clerk.open("/inschatten")

    refused = clerk.send("inschatten", form, confirmed="", work_ability="9")

    status, told = read_faults(refused)
    assert "bekend van 1 maart 2026, 45 dagen geleden: klopt dit nog?" in form
    assert 'id="gegevens-certificate_days_left-uitleg"' in form
    assert 'id="gegevens-age_years-uitleg"' not in form
    assert status == 422
    assert "De gemarkeerde gegevens : een vinkje" in told
    assert 'name="work_ability" value="9"' in refused.text
    # of today nothing is old
    clerk.follow(clerk.send("inschatten", form, work_ability="9"))
    assert "klopt dit nog?" not in clerk.open("/inschatten")


def test_nothing_is_assessed_again_while_the_person_objects(clerk: Clerk) -> None:
    form = clerk.open("/inschatten")
    path = correct(clerk)
    clerk.send("vragen", kind="objection")

    opened = clerk.service.client.get(f"{clerk.address}/inschatten")
    sent = clerk.send("inschatten", form, work_ability="9")
    corrected = clerk.service.client.get(f"{clerk.address}/{path}")

    for answer in (opened, sent, corrected):
        assert answer.status_code == 409
        assert "loopt een bezwaar" in answer.text


def test_the_overview_for_the_person_tells_everything_in_dutch(clerk: Clerk) -> None:
    clerk.send("beslissing", kind="not_opportune")
    clerk.send("toestemming", purpose="contact_employer", given_on="2026-04-14")
    clerk.send("vragen", kind="access", text="Wat weet u van mij?")

    page = Outline(clerk.open("/inzage"))

    for told in (
        "Wat van u bewaard is",
        "Inschatting van 1 maart 2026",
        "nu niet opportuun (medisch)",
        "het ziekenfonds neemt contact op met de werkgever",
        "Gegeven op 14 april 2026",
        "Wat weet u van mij?",
        "toestemming genoteerd",
    ):
        assert told in page.text
    assert not [word for word in page.words if "_" in word]


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run a service in which a physician estimates first."""
    folder = tmp_path_factory.mktemp("asking")
    with run_filled(folder, GainStatus.ESTIMATED, own_estimate="required") as made:
        yield made


@pytest.fixture
def first(asking: Service, number: int) -> Clerk:
    case = make_own_case(number, absence_started_on="2025-12-01", screened_on="2026-03-01")
    assert asking.post(case).status_code == 201
    return Clerk(asking, case["case_id"]).log_on("arts")


def test_before_the_own_answers_only_these_are_asked(first: Clerk) -> None:
    page = first.open()

    assert "Beantwoord de twee vragen hieronder." in page
    assert 'id="beslissing"' not in page
    assert f"{first.address}/inzage" not in page
    assert "op 100" not in page
    status, told = read_faults(first.send("beslissing", kind="refer"))
    assert status == 409
    assert "Geef eerst uw eigen inschatting" in told
    overview = first.service.client.get(f"{first.address}/inzage")
    assert overview.status_code == 409
    assert "Geef eerst uw eigen inschatting" in overview.text
    assert "op 100" not in overview.text


def test_after_the_own_answers_the_numbers_and_the_decision_are_there(first: Clerk) -> None:
    seen = first.open()
    missing = read_faults(first.send("eigen-inschatting", seen, is_possible="yes"))
    page = first.follow(
        first.send("eigen-inschatting", seen, is_possible="yes", is_needed="unsure")
    )

    assert missing[0] == 422
    assert "Is steun van VDAB en partners daarvoor nodig? : een antwoord" in missing[1]
    assert "Uw eigen inschatting is bewaard." in page.text
    assert "Is steun van VDAB en partners daarvoor nodig? Weet het niet." in page.text
    assert "Uw beslissing" in page.text
    again = first.send("eigen-inschatting", seen, is_possible="no", is_needed="no")
    assert read_faults(again)[0] == 409
    assert "U gaf uw eigen inschatting al" in again.text


def test_own_answers_to_an_older_assessment_come_back(first: Clerk) -> None:
    seen = first.open()
    first.follow(first.send("inschatten", first.open("/inschatten"), work_ability="9"))

    answer = first.send("eigen-inschatting", seen, is_possible="yes", is_needed="no")

    assert answer.status_code == 409
    chosen = [one["value"] for one in Outline(answer.text).all("input") if "checked" in one]
    assert chosen == ["yes", "no"]
