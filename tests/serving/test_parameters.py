import warnings

import pytest

from tests.running_service import PASSWORD, Service, make_own_case

LISTS = ("/api/v1/cases", "/api/v1/cases.csv")


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("query", ["foo=gemerkt", "regoin=limburg", "region=limburg&State=open"])
def test_a_parameter_that_a_list_does_not_know_gives_no_whole_list(
    service: Service, address: str, query: str
) -> None:
    service.post(make_own_case())

    refused = service.get(f"{address}?{query}")

    [fault] = refused.json()["errors"]
    assert refused.status_code == 422
    assert "suggestion" in fault["expected"]
    for word in ("gemerkt", "foo", "regoin", "C-0001"):
        assert word not in refused.text


def test_every_filter_that_is_described_is_known(service: Service) -> None:
    paths = service.client.get("/openapi.json", auth=("arts", PASSWORD)).json()["paths"]

    for address in LISTS:
        names = [one["name"] for one in paths[address]["get"]["parameters"]]
        for name in names:
            answer = service.get(f"{address}?{name}=1")
            assert "onbekend" not in answer.text
    assert service.get("/api/v1/cases.csv?limit=5").status_code == 422


BOUNDS = [
    ("/api/v1/cases?limit=0", "limit", "een geheel getal, 1 tot 200"),
    ("/api/v1/cases?limit=201", "limit", "een geheel getal, 1 tot 200"),
    ("/api/v1/cases?limit=veel", "limit", "een geheel getal, 1 tot 200"),
    ("/api/v1/cases.csv?within_days=367", "within_days", "een geheel getal, 0 tot 366"),
    ("/api/v1/cases?mine=misschien", "mine", "true of false"),
]


@pytest.mark.parametrize(("address", "name", "expected"), BOUNDS)
def test_a_parameter_out_of_bounds_names_both(
    service: Service, address: str, name: str, expected: str
) -> None:
    refused = service.get(address)

    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": name, "expected": expected}]


def test_lists_asked_for_at_the_same_moment_fail_on_no_warning_that_one_silences_for_another(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    # FastAPI makes a route ready at its first request: it then silences what Pydantic warns of,
    # for all threads, until the first of them is done
    monkeypatch.setattr(warnings, "simplefilter", lambda *_, **__: None)

    assert service.get(LISTS[0]).status_code == 200
