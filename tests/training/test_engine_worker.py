from dataclasses import replace

import pytest

from models.bundle import BundleDamagedError, read_bundle
from tests.training.conftest import Road
from training import engine_worker
from training.engine_worker import open_shipped, ship_bundle
from training.tracking import fetch_bundle


def test_a_bundle_is_opened_once_per_digest_and_refused_when_it_changed(
    road: Road,
) -> None:
    folder, _ = fetch_bundle("champion", road.config.registry, road.uri)
    bundle = read_bundle(folder, "7")
    shipped = ship_bundle(folder, bundle)

    opened = open_shipped(shipped)

    assert opened.version == "7"
    assert opened.digest == bundle.digest
    assert open_shipped(shipped) is opened
    with pytest.raises(BundleDamagedError, match="not the one that was sent"):
        open_shipped(replace(shipped, digest="0" * 64))
    changed = shipped.files | {"model.json": b"{}"}
    with pytest.raises(BundleDamagedError, match="changed after the release"):
        engine_worker._read_shipped(replace(shipped, files=changed))
