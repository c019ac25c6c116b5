import numpy as np
import pytest

from models.intake.faults import IntakeError
from models.intake.mix import Floats, Mix, draw_shares, tell_mix

SHARES = np.array([0.5, 0.3, 0.15, 0.05])


def tell(counts: Floats, coming: float = 400.0) -> list[dict[str, list[dict[str, float]]]]:
    mix = Mix(gain_edges=(-0.1, 0.0, 0.05, 0.1, 0.3), gains=counts)
    expected = np.full((2000, len(counts)), coming)
    return tell_mix(mix, expected, np.random.default_rng(1))


def test_bands_to_come_are_those_of_recent_cases_with_an_interval() -> None:
    told = tell(np.outer([2000, 2000], SHARES))

    whole = told[0]["bands"]
    assert [band["mean"] for band in whole] == pytest.approx(SHARES.tolist(), abs=0.01)
    assert [(band["from"], band["to"]) for band in whole][:2] == [(-0.1, 0.0), (0.0, 0.05)]
    assert all(band["low"] < band["mean"] < band["high"] for band in whole)


def test_intervals_hold_the_share_that_comes_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(150):
        regions = rng.dirichlet(SHARES * 200, 5)
        told = tell(rng.multinomial(300, regions).astype(float), 250)
        came = rng.multinomial(250, regions) / 250
        bands = [one["bands"] for one in told[1:]]
        hits += [
            band["low"] <= came[place, kind] <= band["high"]
            for place, rows in enumerate(bands)
            for kind, band in enumerate(rows)
        ]

    assert 0.93 < np.mean(hits) < 0.98


def test_a_region_without_cases_borrows_the_mix_of_the_others_with_a_wider_interval() -> None:
    counts = np.outer([0, 900, 900, 900], SHARES)

    told = tell(counts)

    own, other = told[1]["bands"][0], told[2]["bands"][0]
    assert own["mean"] == pytest.approx(0.5, abs=0.05)
    assert own["high"] - own["low"] >= other["high"] - other["low"]


def test_a_mix_of_nobody_can_be_anything() -> None:
    band = tell(np.zeros((1, 4)))[1]["bands"][0]

    assert band["high"] - band["low"] > 0.5


def test_few_to_come_make_a_wider_interval_than_many() -> None:
    counts = np.outer([2000, 2000], SHARES)
    few, many = (tell(counts, coming)[1]["bands"][0] for coming in (40.0, 4000.0))

    assert few["high"] - few["low"] > 2 * (many["high"] - many["low"])


def test_shares_add_up_to_one() -> None:
    found = draw_shares(np.outer([20, 0], SHARES), 100, np.random.default_rng(1))

    assert found.sum(axis=2) == pytest.approx(np.ones((100, 2)))


def test_scores_and_suggestions_are_told_by_their_names() -> None:
    mix = Mix(
        score_edges=(0.0, 0.5, 1.0),
        scores=np.array([[60.0, 40.0]]),
        suggestions=("refer", "own_way"),
        suggested=np.array([[10.0, 90.0]]),
    )

    told = tell_mix(mix, np.full((500, 1), 100.0), np.random.default_rng(1))[0]

    assert "bands" not in told
    assert told["scores"][1]["from"] == 0.5
    assert told["suggestions"]["refer"]["mean"] == pytest.approx(0.1, abs=0.03)


def test_shares_between_two_limits_go_straight() -> None:
    mix = Mix(limits=(0.0, 0.1), refer=np.array([[5000.0, 1000.0]]), screened=np.array([10000.0]))

    assert mix.find_shares(0.05) == pytest.approx(0.3)


def test_a_small_region_leans_on_the_shares_of_all() -> None:
    mix = Mix(
        limits=(0.0, 0.1),
        refer=np.array([[2.0, 2.0], [5000.0, 1000.0]]),
        screened=np.array([2.0, 10000.0]),
    )

    assert mix.find_shares(0.1)[0] < 0.15


def test_a_limit_without_a_table_cannot_be_looked_up() -> None:
    with pytest.raises(IntakeError, match="no table of limits was kept"):
        Mix().find_shares(0.1)
