"""An export outlives a power cut right after it: its files and its name are on disk."""

import os
from pathlib import Path

import pytest

from serving.export import export_extract
from tests.running_service import NOW, Service, make_own_case


def test_an_export_is_on_disk_with_its_name_before_it_is_told(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.post(make_own_case())
    flushed, out = set[int](), tmp_path / "out"
    monkeypatch.setattr(os, "fsync", lambda file: flushed.add(os.fstat(file).st_ino))

    export_extract(service.store, out, key="n3Xv8Qp1Zr6Tb0Lk5Wy2Hd9Jc4Fg7SmUe", now=NOW)

    assert {one.stat().st_ino for one in (tmp_path, out, *out.iterdir())} <= flushed
