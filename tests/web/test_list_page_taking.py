import re

import pytest

from tests.running_service import Service, find_token
from tests.web.test_pages import SIGNED, read


def post(service: Service, path: str, back: str = "/") -> tuple[int, str]:
    """Send a form of the list; return the status and where it leads."""
    token = find_token(service.client.get("/").text)
    form = {"token": token, "naar": back}
    answer = service.client.post(path, data=form, follow_redirects=False)
    return answer.status_code, answer.headers.get("location", "")


def test_a_case_is_taken_and_given_free_where_one_stands(pages: Service) -> None:
    here = "/?zoek=C-0020"

    taken = post(pages, "/dossiers/C-0020/nemen", here)
    mine = read(pages, here).text
    pages.client.cookies.clear()
    pages.log_on("coordinator")
    theirs = read(pages, here)
    pages.client.cookies.clear()
    pages.log_on()
    freed = post(pages, "/dossiers/C-0020/vrijgeven", here)

    assert taken == freed == (303, f"{here}#dossier-C-0020")
    assert "bij u Geef vrij" in mine
    assert "bij Dr. Arts" in theirs.text
    assert not [f for f in theirs.all("form") if "nemen" in str(f.get("action"))]
    assert "bij u" not in read(pages, here).text


def test_a_case_that_a_colleague_took_is_said_on_the_same_list(pages: Service) -> None:
    pages.client.cookies.clear()
    pages.log_on("coordinator")
    post(pages, "/dossiers/C-0021/nemen")
    pages.client.cookies.clear()
    pages.log_on()

    token = find_token(pages.client.get("/").text)
    form = {"token": token, "naar": "/?zoek=C-0021"}
    answer = pages.client.post("/dossiers/C-0021/nemen", data=form)

    assert answer.status_code == 409
    assert "Een collega nam dit dossier al." in answer.text
    assert "bij Coördinator" in answer.text
    assert post(pages, "/dossiers/C-0021/nemen", "/dossiers/C-0021")[0] == 409
    post(pages, "/dossiers/C-0021/vrijgeven")


@pytest.mark.parametrize("back", ["", "/dossiers/C-0022", "//elders.be/", "/logout", "https://x/"])
def test_who_comes_from_elsewhere_goes_to_the_page_of_the_case(pages: Service, back: str) -> None:
    found = post(pages, "/dossiers/C-0022/nemen", back)

    assert found == (303, "/dossiers/C-0022")
    post(pages, "/dossiers/C-0022/vrijgeven")


def test_a_form_without_its_token_takes_nothing(pages: Service) -> None:
    answer = pages.client.post("/dossiers/C-0023/nemen", data={"naar": "/"})

    assert answer.status_code == 403
    assert "bij u" not in read(pages, "/?zoek=C-0023").text


def test_a_coordinator_takes_cases_too_and_sees_no_points(pages: Service) -> None:
    pages.client.cookies.clear()
    pages.log_on("coordinator")

    page = read(pages, "/")

    assert not re.search(SIGNED, page.text)
    assert "in punten op 100" not in page.text
    assert [f for f in page.all("form") if "nemen" in str(f.get("action"))]
