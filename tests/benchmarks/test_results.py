"""The page of results says what was measured, where and when, and what was missed."""

from pathlib import Path

import pytest

from benchmarks import __main__ as runner
from benchmarks import report
from benchmarks.machine import PAGE
from benchmarks.report import Board, Record, find_record, to_text
from benchmarks.results import read_sections, to_section, write_page


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["benchmark", "60"])


def make_record(name: str = "swap", held: bool = True, **told: str) -> Record:
    """Return a run with one figure that has a limit and one that has none."""
    record = Record(
        name=name,
        words=[],
        started_at="2026-11-22T20:01:42+00:00",
        commit="cd24494f00+",
        machine="Some processor, 2 cores, 24 GiB",
        versions={"lightgbm": "4.7.0"},
        load=0.04,
        seconds=7384,
        rows=[
            {"what": "a | b", "value": 1234.5, "unit": "ms", "limit": "under 9", "held": held},
            {"what": "rows", "value": 0.25, "unit": "", "limit": "", "held": True},
        ],
        left_out={"real counts": "needs FILE"},
    )
    for field, value in told.items():
        setattr(record, field, value)
    return record


def keep(*records: Record) -> str:
    """Save runs, put them on the page and return it."""
    for record in records:
        record.save()
    write_page([record.name for record in records])
    return Path(PAGE).read_text("utf-8")


def test_a_section_says_with_what_and_when_it_was_measured_and_every_figure() -> None:
    section = to_section(make_record(), "Ours beside theirs.")

    assert section.startswith(
        "Ours beside theirs.\n\n- `python -m benchmarks.swap`, commit cd24494f00+"
    )
    assert "2026-11-22 20:01 UTC, 2 h 3 min, load 0.04" in section
    assert "Machine: Some processor, 2 cores, 24 GiB" in section
    assert "Versions: lightgbm 4.7.0" in section
    assert r"| a \| b | 1,234 | ms | under 9 | held |" in section
    assert "| rows | 0.25 |  |  |  |" in section
    assert "| real counts | not run: needs FILE |  |  |  |" in section


def test_what_was_missed_stands_on_top_with_its_limit() -> None:
    page = keep(make_record("swap", held=False), make_record("gain"))

    top = page.partition("## Speed")[0]
    assert r"- swap: a \| b: 1,234 ms (under 9)" in top
    assert "gain:" not in top
    assert "Nothing" not in top
    assert page.index("### swap") < page.index("### gain")


def test_where_all_held_the_page_says_that_nothing_was_missed() -> None:
    assert "## Missed\n\nNothing, of what stands below.\n" in keep(make_record())


def test_running_one_again_changes_its_section_only() -> None:
    before = read_sections(keep(make_record("swap", held=False), make_record("gain", held=False)))
    report.RESULTS.joinpath("gain.json").unlink()

    after = read_sections(keep(make_record("swap", started_at="2026-11-23T08:00:00+00:00")))

    assert after["gain"] == before["gain"]
    assert "2026-11-23 08:00" in after["swap"]
    page = Path(PAGE).read_text("utf-8")
    assert "- gain: a" in page
    assert "- swap: a" not in page
    assert "Measured: 2026-11-22 to 2026-11-23" in page


def test_two_machines_are_both_named_with_what_ran_on_them() -> None:
    page = keep(make_record("swap"), make_record("gain", machine="Another, 8 cores"))

    assert "- Machine: Some processor, 2 cores, 24 GiB (swap)\n" in page
    assert "- Machine: Another, 8 cores (gain)\n" in page
    assert "- Versions: lightgbm 4.7.0\n" in page


def test_a_board_keeps_its_run_and_tells_what_it_missed() -> None:
    board = Board("swap")
    board.add("p99", 12.0, "ms", "under 9", held=False)
    board.leave_out("real counts", "needs FILE")
    board.name_rivals("other==9.1\nrival==2.7.0 \\\n    --hash=sha256:00\n", "rival")

    with pytest.raises(SystemExit, match="missed: p99"):
        board.close()

    kept = find_record("swap")
    assert kept is not None
    assert kept.words == ["60"]
    assert kept.rows[0]["held"] is False
    assert kept.left_out == {"real counts": "needs FILE"}
    assert "cores" in kept.machine
    assert {"lightgbm", "numpy", "PostgreSQL"} <= kept.versions.keys()
    assert kept.versions["rival"] == "2.7.0"
    assert "other" not in kept.versions


@pytest.mark.parametrize(
    ("value", "told"), [(999.4, "999"), (999.7, "1,000"), (0.0123456, "0.0123")]
)
def test_a_figure_is_printed_with_three_digits(value: float, told: str) -> None:
    assert to_text(value) == told


def test_one_that_misses_or_breaks_off_keeps_the_others_from_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep(make_record("swap"))

    def start(name: str) -> int:
        if name != "swap":  # which breaks off before it has kept anything
            make_record(name, held=name != "gain").save()
        return int(name != "curve")

    monkeypatch.setattr(runner, "start", start)

    missed = runner.run(["swap", "gain", "curve"])

    assert missed == ["swap", "gain"]
    page = Path(PAGE).read_text("utf-8")
    assert "- swap: broke off with exit code 1, without figures" in page
    assert "1,234" not in read_sections(page)["swap"]
    assert "| held |" in read_sections(page)["curve"]


@pytest.mark.parametrize("kept", ["", '{"name": "sw', "[]", '{"strange": 1}', "\x00\xff"])
def test_a_record_that_cannot_be_read_stands_for_none(kept: str) -> None:
    report.RESULTS.mkdir(parents=True)
    (report.RESULTS / "swap.json").write_text(kept, "latin-1")

    write_page(["swap"])

    assert find_record("swap") is None
    assert "### swap" not in Path(PAGE).read_text("utf-8")


def test_a_group_gives_its_benchmarks_and_an_unknown_name_is_refused() -> None:
    assert runner.list_benchmarks(["bench"])[:2] == ["serving", "scoring"]
    assert runner.list_benchmarks(["gain", "swap"]) == ["gain", "swap"]
    with pytest.raises(SystemExit, match="no such benchmark: gian; expected bench, pace, quality"):
        runner.list_benchmarks(["gian"])
