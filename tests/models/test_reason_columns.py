import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.reason_columns import NONE, ReasonColumns, build_columns
from models.reasons import name_nl, phrase_nl, reasons_of_many
from tests.models.worlds import make_contract, make_matrix

CONTRACT = make_contract()


def list_rows(found: ReasonColumns) -> list[list[tuple[str, float, str]]]:
    """Return the reasons of each row: field, points and sentence."""
    columns = zip(found.field, found.points, found.text, strict=True)
    return [
        [
            (found.fields[field], points, found.texts[text])
            for field, points, text in zip(*row, strict=True)
            if field != NONE
        ]
        for row in columns
    ]


@given(
    st.integers(0, 10_000), st.integers(1, 8), st.sampled_from([phrase_nl, name_nl]), st.booleans()
)
@settings(max_examples=60, deadline=None)
def test_columns_hold_the_reasons_that_each_case_has_alone(
    seed: int, most: int, say: object, are_rough: bool
) -> None:
    rng = np.random.default_rng(seed)
    matrix = make_matrix(40, seed)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    matrix[:, 0] += rng.choice([0.0, 0.25], 40)
    # rough ones tie, are 0, or are not known
    given = rng.normal(size=matrix.shape)
    parts = rng.choice([0.0, -0.0, 0.1, -0.1, np.nan], matrix.shape) if are_rough else given
    points = np.nan_to_num(parts, nan=0.0)

    found = build_columns(parts, matrix, CONTRACT, most, say)  # type: ignore[arg-type]

    alone = reasons_of_many(points, matrix, CONTRACT, most, say)  # type: ignore[arg-type]
    expected = [[(r.field, r.points, r.text_nl) for r in row if r.points] for row in alone]
    assert list_rows(found) == expected
    assert found.field.shape == found.points.shape == found.text.shape == (40, most)


def test_a_sentence_that_comes_back_is_made_once() -> None:
    matrix = np.repeat(make_matrix(1, seed=2), 500, axis=0)

    found = build_columns(np.full(matrix.shape, 0.1), matrix, CONTRACT, 3)

    assert len(found.texts) == 3
    assert np.isfinite(found.points).all()
