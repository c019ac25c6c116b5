"""A released model takes the place of the one that is served, while requests go on."""

from threading import Event, Thread
from typing import Any

import pytest

from features.matrix import build_row
from models.bundle import read_bundle
from serving.following import FollowState
from serving.swapping import swap_bundle
from tests.running_service import PASSWORD, Service, make_own_case
from tests.serving.released import Registry, estimate, make_version
from tests.waiting import wait_until

THREADS, SWAPS = 4, 20


@pytest.fixture
def registry() -> Registry:
    return Registry({"3": make_version(0.5), "4": make_version(0.25)})


def test_a_released_version_is_served_from_the_next_request_on(
    service: Service, registry: Registry
) -> None:
    follower = registry.follow(service)
    before = service.post(make_own_case(1)).json()
    registry.alias = "4"

    how = follower.follow()

    after = service.post(make_own_case(2)).json()
    ready = service.client.get("/readyz").json()
    assert how.state is FollowState.SERVED
    assert (before["model_version"], after["model_version"]) == ("3", "4")
    assert after["p_usual"] == estimate(read_bundle(registry.versions["4"]), 2)
    assert ready["model_version"] == service.get("/api/v1/model").json()["version"] == "4"
    assert ready["following"]["state"] == "served"
    assert 'version="4"' in service.client.get("/metrics").text
    assert 'version="3"' not in service.client.get("/metrics").text


def test_every_answer_under_load_is_that_of_the_version_that_it_names(
    service: Service, registry: Registry
) -> None:
    bundles = [read_bundle(folder, version) for version, folder in registry.versions.items()]
    expected = {b.version: [estimate(b, number) for number in range(THREADS)] for b in bundles}
    answers: list[list[Any]] = [[] for _ in range(THREADS)]
    done = Event()

    def post(number: int) -> None:
        while not done.is_set():
            answers[number].append(service.post(make_own_case(number)))

    threads = [Thread(target=post, args=(number,), daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for turn in range(SWAPS):
        seen = [len(of) for of in answers]
        swap_bundle(service.app, bundles[(turn + 1) % 2])
        # the next swap waits until each thread had answers of this one
        wait_until(lambda: all(len(of) >= n + 2 for of, n in zip(answers, seen, strict=True)))  # noqa: B023
    done.set()
    for thread in threads:
        thread.join()

    assert {a.status_code for of in answers for a in of} == {201}
    bodies = [(number, a.json()) for number, of in enumerate(answers) for a in of]
    assert {body["model_version"] for _, body in bodies} == {"3", "4"}
    for number, body in bodies:
        total = sum(c["points"] for c in body["contributions"])
        assert body["p_usual"] == expected[body["model_version"]][number]
        assert body["base_points"] + total + body["limit_points"] == pytest.approx(
            100 * body["p_usual"], abs=1e-9
        )


def test_a_request_that_is_under_way_ends_with_the_version_it_began_with(
    service: Service, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swap_meanwhile(*given: Any) -> Any:
        swap_bundle(service.app, read_bundle(registry.versions["4"], "4"))
        return build_row(*given)

    monkeypatch.setattr("serving.assess.build_row", swap_meanwhile)
    began = service.post(make_own_case(1)).json()
    monkeypatch.undo()

    assert began["model_version"] == "3"
    assert began["p_usual"] == estimate(read_bundle(registry.versions["3"]), 1)
    assert service.post(make_own_case(2)).json()["model_version"] == "4"


def test_the_alias_set_back_is_followed_too(service: Service, registry: Registry) -> None:
    follower = registry.follow(service)
    served = []

    for alias in ("4", "3", "4"):
        registry.alias = alias
        follower.follow()
        served.append(service.client.get("/readyz").json()["model_version"])

    assert served == ["4", "3", "4"]


def test_a_batch_and_a_page_name_the_version_that_made_them(
    service: Service, registry: Registry
) -> None:
    registry.alias = "4"
    registry.follow(service).follow()
    service.log_on()

    cases = [make_own_case(number) for number in (1, 2)]
    made = service.client.post("/api/v1/assessments/batch", json=cases, auth=("arts", PASSWORD))

    assert {item["assessment"]["model_version"] for item in made.json()["items"]} == {"4"}
    assert "Model, versie 4" in service.client.get("/model").text
