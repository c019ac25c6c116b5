"""An hour of mixed work: users, intake files, releases and the jobs of a night, all at once.

`python -m benchmarks.soak [MINUTES [PER_SECOND]]`, 60 and 30 without. Two workers behind nginx,
which needs to be installed, on one PostgreSQL, their model from a real MLflow; the requests come at
set moments, whatever the answers do.
Samples of the workers and the waiting per kind are kept in var/benchmarks.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from benchmarks.proxy import Worker, run_proxy
from benchmarks.report import RESULTS, Board
from benchmarks.soak_jobs import (
    FILES_PER_THIRD,
    RELEASES_PER_THIRD,
    THIRDS,
    Job,
    Jobs,
    Office,
    repeat,
    run_jobs,
    spread,
)
from benchmarks.soak_load import Moment
from benchmarks.soak_report import (
    report_answers,
    report_jobs,
    report_store,
    report_waiting,
    report_workers,
    write_moments,
)
from benchmarks.soak_site import (
    AUDITOR,
    COORDINATORS,
    FEW_OPEN,
    GUESTS,
    OPEN,
    PHYSICIANS,
    PLANNER,
    SYSTEM,
    Site,
    build_frame,
    build_site,
    write_file,
)
from benchmarks.soak_watch import watch_workers, write_samples
from benchmarks.swap import expect
from serving.deps import get_now
from serving.intake_rows import list_rows
from tests.running_postgres import ADMIN, Postgres, run_postgres
from training.config import read_config
from training.record import ROOT
from training.tracking import set_champion

DEFAULTS = ("60", "30")
USED_CASES = 100
SAMPLE_SECONDS = 10.0
FILE_ROWS, FEW_ROWS = 3_000, 400


def build_load(site: Site, port: int) -> dict[str, Any]:
    """Return what the process of the load reads."""
    frame = build_frame(site, "shape", 0, USED_CASES)
    rows = list_rows(frame, site.extract.contract)
    cases = [json.loads(json.dumps(row, default=str)) for row in rows]
    given = {
        "physicians": PHYSICIANS,
        "coordinators": COORDINATORS,
        "planner": PLANNER,
        "auditor": AUDITOR,
        "guests": GUESTS,
        "system": SYSTEM,
        "password": site.password,
        "today": get_now().date().isoformat(),
        "cases": cases,
        "expected": {version: expect(one, cases) for version, one in site.versions.items()},
    }
    return {
        "given": given,
        "port": port,
        "per_second": site.per_second,
        "seconds": 60 * site.minutes,
    }


def build_office(site: Site, workers: Sequence[Worker]) -> Office:
    """Return where the jobs are done."""
    words = b64encode(f"{SYSTEM}:{site.password}".encode()).decode()
    return Office(site.environment, site.folder, workers, site.fund, f"Basic {words}")


def plan_jobs(site: Site, office: Office) -> list[list[Job]]:
    """Return the jobs beside the users, in lanes: those of a lane come one after the other."""
    rows, files = FILE_ROWS if site.is_full else FEW_ROWS, THIRDS * FILES_PER_THIRD
    intake = []
    for number in range(files):
        path = write_file(site, f"file{number}", 100 * number, rows)
        part, place = (number + 0.2) / files, number % FILES_PER_THIRD
        # each worker reads a file early: what it keeps of that then counts from the start
        if place < len(office.workers):
            send = partial(office.upload_file, path, office.workers[place])
            intake.append(Job("file sent to a worker", part, send, rows))
        else:
            intake.append(Job("import", part, partial(office.import_file, path), rows))
    names, (first, other) = read_config().registry, sorted(site.versions)
    move = partial(set_champion, registry=names, uri=site.tracking)
    moves = [
        Job("release", (n + 0.4) / THIRDS / RELEASES_PER_THIRD, partial(office.release, move, v))
        for n, v in enumerate([other, first] * THIRDS)
    ]
    night = [("monitor", office.monitor), ("plan", office.plan), ("backup", office.back_up)]
    night += [("export", office.export), ("replay of 200", office.replay)]
    return [intake, moves, repeat(spread(night, 0.3))]


def drive(
    load: Mapping[str, Any], lanes: Sequence[Sequence[Job]], site: Site
) -> tuple[list[Moment], dict[str, list[str]], Jobs]:
    """Let users and jobs work beside each other until the time is over."""
    command = [sys.executable, "-c", "from benchmarks.soak_load import main; main()"]
    path, said_path = site.folder / "load.json", site.folder / "said.json"
    path.write_text(json.dumps(load))
    with (
        path.open() as given,
        said_path.open("w") as said,
        subprocess.Popen(
            command, cwd=ROOT, stdin=given, stdout=said, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        if process.stderr is None or process.stderr.readline() != "begun\n":
            raise SystemExit("the load did not begin")
        with run_jobs(lanes, 60 * site.minutes) as jobs:
            process.wait()
    told = json.loads(said_path.read_text())
    return [Moment(*one) for one in told["moments"]], told["kept"], jobs


def count_kept(site: Site, server: Postgres, kept: Mapping[str, list[str]]) -> dict[str, int]:
    """Return of each kind how many rows of the soak the store holds."""
    name = site.database.rpartition("/")[2]
    queries = {
        "assessments": "select count(*) from assessments where case_id like 'soak-%'",
        "decisions": "select count(*) from decisions where made_by like 'soak.%'",
        "contacts": "select count(*) from contacts where made_by like 'soak.%'",
        "consents": "select count(*) from consents where recorded_by like 'soak.%'",
        "imported cases": "select count(*) from cases where case_id like 'file%'",
        "assessments by their number": "select count(*) from assessments "
        "where assessment_id = any(:ids)",
    }
    engine = create_engine(server.address(name, ADMIN))
    with engine.connect() as connection:
        found = {
            what: int(connection.execute(text(query), {"ids": kept["assessments"]}).scalar_one())
            for what, query in queries.items()
        }
    engine.dispose()
    return found


def measure(site: Site, server: Postgres, board: Board) -> None:
    """Run the soak and judge it."""
    open_count = OPEN if site.is_full else FEW_OPEN
    if wrong := build_office(site, ()).import_file(write_file(site, "open", 0, open_count)):
        raise SystemExit(f"the store was not filled: {wrong}")
    workers = [Worker(site.environment, site.folder) for _ in range(2)]
    seconds = min(SAMPLE_SECONDS, 60 * site.minutes / 60)
    with ExitStack() as stack:
        for worker in workers:
            stack.callback(worker.stop)
            worker.start()
        proxy = stack.enter_context(run_proxy(site.folder, (workers[0].port, workers[1].port)))
        office = build_office(site, workers)
        lanes = plan_jobs(site, office)
        load = build_load(site, proxy.port)
        pids = [worker.pid for worker in workers]
        samples = stack.enter_context(watch_workers(pids, server.port, seconds))
        moments, kept, jobs = drive(load, lanes, site)
    write_samples(samples, RESULTS / "soak-samples.csv")
    write_moments(moments, site.minutes, RESULTS / "soak-answers.csv")
    report_answers(moments, site.minutes, board)
    report_waiting(moments, site.minutes, board)
    report_workers(samples, site.minutes, board)
    report_jobs(lanes, jobs.done, site.minutes, board)
    found = count_kept(site, server, kept)
    confirmed = {what: len(ids) for what, ids in kept.items()}
    rows = sum(one.rows for one in jobs.done)
    confirmed |= {"imported cases": rows, "assessments by their number": confirmed["assessments"]}
    report_store({what: (confirmed[what], count) for what, count in found.items()}, board)
    began, wrong = time.monotonic(), office.run("audit", "verify")
    board.add("chain of the audit log read", time.monotonic() - began, "s", "whole", not wrong)


def main() -> None:
    """Make everything ready, run, and report."""
    # who stops it also stops what it started
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    minutes, per_second = (float(w) for w in (*sys.argv[1:], *DEFAULTS[len(sys.argv) - 1 :]))
    board = Board("soak")
    with tempfile.TemporaryDirectory() as name, run_postgres() as server:
        measure(build_site(Path(name), server, minutes, per_second), server, board)
    board.close()


if __name__ == "__main__":
    main()
