"""What notebooks start from, and the style of their pictures."""

import itertools
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from training.bench import CONFIG, PERSONS, open_bench, read_settings
from training.drawing import BLUE, draw_intervals, name_ends, start_picture, without_screen


def test_a_bench_knows_the_truth_of_its_own_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PERSONS, "60")

    bench = open_bench("rct", persons=5000)

    cases = bench.extract.cases
    turned = cases.iloc[::-1]
    there = bench.find_truth(turned["case_id"], turned["screened_on"])["gain"].to_numpy()
    assert cases["person_key"].nunique() == 60
    assert np.array_equal(there[::-1], bench.tell_truth("gain"))
    assert np.isfinite(there).all()


def test_a_quick_run_reads_its_own_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = read_settings()
    path = tmp_path / "quick.toml"
    path.write_text("[evaluate]\nresamples = 7\n")

    monkeypatch.setenv(CONFIG, str(path))

    assert read_settings().evaluate.resamples == 7
    assert read_settings().windows == whole.windows


def test_labels_at_the_ends_of_lines_never_overlap() -> None:
    figure, (axes,) = start_picture("Two lines end at the same height")
    axes.set(xlim=(0, 2), ylim=(0, 10))

    name_ends(axes, [(1, 5, "one", BLUE), (1, 5.01, "two", BLUE), (1, 5.02, "three", BLUE)])

    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    plt.close(figure)
    assert len(boxes) == 3
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_intervals_stand_in_the_order_that_they_are_given_in() -> None:
    figure, (axes,) = start_picture("First on top")

    draw_intervals(axes, ["first", "second"], [1, 2], [0, 1], [2, 3], [BLUE, BLUE])

    heights = {text.get_text(): tick for tick, text in zip(*plot_ticks(axes), strict=True)}
    plt.close(figure)
    assert heights["first"] > heights["second"]


def plot_ticks(axes: mpl.axes.Axes) -> tuple[list[float], list[mpl.text.Text]]:
    return list(axes.get_yticks()), list(axes.get_yticklabels())


def test_pictures_for_files_leave_none_behind() -> None:
    with without_screen():
        plt.figure()

    assert plt.get_fignums() == []
