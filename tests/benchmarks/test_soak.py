"""What the soak would find, if it were there."""

import json
import os

from benchmarks.report import Board
from benchmarks.soak_jobs import Job, run_jobs
from benchmarks.soak_load import Moment
from benchmarks.soak_mix import MIX
from benchmarks.soak_report import find_ends, find_growth, report_answers, split_spans
from benchmarks.soak_uses import assess, decide, open_case, open_list
from benchmarks.soak_watch import Sample, watch_workers
from benchmarks.soak_world import Answer, Given, World
from tests.waiting import wait_until

CASE = {"case_id": "shape-0", "person_key": "p-shape-0", "age_years": 40}
EXPECTED = {"1": [{"case_id": "shape-0", "model_version": "1", "p_usual": 0.5}]}
FORM = "".join(
    f'<input type="hidden" name="{name}" value="{value}">'
    for name, value in (("token", "t"), ("state_version", "0"), ("assessment_id", "a"))
)


def make_world() -> World:
    given = Given(
        physicians=("arts",),
        coordinators=("coordinator",),
        planner="planner",
        auditor="auditor",
        guests=("gast",),
        system="systeem",
        password="geheim",  # noqa: S106
        today="2026-04-15",
        cases=[CASE],
        expected=EXPECTED,
    )
    return World(given)


def answer(status: int, text: str = "") -> Answer:
    return Answer(status, f"HTTP/1.1 {status} OK\r\n", text)


def tell(**changes: object) -> str:
    told = {"assessment_id": "x", "made_at": "now", "case_id": "soak-000000"}
    return json.dumps(told | {"model_version": "1", "p_usual": 0.5} | changes)


def test_an_assessment_with_a_number_of_another_version_is_wrong_and_not_counted_as_kept() -> None:
    world = make_world()
    use = assess(world)

    judged = [use.judge(answer(201, tell(p_usual=0.25))), use.judge(answer(503))]
    right = use.judge(answer(201, tell()))

    assert judged == ["not the answer of version 1", "503 instead of 201"]
    assert right == ""
    assert world.kept.assessments == ["x"]


def test_a_case_goes_from_the_list_to_a_decision_that_is_remembered_once_it_is_kept() -> None:
    world, list_page = make_world(), '<h1>Triagelijst</h1><a href="/dossiers/C-1">'

    first = open_case(world)
    listed = open_list(world).judge(answer(200, list_page))
    opened = open_case(world)
    assert first is None
    assert opened is not None
    shown = opened.judge(answer(200, "<h1>Dossier C-1</h1>" + FORM))
    decided = decide(world)
    assert decided is not None
    refused = decided.judge(answer(409))
    before = list(world.kept.decisions)
    kept = decided.judge(answer(303))

    assert (listed, shown, refused, kept) == ("", "", "409 instead of 303", "")
    assert (before, world.kept.decisions) == ([], ["C-1"])


def test_a_page_of_an_error_that_answers_200_is_wrong() -> None:
    wrong = open_list(make_world()).judge(answer(200, "<h1>Even niet</h1>"))

    assert "Triagelijst" in wrong


def test_the_mix_is_told_in_parts_of_a_thousand() -> None:
    assert sum(MIX.values()) == 1000


def test_waiting_that_grows_in_the_last_third_is_found() -> None:
    ms = {0: 10.0, 1: 50.0, 2: 20.0}
    moments = [Moment("list", float(s), ms[s // 60], 200, "") for s in range(180)]

    assert find_growth(moments, 3.0) == 2.0
    assert find_growth(moments, 3.0, since=1) == 0.4
    assert [len(span) for span in split_spans(moments, 1.0)] == [60, 60, 60]


def test_of_few_answers_of_a_kind_the_longest_is_told_and_no_p99() -> None:
    board = Board("soak")
    counts = {"list": 1_000, "what-if": 300}
    moments = [
        Moment(kind, float(place), float(place), 200, "")
        for kind, count in counts.items()
        for place in range(count)
    ]

    report_answers(moments, 60.0, board)

    told = {str(row["what"]): row["value"] for row in board.rows}
    assert (told["list"], told["list, p99"]) == (1_000, 989.01)
    assert (told["what-if"], told["what-if, longest"]) == (300, 299)
    assert "what-if, p99" not in told


def test_memory_is_held_against_what_it_was_once_warm() -> None:
    held = {minute: 80.0 if minute < 10 else 200.0 + minute for minute in range(60)}
    samples = [Sample(float(at), 0, mib, 10, 4, 2, 1.0) for at, mib in held.items()]

    assert find_ends(samples, 10.0, 60.0) == (214.5, 254.5)


def test_what_a_process_holds_is_sampled() -> None:
    with watch_workers([os.getpid()], 1, 0.01) as samples:
        wait_until(lambda: bool(samples))

    assert samples[0].rss_mib > 10
    assert samples[0].files > 2
    assert samples[0].connections == 0


def test_a_job_that_fails_is_told_and_the_next_is_done() -> None:
    def fail() -> str:
        raise OSError("gone")

    with run_jobs([[Job("import", 0.0, fail), Job("import", 0.0, lambda: "")]], 1.0) as jobs:
        wait_until(lambda: len(jobs.done) == 2)

    assert [one.is_right for one in jobs.done] == [False, True]
    assert "gone" in jobs.done[0].said
