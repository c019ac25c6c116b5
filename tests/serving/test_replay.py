"""A past estimate is computed again, bit for bit, and what was changed since is found."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, update

from models.bundle import Bundle
from models.estimate import GainStatus
from serving.replay import Replay, Verdict, replay_all
from serving.replay_bundles import ReplayError
from serving.replay_many import Bench, draw_places, replay_many, replay_one
from serving.store.engine import EVERY_FUND
from serving.store.replays import find_kept
from serving.store.tables import assessments, contracts
from tests.running_service import (
    FUND,
    NOW,
    PASSWORD,
    Service,
    get_bundle,
    get_gain_bundle,
    make_own_case,
)
from tests.serving.referred_cases import list_audit

Start = Callable[..., Service]


class OneShelf:
    """Holds one bundle, whatever is asked for."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def find(self, _version: str, _digest: str | None) -> Bundle:
        return self.bundle


def make_varied_cases(count: int, seed: int) -> list[dict[str, Any]]:
    """Return cases of every age, a third of which have no answer at all and many with gaps."""
    rng = np.random.default_rng(seed)
    fields = get_bundle().contract.columns
    cases = []
    for number in range(1, count + 1):
        changes: dict[str, Any] = {"age_years": int(rng.integers(18, 65))}
        for field in fields:
            gone = number % 3 == 0 if field.kind == "answer" else rng.random() < 0.2
            if gone and field.missing:
                changes[field.name] = None
            elif field.name == "work_ability":
                changes[field.name] = int(rng.integers(0, 11))
            elif field.levels and field.name not in changes:
                changes[field.name] = str(rng.choice(list(field.levels)))
        cases.append(make_own_case(number, **changes))
    return cases


def assess_many(service: Service, cases: list[dict[str, Any]]) -> None:
    answer = service.client.post(
        "/api/v1/assessments/batch", json=cases, auth=("arts", PASSWORD)
    ).json()
    assert answer["refused"] == 0, answer["items"][0]


def pass_by(_: int) -> None:
    """Tell nobody how far it is."""


def build_bench(service: Service, bundle: Bundle, **changes: Any) -> Bench:
    return Bench(service.store, OneShelf(bundle), NOW, **changes)  # type: ignore[arg-type]


def find_ids(service: Service) -> list[str]:
    with service.store.reading(EVERY_FUND) as connection:
        return list(connection.execute(select(assessments.c.assessment_id)).scalars())


def change(service: Service, **values: Any) -> None:
    with service.store.writing(EVERY_FUND) as connection:
        connection.execute(update(assessments).values(values))


@pytest.mark.parametrize("status", [None, *GainStatus])
def test_hundreds_of_varied_cases_come_out_the_same_bit_for_bit(
    start_service: Start, store_url: str, status: GainStatus | None
) -> None:
    bundle = get_gain_bundle(status) if status else get_bundle()
    service = start_service(store_url, bundle)
    assess_many(service, make_varied_cases(70, seed=1))
    for number in range(71, 76):
        assert service.post(make_own_case(number, age_years=20 + number % 40)).status_code == 201

    tally = replay_many(
        draw_places(service.store, None, None, NOW), build_bench(service, bundle), count=pass_by
    )

    assert (tally.equal, tally.unproven, tally.differing) == (75, 0, [])
    assert tally.is_equal


def replay_first(service: Service, bundle: Bundle) -> Replay:
    return replay_one(find_ids(service)[0], build_bench(service, bundle))


@pytest.fixture
def gaining(start_service: Start, sqlite_url: str) -> Service:
    service = start_service(sqlite_url, get_gain_bundle(GainStatus.ESTIMATED))
    service.post(make_own_case(age_years=41))
    return service


def read_row(service: Service) -> dict[str, Any]:
    with service.store.reading(EVERY_FUND) as connection:
        return dict(connection.execute(select(assessments)).mappings().one())


def nudge(value: float) -> float:
    return float(np.nextafter(value, 2.0))


