"""What the benchmark of a swap would find, if it were there."""

import json

import numpy as np

from benchmarks.steady import Answered, judge
from benchmarks.swap import Move, find_delays

EXPECTED = {"1": [{"model_version": "1", "p": 0.5}], "2": [{"model_version": "2", "p": 0.25}]}


def answer(status: int, **told: object) -> Answered:
    body = json.dumps({"assessment_id": "x", "made_at": "now"} | told).encode()
    return judge(b"HTTP/1.1 %d OK" % status, body, 0, 1.0, EXPECTED)


def test_an_answer_with_a_number_of_another_version_is_found() -> None:
    right, mixed = answer(201, model_version="2", p=0.25), answer(201, model_version="2", p=0.5)
    unknown, error = answer(201, model_version="3", p=0.5), answer(503)

    assert [one.is_right for one in (right, mixed, unknown, error)] == [True, False, False, False]


def test_a_move_counts_until_its_version_answers_and_never_where_it_does_not() -> None:
    answers = [Answered(at, 1.0, 201, version, True) for at, version in ((1, "1"), (5, "2"))]

    found = find_delays(answers, [Move(3, "2"), Move(7, "1")])

    assert found == [2, np.inf]
