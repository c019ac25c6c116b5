"""The pages in a browser with a slow processor: weight, first and largest paint, layout shift.

`python -m benchmarks.pages [CASES [VISITS]]`: a first visit, so with nothing cached, of log-on,
list and case with a processor that is four times as slow, in a store of 500 cases and in one of
500,000, as the benchmark of triage makes them.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.report import Board
from benchmarks.servers import PASSWORD, PHYSICIAN, build_pilot, serve_ours
from benchmarks.triage import FUND, PERSONS, fill

CHROMIUM = "/usr/bin/chromium"
DEFAULTS = ("500000", "5")
FEW = 500
SLOWER = 4
MOST_KB, MOST_FIRST_MS, MOST_LARGEST_MS, MOST_SHIFT = 200.0, 1000.0, 2500.0, 0.1
# chosen: a thousand times as many cases may cost half as much again, which is under half a second
# of what a first paint may take; more would mean that a page grows with the store
MOST_RATIO = 1.5
# the times that the browser keeps itself; paints and shifts from before this asks count too
WATCH = """() => {
  window.seen = { largest: 0, shift: 0 };
  const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note))
    .observe({ type, buffered: true });
  watch("largest-contentful-paint", (one) => { window.seen.largest = one.startTime; });
  watch("layout-shift", (one) => { if (!one.hadRecentInput) window.seen.shift += one.value; });
}"""
PAINTED = "performance.getEntriesByName('first-contentful-paint').length && window.seen.largest"
TELL = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const [first] = performance.getEntriesByName("first-contentful-paint");
  return { first: first.startTime, answer: page.responseEnd, ...window.seen };
}"""


@dataclass(frozen=True)
class Visit:
    """What one visit of a page took; times in milliseconds since it was asked for."""

    kb: float
    requests: int
    origins: int
    answer: float
    first: float
    largest: float
    shift: float


class Meter:
    """Counts what comes over the wire, as compressed as it came."""

    def __init__(self, page: Page, slower: int) -> None:
        """Slow the processor down, and listen."""
        self.bytes, self.urls = 0.0, list[str]()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        session.on("Network.loadingFinished", self._add)
        session.on("Network.requestWillBeSent", self._note)

    def _add(self, event: dict[str, Any]) -> None:
        self.bytes += event["encodedDataLength"]

    def _note(self, event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith("data:"):
            self.urls.append(event["request"]["url"])


def visit(browser: Browser, address: str, path: str, cookies: list[Any]) -> Visit:
    """Open a page as one who never was there before, but for being logged on."""
    context = browser.new_context(locale="nl-BE", viewport={"width": 1440, "height": 900})
    context.add_cookies(cookies)
    page = context.new_page()
    meter = Meter(page, SLOWER)
    answer = page.goto(address + path, wait_until="load")
    if answer is None or answer.status != 200:
        raise SystemExit("a page that is measured was not shown")
    page.evaluate(WATCH)
    page.wait_for_load_state("networkidle")
    page.wait_for_function(PAINTED)
    seen: dict[str, float] = page.evaluate(TELL)
    context.close()
    origins = {url.split("/")[2] for url in meter.urls}
    return Visit(kb=meter.bytes / 1000, requests=len(meter.urls), origins=len(origins), **seen)


def enter(browser: Browser, address: str) -> list[Any]:
    """Log on, and return the cookies of it."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/login")
    page.fill("#name", PHYSICIAN)
    page.fill("#password", PASSWORD)
    page.locator("form button").first.click()
    page.locator("a.kp-case").first.wait_for()
    cookies = list(context.cookies())
    context.close()
    return cookies


def measure(
    where: str, address: str, case_id: str, browser: Browser, times: int, board: Board
) -> list[float]:
    """Print each page of a store; return the median first paints of list and case."""
    cookies, paints = enter(browser, address), []
    for name, path in {"log-on": "/login", "list": "/", "case": f"/dossiers/{case_id}"}.items():
        known = [] if name == "log-on" else cookies
        visit(browser, address, path, known)  # what is built once is built now
        visits = [visit(browser, address, path, known) for _ in range(times)]
        paints.append(report(f"{where}, {name}", visits, board))
    return paints[1:]


def report(what: str, visits: list[Visit], board: Board) -> float:
    """Print the medians of some visits; return that of the first paint."""
    median = {
        name: statistics.median(float(getattr(one, name)) for one in visits)
        for name in Visit.__dataclass_fields__
    }
    most = f"under {MOST_KB:.0f} kB"
    board.add(f"{what}: first visit, compressed", median["kb"], "kB", most, median["kb"] < MOST_KB)
    board.add(f"{what}: requests", median["requests"], "")
    board.add(f"{what}: origins", median["origins"], "", "one", median["origins"] == 1)
    board.add(f"{what}: answer complete", median["answer"], "ms")
    for name, limit in (("first", MOST_FIRST_MS), ("largest", MOST_LARGEST_MS)):
        paint, most = f"{what}: {name} contentful paint", f"under {limit:,.0f} ms"
        board.add(paint, median[name], "ms", most, median[name] < limit)
    most = f"under {MOST_SHIFT:g}"
    board.add(f"{what}: layout shift", median["shift"], "", most, median["shift"] < MOST_SHIFT)
    return median["first"]


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start a browser; the service has a core of its own, so both do not wait for each other."""
    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def main() -> None:
    """Measure a small store and a large one; CASES and VISITS from the command line."""
    count, times = (int(w) for w in (*sys.argv[1:], *DEFAULTS[len(sys.argv) - 1 :]))
    board = Board("pages")
    paints: dict[int, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle, extract = build_pilot(folder, PERSONS)
        # one of those that were estimated, and no copy
        case_id = str(extract.cases["case_id"].iloc[0])
        for cases in (FEW, count):
            database = f"sqlite:///{folder}/store-{cases}.db"
            with serve_ours(folder, database, FUND) as server, open_browser() as browser:
                fill(database, bundle, extract, cases)
                address, where = f"http://127.0.0.1:{server.port}", f"{cases:,} cases"
                paints[cases] = measure(where, address, case_id, browser, times, board)
    for page, few, many in zip(("list", "case"), paints[FEW], paints[count], strict=True):
        what = f"{page}: first contentful paint with {count:,} cases, of that with {FEW}"
        board.add(what, many / few, "times", f"under {MOST_RATIO:g}", many / few < MOST_RATIO)
    board.close()


if __name__ == "__main__":
    main()