TAMPERED: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], set[str]]] = {
    "the last bit of the chance": (lambda r: {"p_usual": nudge(r["p_usual"])}, {"p_usual"}),
    "the last bit of a bound": (lambda r: {"high": nudge(r["high"])}, {"interval of p_usual"}),
    "the last bit of a reason": (
        lambda r: {"contributions": [nudge(r["contributions"][0]), *r["contributions"][1:]]},
        {"reasons of p_usual"},
    ),
    "the last bit of the gain": (lambda r: {"gain": nudge(r["gain"])}, {"gain"}),
    "a bound of the gain": (lambda r: {"gain_low": nudge(r["gain_low"])}, {"interval of gain"}),
    "a reason of the gain": (
        lambda r: {"gain_base": nudge(r["gain_base"])},
        {"reasons of gain"},
    ),
    "the chance with support": (lambda r: {"p_support": nudge(r["p_support"])}, {"p_support"}),
    "a point of the curve": (
        lambda r: {"curve": [{**r["curve"][0], "usual": 0.5}, *r["curve"][1:]]},
        {"curve"},
    ),
    "the suggestion": (
        lambda r: {"suggestion": "own_way" if r["suggestion"] != "own_way" else "refer"},
        {"suggestion"},
    ),
    "an input that no estimate uses": (
        lambda r: {"inputs": {**r["inputs"], "region": "elsewhere"}},
        {"inputs"},
    ),
    "the limits": (
        lambda r: {"limits": {**r["limits"], "not_yet_below": 1.0, "own_way_from": 1.0}},
        {"suggestion"},
    ),
    "the contract": (lambda _: {"contract_fingerprint": "other"}, {"contract"}),
    "the checksum of the bundle": (lambda _: {"bundle_digest": "0" * 64}, {"bundle"}),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_changed_is_found_and_named(gaining: Service, what: str) -> None:
    build, named = TAMPERED[what]
    with gaining.store.writing(EVERY_FUND) as connection:
        connection.execute(contracts.insert(), {"fingerprint": "other", "text": "x"})
    change(gaining, **build(read_row(gaining)))

    done = replay_first(gaining, get_gain_bundle(GainStatus.ESTIMATED))

    assert set(done.differing) == named


def test_a_changed_input_is_found_with_all_that_follows_from_it(gaining: Service) -> None:
    row = read_row(gaining)
    change(gaining, inputs={**row["inputs"], "age_years": 58})

    done = replay_first(gaining, get_gain_bundle(GainStatus.ESTIMATED))

    assert {"inputs", "p_usual", "gain"} <= set(done.differing)
    told = {one.name: one.why for one in done.parts}
    assert "age_years" in told["reasons of gain"]
    assert "58" not in " ".join(told.values())


@pytest.mark.parametrize("inputs", [{}, {"screened_on": "never"}, {"age_years": "old"}])
def test_inputs_that_cannot_be_read_any_more_are_a_difference_and_no_crash(
    gaining: Service, inputs: dict[str, Any]
) -> None:
    kept = read_row(gaining)["inputs"] if inputs else {}
    change(gaining, inputs={**kept, **inputs})

    done = replay_first(gaining, get_gain_bundle(GainStatus.ESTIMATED))

    assert {"inputs", "p_usual", "suggestion"} <= set(done.differing)
    assert done.given == {}


def test_limits_that_cannot_be_read_any_more_suggest_nothing(gaining: Service) -> None:
    change(gaining, limits={"valid_from": "2020-01-01"})

    done = replay_first(gaining, get_gain_bundle(GainStatus.ESTIMATED))

    assert done.differing == ["suggestion"]


def test_an_older_assessment_is_replayed_and_told_to_be_unproven(gaining: Service) -> None:
    change(gaining, bundle_digest=None, inputs_digest=None)

    bench = build_bench(gaining, get_gain_bundle(GainStatus.ESTIMATED))
    tally = replay_many(draw_places(gaining.store, None, None, NOW), bench, count=pass_by)
    done = replay_one(find_ids(gaining)[0], bench)

    assert (tally.equal, tally.unproven) == (1, 1)
    assert {p.name for p in done.parts if p.verdict is Verdict.NOT_KEPT} == {"inputs", "bundle"}


def test_one_by_one_gives_what_all_at_once_gives(start_service: Start, sqlite_url: str) -> None:
    bundle = get_gain_bundle(GainStatus.ESTIMATED)
    service = start_service(sqlite_url, bundle)
    assess_many(service, make_varied_cases(20, seed=2))
    with service.store.reading(EVERY_FUND) as connection:
        kept = [find_kept(connection, number) for number in find_ids(service)]

    together = replay_all([one for one in kept if one], bundle)
    alone = [replay_all([one], bundle)[0] for one in kept if one]

    assert [one.given for one in together] == [one.given for one in alone]
    assert len(alone) == 20


def test_a_replay_leaves_an_audit_line_with_who_asked(gaining: Service) -> None:
    bundle, number = get_gain_bundle(GainStatus.ESTIMATED), find_ids(gaining)[0]

    replay_one(number, build_bench(gaining, bundle, by="An Data"), shown=True)
    replay_many(
        draw_places(gaining.store, 5, None, NOW), build_bench(gaining, bundle), count=pass_by
    )

    one, many = list_audit(gaining)[-2:]
    told = {"by": "An Data", "assessment_id": number, "differing": 0, "shown": 1}
    assert one == ("replay", told)
    assert many == ("replay", {"replayed": 1, "differing": 0, "not_replayed": 0})
    report = gaining.get("/api/v1/cases/C-0001/access-report").json()
    assert "inschatting nagerekend, om na te gaan of ze klopt" in str(report["seen"])


def test_a_sample_is_no_larger_than_asked_and_only_of_the_days_asked(
    start_service: Start, sqlite_url: str
) -> None:
    service = start_service(sqlite_url)
    assess_many(service, make_varied_cases(12, seed=3))
    tomorrow = NOW.replace(day=NOW.day + 1)

    sample = draw_places(service.store, 5, None, NOW)

    assert len({one.assessment_id for one in sample}) == 5
    assert draw_places(service.store, 5, NOW.replace(hour=0), NOW) != []
    assert draw_places(service.store, None, tomorrow, NOW) == []


def test_an_unknown_a_forgotten_and_a_vanished_assessment_are_told_apart(
    either_service: Service,
) -> None:
    from serving.forget import forget_cases

    bench = build_bench(either_service, get_bundle())
    number, other = (either_service.post(make_own_case(n)).json()["assessment_id"] for n in (1, 2))

    with pytest.raises(ReplayError, match="32 hexadecimal"):
        replay_one("%", bench)
    with pytest.raises(ReplayError, match="no assessment has this number"):
        replay_one("0" * 32, bench)
    with either_service.store.writing(EVERY_FUND) as connection:
        connection.execute(assessments.delete().where(assessments.c.assessment_id == other))
    with pytest.raises(ReplayError, match="tells of no forgetting since"):
        replay_one(other, bench)
    forget_cases(either_service.store, now=NOW, key=(FUND, "C-0001"), remove=True)
    with pytest.raises(ReplayError, match="2026-04-15 and its case was forgotten"):
        replay_one(number, bench)


def test_a_name_that_cannot_stand_in_the_log_is_refused(gaining: Service) -> None:
    for name in ("", "x" * 101, "a\nb"):
        with pytest.raises(ReplayError, match="by: expected a name"):
            build_bench(gaining, get_bundle(), by=name)


def test_a_bundle_of_another_width_is_never_taken_for_the_one_kept(gaining: Service) -> None:
    other = replace(get_gain_bundle(GainStatus.ESTIMATED), digest="f" * 64)

    done = replay_first(gaining, other)

    assert done.differing == ["bundle"]
