"""Scoring on a cluster: parts of the cases go out, and their estimates come back in order."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa

from models.bundle import Bundle
from models.suggestion import Limits
from training.engine import Cluster
from training.engine_worker import (
    ScoreOrder,
    describe_code,
    pack_cases,
    score_packed,
    ship_bundle,
)
from training.score import ROWS_AT_A_TIME


def score_on_cluster(
    cases: pd.DataFrame,
    bundle: Bundle,
    folder: Path,
    limits: tuple[Limits, ...],
    cluster: Cluster,
    report: Callable[[int], None] = lambda _: None,
) -> Iterator[pa.Table]:
    """Yield what `score_cases` yields, of parts that the workers scored; `folder` has the bundle.

    Raises EngineError where the cluster can't go on; a worker that goes away loses nothing.
    """
    order = ScoreOrder(ship_bundle(folder, bundle), limits, describe_code())
    starts = range(0, len(cases), ROWS_AT_A_TIME)
    packed = (pack_cases(cases.iloc[start : start + ROWS_AT_A_TIME]) for start in starts)
    for table in cluster.map_parts(score_packed, packed, order):
        yield table
        report(table.num_rows)
