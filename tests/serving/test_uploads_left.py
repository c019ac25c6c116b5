"""Files that were sent in vain leave neither their place nor themselves behind."""

import os
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from serving.deps import get_now
from serving.store.work_tables import imports
from serving.uploads import MOST_WAITING, STRAY_SECONDS
from tests.running_service import FUND, PASSWORD, Service
from tests.serving.test_uploads import IMPORTS, make_file, send, wait
from tests.waiting import wait_until

STRAY, FRESH = "a" * 32, "b" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "uploads"


@pytest.fixture
def start(
    start_service: Callable[..., Service], sqlite_url: str, folder: Path
) -> Callable[[], Service]:
    return lambda: start_service(sqlite_url, uploads=folder)


def test_a_request_that_is_wrong_beside_its_file_takes_no_place_and_leaves_no_file(
    start: Callable[[], Service], folder: Path, tmp_path: Path
) -> None:
    service, content = start(), make_file(tmp_path / "x", 5)

    for _ in range(MOST_WAITING + 1):
        files = {"file": ("meldingen.csv", content, "text/csv")}
        asked = f"{IMPORTS}?max_rejected=5"
        answer = service.client.post(asked, files=files, auth=("systeem", PASSWORD))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "max_rejected"

    assert not folder.exists()
    wait(service, send(service, content))
    service.app.state.service.uploads.stop()


def test_a_file_that_came_in_before_the_service_was_killed_does_not_stay(
    start: Callable[[], Service], folder: Path
) -> None:
    for name in (STRAY, FRESH, "of somebody else"):
        (folder / name).mkdir(parents=True)
        (folder / name / "part").write_text("case_id\n")
    moment = time.time()
    os.utime(folder / STRAY, (moment - STRAY_SECONDS - 1,) * 2)
    os.utime(folder / FRESH, (moment - STRAY_SECONDS + 60,) * 2)
    uploads = start().app.state.service.uploads

    uploads.start()

    wait_until(lambda: not (folder / STRAY).exists())
    uploads.stop()
    assert (folder / FRESH / "part").exists()
    assert (folder / "of somebody else").exists()


@pytest.mark.parametrize(("hours", "status"), [(23, "waiting"), (25, "failed")])
def test_an_import_whose_file_nobody_has_does_not_wait_for_ever(
    start: Callable[[], Service], tmp_path: Path, hours: int, status: str
) -> None:
    service = start()
    uploads = service.app.state.service.uploads
    uploads.stop()
    number = send(service, make_file(tmp_path / "x", 5)).json()["import_id"]
    shutil.rmtree(uploads.folder)
    with service.store.writing() as connection:
        began = {"began_at": get_now() - timedelta(hours=hours)}
        connection.execute(update(imports).values(began))

    again = start()
    again.app.state.service.uploads.start()
    wait(again, send(again, make_file(tmp_path / "y", 5)))  # read after what was left
    again.app.state.service.uploads.stop()

    answer = again.client.get(f"{IMPORTS}/{number}", auth=("systeem", PASSWORD)).json()
    assert answer["status"] == status


def test_a_file_that_waited_when_the_service_stopped_follows_at_the_next_start(
    start_service: Callable[..., Service], store_url: str, folder: Path, tmp_path: Path
) -> None:
    stopped = start_service(store_url, uploads=folder)
    stopped.app.state.service.uploads.stop()
    answer = send(stopped, make_file(tmp_path / "x", 6, sickness_fund=FUND))
    (place,) = folder.iterdir()
    modes = [p.stat().st_mode & 0o777 for p in (place, *place.iterdir())]

    again = start_service(store_url, uploads=folder)
    again.app.state.service.uploads.start()
    done = wait(again, answer)
    again.app.state.service.uploads.stop()

    assert modes == [0o700, 0o600, 0o600]
    assert done["counts"]["saved"] == 6


def test_a_file_that_vanishes_while_it_waits_is_told_and_can_be_sent_again(
    start: Callable[[], Service], folder: Path, tmp_path: Path
) -> None:
    stopped, content = start(), make_file(tmp_path / "x", 6, sickness_fund=FUND)
    stopped.app.state.service.uploads.stop()
    answer = send(stopped, content)
    next(folder.glob("*/cases.*")).unlink()

    again = start()
    again.app.state.service.uploads.start()
    lost = wait(again, answer)
    sent_again = wait(again, send(again, content))
    again.app.state.service.uploads.stop()

    assert lost["status"] == "failed"
    assert lost["problem"]["type"] == "urn:kantelpunt:problem:file-lost"
    assert sent_again["counts"]["saved"] == 6
