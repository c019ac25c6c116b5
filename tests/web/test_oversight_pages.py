import re
from dataclasses import replace

import pytest

from serving.agreement import GroupAgreement, Share
from serving.audit_trail import Verdict
from serving.pages.action_texts import ACTION_NL, list_details, name_line
from serving.pages.agreement_view import AgreementView, find_warning, read_months
from serving.pages.audit_view import VerdictView
from serving.permissions import Action, Role, User
from serving.settings import OwnEstimateMode
from serving.store.audit import AuditEvent
from serving.store.users import save_user
from tests.running_service import FUND, NOW, Service, find_token, get_password_hash
from tests.web.test_pages import Outline, read

MAY_LEAVE_NO_LINE = {
    Action.VIEW_MODEL,
    Action.VIEW_MONITOR,
    Action.VIEW_PLANNING,
    Action.VIEW_SHADOW,
    Action.VIEW_CONTRIBUTIONS,
}


@pytest.fixture
def log(pages: Service) -> Service:
    """Let the physician see a case, and then log the auditor on."""
    pages.client.get("/dossiers/C-0010")
    pages.client.cookies.clear()
    pages.log_on("auditor")
    return pages


def test_the_log_says_in_dutch_who_did_what_and_when(log: Service) -> None:
    page = read(log, "/logboek?dossier=C-0010")

    assert "Dr. Arts adviserend arts dossier bekeken C-0010" in page.text
    assert "dossier ingeschat inschatting" in page.text
    assert "modelversie 3" in page.text
    assert "Dit zijn alle handelingen rond dossier C-0010" in page.text
    assert "15 apr 2026, 10:00:00" in page.text


def test_each_line_leads_to_all_that_the_same_account_or_case_saw(log: Service) -> None:
    page = read(log, "/logboek?handeling=view_case&van=2026-04-15")

    links = {str(a["href"]) for a in page.all("a")}
    assert "/logboek?gebruiker=arts&handeling=view_case&van=2026-04-15" in links
    assert "/logboek?handeling=view_case&dossier=C-0010&van=2026-04-15" in links


