import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from models.bundle import Bundle
from models.estimate import GainStatus
from models.people import CELLS, PeopleGroup, PeopleTable
from serving.pages.people_view import TOO_FEW_NL
from tests.running_service import Service, get_gain_bundle, make_own_case

Start = Callable[..., Service]
HEADING = "Mensen met een gelijkaardige inschatting"
EVERYWHERE = tuple(
    PeopleGroup(answered, cell / CELLS, (cell + 1) / CELLS, 1230, 0.42, 0.37, 0.47)
    for answered in (True, False)
    for cell in range(CELLS)
)


def make_bundle(
    *groups: PeopleGroup, status: GainStatus = GainStatus.ESTIMATED, version: str = "3"
) -> Bundle:
    made = get_gain_bundle(status)
    table = PeopleTable(date(2024, 7, 3), date(2025, 1, 1), groups)
    return replace(made, model=replace(made.model, people=table), version=version)


def read_section(service: Service) -> str:
    """Return the part of the page of a case that tells of people like this."""
    service.log_on()
    page = service.client.get("/dossiers/C-0001").text
    return page.partition('<section aria-labelledby="mensen">')[2].partition("</section>")[0]


@pytest.mark.parametrize(
    ("status", "crowds"), [(GainStatus.ESTIMATED, 2), (GainStatus.SAME_FOR_ALL, 2)]
)
def test_a_case_shows_earlier_people_as_a_hundred_figures_without_and_with_support(
    start_service: Start, sqlite_url: str, status: GainStatus, crowds: int
) -> None:
    service = start_service(sqlite_url, make_bundle(*EVERYWHERE, status=status))
    service.post(make_own_case())

    section = read_section(service)

    assert HEADING in section
    assert "Bij 1.230 eerdere mensen" in section
    assert "42 van de 100 terug (marge van 90 %: 37 tot 47)" in section
    assert "Dat is geschat, niet geteld." in section
    assert section.count("<use ") == 100 * crowds
    assert len(re.findall('role="img" aria-label="[^"]+"', section)) == crowds
    assert section.partition("kp-person--away")[0].count("<use ") == 42


def test_where_too_few_people_are_alike_the_page_says_so_and_draws_nobody(
    start_service: Start, sqlite_url: str
) -> None:
    service = start_service(sqlite_url, make_bundle())
    service.post(make_own_case())

    section = read_section(service)

    assert TOO_FEW_NL in section
    assert "<svg" not in section


def test_another_model_than_that_of_the_estimate_tells_nothing_of_people(
    start_service: Start, sqlite_url: str
) -> None:
    start_service(sqlite_url, make_bundle(*EVERYWHERE)).post(make_own_case())
    later = start_service(sqlite_url, make_bundle(*EVERYWHERE, version="4"))

    assert read_section(later) == ""


def test_nobody_is_shown_before_the_own_estimate_of_the_physician(
    start_service: Start, sqlite_url: str
) -> None:
    bundle = make_bundle(*EVERYWHERE)
    service = start_service(sqlite_url, bundle, own_estimate="required")
    service.post(make_own_case())

    assert read_section(service) == ""
