"""An import that runs while another model is put in place ends with the one it began with."""

from pathlib import Path
from typing import Any

import pytest

from models.bundle import read_bundle
from serving import intake_file
from serving.assess import assess_for_list
from serving.swapping import swap_bundle
from tests.running_service import FUND, Service
from tests.serving.case_work import read_rows
from tests.serving.released import make_version

# the fixture `service` of those tests has a folder for files of its own
from tests.serving.test_uploads import make_file, send, service, wait  # noqa: F401

VERSIONS = "select model_version, count(*) from assessments group by 1 order by 1"


def test_every_row_of_a_file_names_the_version_with_which_its_import_began(
    service: Service,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches: list[int] = []

    def assess_and_swap(cases: Any, desk: Any) -> Any:
        batches.append(len(cases))
        swap_bundle(service.app, read_bundle(make_version(0.25), "4"))
        return assess_for_list(cases, desk)

    monkeypatch.setattr(intake_file, "BATCH", 5)
    monkeypatch.setattr(intake_file, "assess_for_list", assess_and_swap)

    first = wait(service, send(service, make_file(tmp_path / "x", 20, sickness_fund=FUND)))
    kept = read_rows(service, VERSIONS)
    again = wait(service, send(service, make_file(tmp_path / "y", 20, sickness_fund=FUND)))

    assert (first["model_version"], again["model_version"]) == ("3", "4")
    assert kept == [("3", 20)]
    assert read_rows(service, VERSIONS) == [("3", 20), ("4", 20)]
    assert batches[:4] == [5] * 4


def test_a_file_that_waited_during_the_swap_is_imported_with_the_new_version(
    service: Service,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uploads = service.app.state.service.uploads
    monkeypatch.setattr(uploads, "start", lambda: None)
    waiting = send(service, make_file(tmp_path / "x", 10, sickness_fund=FUND))
    monkeypatch.undo()
    swap_bundle(service.app, read_bundle(make_version(0.25), "4"))

    uploads.start()
    done = wait(service, waiting)

    assert (done["status"], done["model_version"]) == ("done", "4")
    assert read_rows(service, VERSIONS) == [("4", 10)]
