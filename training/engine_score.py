"""Scoring on a cluster: parts of a file go out, and come back made, in the order of the file."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from features.drafts import match_columns
from training.engine import Cluster
from training.engine_worker import (
    ScoreOrder,
    SentRows,
    describe_code,
    keep_made,
    make_sent,
    pack_rows,
    ship_bundle,
)
from training.score_file import Missing, WorkOff
from training.score_join import Job
from training.score_parts import Part


def score_with(cluster: Cluster) -> WorkOff:
    """Return what makes the parts of `score_file` on a cluster.

    Parts that are there are kept here at once: what breaks off goes on where it was. A worker that
    goes away loses nothing. Raises EngineError where the cluster can't go on.
    """

    def work_off(job: Job, missing: Missing) -> Iterator[Part]:
        order = ScoreOrder(ship_bundle(job.folder, job.bundle), job.limits, describe_code())
        paths: deque[Path] = deque()

        def send() -> Iterator[SentRows]:
            for raw, path in missing:
                if not paths:  # columns that are wrong are told before anything is sent
                    match_columns(raw, "cases", job.bundle.contract)
                paths.append(path)
                yield pack_rows(raw)

        for made in cluster.map_parts(make_sent, send(), order):
            yield keep_made(made, paths.popleft())

    return work_off
