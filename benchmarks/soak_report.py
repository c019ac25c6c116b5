"""What the soak is judged by: answers, waiting, memory, jobs, and what the store holds."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import theilslopes

from benchmarks.report import Board
from benchmarks.soak_jobs import Done, Job
from benchmarks.soak_load import Moment
from benchmarks.soak_watch import Sample

# people lose their thread after a second: half of it is left to their network and browser
MOST_P99_MS = 500.0
# what nobody notices: of two waits the shorter has to be about a fifth shorter
MOST_GROWTH = 1.25
# of memory: pages that an interpreter does not give back at once; of 300 MiB it hides what grows by
# less than 22 MiB an hour, which is why that growth is told as well
MOST_MORE = 1.05
WARM_MINUTES = 10.0
# a shorter soak is over before it is warm: its growth is told and not judged
FULL_MINUTES = 30.0
SPAN_MINUTES = 10.0
# ten answers took longer than this p99: of fewer, the next hour gives another one
FEWEST_FOR_P99 = 1_000
STEADY = ("files", "threads", "connections")


def report_answers(moments: Sequence[Moment], minutes: float, board: Board) -> None:
    """Print how many answers were wrong, and how long each kind took."""
    wrong = Counter((one.kind, one.wrong) for one in moments if one.wrong)
    for (kind, what), count in wrong.most_common(20):
        print(f"    {kind}: {what}: {count}")
    board.add("requests", len(moments), "answers")
    board.add("per second", len(moments) / minutes / 60, "requests/s")
    total = sum(wrong.values())
    board.add("answers that were not as they should be", total, "answers", "0", total == 0)
    for kind in sorted({one.kind for one in moments}):
        ms = _list_ms([one for one in moments if one.kind == kind])
        board.add(kind, len(ms), "answers")
        board.add(f"{kind}, median", float(np.median(ms)), "ms")
        p99 = find_p99(ms)
        what, tail = ("longest", float(ms.max())) if np.isnan(p99) else ("p99", p99)
        board.add(f"{kind}, {what}", tail, "ms")


def report_waiting(moments: Sequence[Moment], minutes: float, board: Board) -> None:
    """Print the waiting of all together, as time goes on."""
    ms = _list_ms(moments)
    board.add("median of all", float(np.median(ms)), "ms")
    p99 = float(np.quantile(ms, 0.99))
    board.add("p99 of all", p99, "ms", f"under {MOST_P99_MS:g} ms", p99 < MOST_P99_MS)
    board.add("longest", float(ms.max()), "ms")
    spans = split_spans(moments, min(SPAN_MINUTES, minutes / 6))
    for place, span in enumerate(spans):
        found = float(np.quantile(_list_ms(span), 0.99))
        board.add(f"p99 of span {place + 1} of {len(spans)}", found, "ms")
    # the first third begins cold: beside the middle one, slower answers cannot hide behind that
    since = find_growth(moments, minutes, since=1)
    board.add("p99 of the last third, of the middle one", since, "times")
    growth = find_growth(moments, minutes)
    limit = f"at most {MOST_GROWTH:g}" if minutes >= FULL_MINUTES else ""
    board.add("p99 of the last third, of the first", growth, "times", limit, growth <= MOST_GROWTH)


def _list_ms(moments: Sequence[Moment]) -> NDArray[np.float64]:
    return np.array([one.ms for one in moments])


def find_p99(ms: NDArray[np.float64]) -> float:
    """Return the p99 of answers, NaN of too few to have one."""
    return float(np.quantile(ms, 0.99)) if len(ms) >= FEWEST_FOR_P99 else np.nan


def split_spans(moments: Sequence[Moment], minutes: float) -> list[list[Moment]]:
    """Return the moments of each span of so many minutes, in order."""
    found: dict[int, list[Moment]] = {}
    for one in moments:
        found.setdefault(int(one.due / 60 / minutes), []).append(one)
    return [found[place] for place in sorted(found)]


def find_growth(moments: Sequence[Moment], minutes: float, since: int = 0) -> float:
    """Return the p99 of the last third of the time, as times that of an earlier one."""
    then, last = (
        [one for one in moments if low <= one.due / 60 < low + minutes / 3]
        for low in (since * minutes / 3, 2 * minutes / 3)
    )
    return float(np.quantile(_list_ms(last), 0.99) / np.quantile(_list_ms(then), 0.99))


def report_workers(samples: Sequence[Sample], minutes: float, board: Board) -> None:
    """Print what each worker held: its growth after warming up, and what must not grow."""
    judged = minutes >= FULL_MINUTES
    warm = WARM_MINUTES if judged else minutes / 3
    for worker in sorted({one.worker for one in samples}):
        own = [one for one in samples if one.worker == worker]
        after = [one for one in own if one.minute >= warm]
        at, rss = np.array([(one.minute / 60, one.rss_mib) for one in after]).T
        name = f"worker {worker + 1}"
        busy = (own[-1].cpu_seconds - own[0].cpu_seconds) / 60 / (own[-1].minute - own[0].minute)
        board.add(f"{name}: share of a core", busy, "")
        board.add(f"{name}: highest memory", max(one.rss_mib for one in own), "MiB")
        slope = float(theilslopes(rss, at).slope)
        board.add(f"{name}: memory per hour once warm", slope, "MiB")
        early, late = find_ends(own, warm, minutes)
        board.add(f"{name}: memory early", early, "MiB")
        limit = f"at most {MOST_MORE:g}" if judged else ""
        more = late / early
        board.add(f"{name}: memory late, of early", more, "times", limit, more <= MOST_MORE)
        for what in STEADY:
            first, last = find_ends(own, warm, minutes, what)
            limit = "no more than early, and 3" if judged else ""
            board.add(f"{name}: {what} early", first, "")
            board.add(f"{name}: {what} late", last, "", limit, last <= first + 3)


def find_ends(
    samples: Sequence[Sample], warm: float, minutes: float, what: str = "rss_mib"
) -> tuple[float, float]:
    """Return the medians of the first and the last ten minutes, or third, of what came after."""
    span = min(WARM_MINUTES, (minutes - warm) / 3)
    early = [getattr(one, what) for one in samples if warm <= one.minute < warm + span]
    late = [getattr(one, what) for one in samples if one.minute >= minutes - span]
    return float(np.median(early)), float(np.median(late))


def report_jobs(
    lanes: Sequence[Sequence[Job]], done: Sequence[Done], minutes: float, board: Board
) -> None:
    """Print of each kind of job how often it was done, and how long that took at most."""
    for name in dict.fromkeys(job.name for lane in lanes for job in lane):
        planned = sum(job.name == name for lane in lanes for job in lane)
        own = [one for one in done if one.name == name]
        right = sum(one.is_right for one in own)
        for one in own:
            if not one.is_right:
                print(f"    {name}, in minute {one.minute:.1f}: {one.said}")
        # in a try what comes late is left out
        asked = planned if minutes >= FULL_MINUTES else len(own)
        board.add(f"{name}: done", right, "times", f"{asked}", right == asked)
        board.add(f"{name}: longest", max((one.seconds for one in own), default=0.0), "s")


def report_store(found: Mapping[str, tuple[int, int]], board: Board) -> None:
    """Print of each kind what was confirmed next to what the store holds."""
    for what, (confirmed, kept) in found.items():
        limit = f"{confirmed:,}, as confirmed"
        board.add(f"{what} in the store", kept, "", limit, kept == confirmed)


def write_moments(moments: Sequence[Moment], minutes: float, path: Path) -> None:
    """Keep, per kind and span, how many there were and how long they took."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(("span", "kind", "answers", "wrong", "p50_ms", "p99_ms", "most_ms"))
        for place, span in enumerate(split_spans(moments, min(SPAN_MINUTES, minutes / 6))):
            for kind in sorted({one.kind for one in span}):
                own = [one for one in span if one.kind == kind]
                ms, wrong = _list_ms(own), sum(bool(one.wrong) for one in own)
                took = [round(float(one), 1) for one in (np.median(ms), find_p99(ms), ms.max())]
                rows.writerow((place + 1, kind, len(own), wrong, *took))