def test_pages_of_the_log_go_on_where_the_last_ended(log: Service) -> None:
    first = read(log, "/logboek?handeling=assess")
    onward = next(str(a["href"]) for a in first.all("a") if a.get("rel") == "next")

    second = read(log, onward)

    assert "handeling=assess" in onward
    numbers = [int(n) for p in (first, second) for n in re.findall(r"(\d+) 15 apr 2026", p.text)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == len(numbers) > 60
    assert "Naar de nieuwste" in second.text


FAULTS = {
    "dossier=a%20b": "Een dossiernummer heeft 1 tot 64",
    "van=gisteren": "Vul een datum in",
    "van=2026-04-02&tot=2026-04-01": "Deze dag ligt voor de eerste.",
    "handeling=Alles!": "Kies een handeling uit de lijst.",
    "fonds=%00": "Vul het ziekenfonds in",
}


@pytest.mark.parametrize("query", FAULTS)
def test_a_filter_that_cannot_be_read_is_told_at_its_field_and_shows_nothing(
    log: Service, query: str
) -> None:
    page = read(log, f"/logboek?{query}", 422)

    wrong = [i for i in page.all("input") + page.all("select") if i.get("aria-invalid") == "true"]
    [fault] = [p for p in page.all("p") if str(p.get("id", "")).startswith("fout-")]
    assert [one["aria-describedby"] for one in wrong] == [fault["id"]]
    assert FAULTS[query] in page.text
    assert "<table" not in log.client.get(f"/logboek?{query}").text


@pytest.mark.parametrize("before", ["onzin", "9" * 5000])
def test_a_filter_that_nothing_meets_offers_a_way_back(log: Service, before: str) -> None:
    page = read(log, f"/logboek?gebruiker=niemand&voor={before}")

    assert "Geen enkele regel voldoet aan deze filters." in page.text


def test_an_auditor_of_one_fund_sees_that_fund_only(log: Service) -> None:
    user = User("auditor.a", "Auditor a", Role.AUDITOR, FUND, None, get_password_hash())
    with log.store.writing() as connection:
        save_user(connection, user, audit=AuditEvent(NOW, "test", "add_user"))
    log.client.cookies.clear()
    log.log_on("auditor.a")

    page = read(log, "/logboek")

    assert f"bij {FUND}" in page.text
    assert "fonds" not in {i.get("name") for i in page.all("input")}
    assert log.client.get("/logboek?fonds=fonds-b").status_code == 403


def check(service: Service, noted: str, status: int = 200) -> Outline:
    token = find_token(service.client.get("/logboek/nakijken").text)
    form = {"token": token, "einde": noted}
    answer = service.client.post("/logboek/nakijken", data=form)
    assert answer.status_code == status
    return Outline(answer.text)


def test_a_whole_log_gives_a_number_to_note_elsewhere_and_to_come_back_with(log: Service) -> None:
    first = check(log, "")
    [head] = re.findall(r"\b[0-9a-f]{64}\b", first.text)

    again = check(log, f" {head.upper()} ")
    forged = check(log, "0" * 64)
    wrong = check(log, "een getal", 422)

    assert "Het logboek is heel" in first.text
    assert "Noteer het, met de dag erbij" in first.text
    assert "Het controlegetal dat u invulde, komt erin voor." in again.text
    assert "Het logboek is niet heel" in forged.text
    assert "komt in dit logboek niet voor" in forged.text
    assert "Een controlegetal heeft 64 tekens" in wrong.text
    assert "logboek nagekeken" in read(log, "/logboek").text


def test_a_broken_log_says_where_it_breaks_and_whom_to_tell() -> None:
    view = VerdictView.of(Verdict(41, "a" * 64, 42, "it was changed, added or moved"), "", NOW)

    assert not view.is_whole
    assert view.text_nl == (
        "Een regel is veranderd, toegevoegd of verplaatst. "
        "Tot en met regel 41 klopt alles; het breekt bij regel 42."
    )


def test_every_action_and_detail_has_a_dutch_name(log: Service) -> None:
    lines = log.get("/api/v1/audit?limit=500", "auditor").json()["lines"]

    assert set(Action) - MAY_LEAVE_NO_LINE <= set(ACTION_NL)
    assert len({line["action"] for line in lines}) > 4
    for line in lines:
        told = " ".join([name_line(line["action"], line["detail"]), *list_details(line["detail"])])
        assert "_" not in told
    done = {"import_id": "a" * 32, "step": "done", "saved": 3, "known": 0, "rejected": 1}
    assert name_line("upload_cases", done) == "bestand helemaal verwerkt"
    assert list_details(done) == ["bestand aaaaaaaa", "3 bewaard", "1 afgekeurd"]
    assert name_line("decide", {"decision_id": "x"}) == "beslissing genomen"
    assert name_line("view_case", {"event": "access_report"}).startswith("overzicht voor")
    assert name_line("take_case", {"change": "release"}) == "dossier vrijgegeven"
    assert list_details({"problem": "file-empty"}) == ["reden Het bestand is leeg."]


@pytest.mark.parametrize("user", ["arts", "coordinator", "planner", "dataspecialist", "systeem"])
def test_only_auditors_oversee(pages: Service, user: str) -> None:
    pages.client.cookies.clear()
    pages.log_on(user)

    for path in ("/logboek", "/logboek/nakijken", "/overeenstemming"):
        assert "Dit is niet voor uw account" in read(pages, path, 403).text
    assert pages.client.post("/logboek/nakijken", data={"token": "x"}).status_code == 403


NONE = Share(None, None, None, None)


def make_group(followed: Share, region: str | None = None) -> GroupAgreement:
    return GroupAgreement(FUND, region, "2026-04", followed, Share(40, 0.7, 0.57, 0.81), NONE)


def test_agreement_shows_shares_with_their_margin_and_hides_what_is_about_too_few() -> None:
    groups = [make_group(Share(25, 0.8, 0.641, 0.902), "oost_vlaanderen"), make_group(NONE)]

    view = AgreementView.of(groups, 12, OwnEstimateMode.OPTIONAL)

    first, second = view.groups
    assert first.followed is not None
    assert first.followed.percent == "80\N{NO-BREAK SPACE}%"
    assert first.followed.interval == "64\N{EN DASH}90\N{NO-BREAK SPACE}%"
    assert (first.month, first.region) == ("april 2026", "Oost-Vlaanderen")
    assert (second.followed, second.needed, second.region) == (None, None, "hele ziekenfonds")
    assert view.warnings == 0


@pytest.mark.parametrize(
    ("low", "high", "warning"),
    [
        (0.96, 1.0, "bijna nooit afgeweken"),
        (0.94, 1.0, ""),
        (0.2, 0.41, ""),
        (0.2, 0.39, "meestal afgeweken"),
    ],
)
def test_too_little_and_too_much_deviation_are_warned_of_where_chance_is_no_reason(
    low: float, high: float, warning: str
) -> None:
    group = make_group(Share(100, (low + high) / 2, low, high))

    view = AgreementView.of([group], 12, OwnEstimateMode.REQUIRED)

    assert find_warning(low, high) == warning
    assert view.warnings == bool(warning)
    # who is asked nothing twice is warned of nothing twice
    assert AgreementView.of([replace(group, followed=NONE)], 3, OwnEstimateMode.OFF).warnings == 0


def test_the_page_of_agreement_explains_itself_also_when_it_is_empty(log: Service) -> None:
    page = read(log, "/overeenstemming?maanden=3")

    assert "Nog geen beslissingen of eigen antwoorden" in page.text
    assert "minder dan 5 % afgeweken" in page.text.replace("\N{NO-BREAK SPACE}", " ")
    chosen = [o for o in page.all("option") if "selected" in o]
    assert [o["value"] for o in chosen] == ["3"]
    assert (read_months("36"), read_months("1000"), read_months("x")) == (36, 12, 12)
