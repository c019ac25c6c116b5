"""`kantelpunt replay`: exit code, what it prints and what not, and where it finds a bundle."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

import kantelpunt
from features.errors import KantelpuntError
from models.bundle import BundleDamagedError, read_bundle, write_bundle
from serving import registry, replay_bundles
from serving.registry import RegistryError, RegistryGoneError
from serving.replay_bundles import ReplayError, Shelf
from serving.store.engine import EVERY_FUND
from serving.store.tables import assessments
from tests.running_service import (
    Service,
    get_bundle,
    get_bundle_folder,
    make_own_case,
    make_settings,
)

runner = CliRunner()


@pytest.fixture
def number(service: Service, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("KANTELPUNT_BUNDLE", str(get_bundle_folder()))
    case = make_own_case(age_years=41, region="limburg")
    return str(service.post(case).json()["assessment_id"])


def run(*arguments: str) -> Any:
    done = runner.invoke(kantelpunt.app, ["replay", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def change(service: Service, **values: Any) -> None:
    with service.store.writing(EVERY_FUND) as connection:
        connection.execute(update(assessments).values(values))


def test_an_assessment_that_comes_out_the_same_ends_with_0_and_shows_nothing_of_the_person(
    number: str,
) -> None:
    done = run(number, "--by", "An Data")

    assert done.exit_code == 0
    assert "all that is kept came out the same, bit for bit" in done.output
    assert f"by version 3 (bundle {get_bundle().digest[:12]})" in done.output
    for secret in ("C-0001", "P-0001", "limburg", "0.", "41"):
        assert secret not in done.output.replace(number, "")


def test_inputs_and_numbers_are_shown_where_that_is_asked(number: str) -> None:
    done = run(number, "--show")

    assert "age_years: 41" in done.output
    assert "region: limburg" in done.output
    assert "p_usual: 0." in done.output


def test_what_differs_ends_with_1_and_is_named(service: Service, number: str) -> None:
    with service.store.reading(EVERY_FUND) as connection:
        high = connection.execute(select(assessments.c.high)).scalar_one()
    change(service, high=high + 0.25)

    one, many = run(number), run("--all")

    assert (one.exit_code, many.exit_code) == (1, 1)
    assert "interval of p_usual    differs (high: by 0.25)" in one.output
    assert "1 of 13 parts differ" in one.output
    assert f"{number} differs: interval of p_usual" in many.output
    assert "replayed 1: equal 0, differing 1" in many.output


def test_all_or_a_sample_are_replayed_with_a_count(service: Service, number: str) -> None:
    assert number
    service.post(make_own_case(2))

    every, some = run("--all", "--since", "2026-04-15"), run("--sample", "1")
    none = run("--all", "--since", "2026-04-16")

    assert (every.exit_code, some.exit_code, none.exit_code) == (0, 0, 0)
    assert "replayed 2: equal 2, differing 0" in every.output
    assert "replayed 1: equal 1, differing 0" in some.output
    assert "replayed 0: equal 0, differing 0" in none.output


def test_other_limits_of_today_are_told_and_change_nothing(
    number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = Path("models/limits.toml").read_text("utf-8").replace("0.20", "0.30")
    (tmp_path / "limits.toml").write_text(today, "utf-8")
    monkeypatch.setenv("KANTELPUNT_LIMITS", str(tmp_path / "limits.toml"))

    done = run(number)

    assert done.exit_code == 0
    assert "the limits of today differ for that day" in done.output


ASKED_WRONGLY = [
    (), ("--all", "--sample", "3"), ("x", "--all"), ("x", "--since", "2026-01-01"),
    ("--all", "--show"),
]  # fmt: skip


@pytest.mark.usefixtures("number")
@pytest.mark.parametrize("arguments", ASKED_WRONGLY)
def test_what_goes_together_is_told(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_another_bundle_is_refused_and_counted(number: str, tmp_path: Path) -> None:
    bundle = get_bundle()
    write_bundle(tmp_path / "other", bundle.model, bundle.info, "another card")

    with pytest.raises(ReplayError, match=r"version 3 is another bundle .* --bundle"):
        run(number, "--bundle", str(tmp_path / "other"))
    done = run("--all", "--bundle", str(tmp_path / "other"))

    assert done.exit_code == 1
    assert "1 not replayed: version 3 is another bundle" in done.output


def test_a_bundle_of_another_release_is_told_to_need_that_release(
    number: str, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(get_bundle_folder(), tmp_path / "old"))
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"format": 4', '"format": 3'))

    with pytest.raises(ReplayError, match="replay with the release that made the assessment"):
        run(number, "--bundle", str(folder))


def test_a_bundle_that_was_damaged_is_refused(number: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(get_bundle_folder(), tmp_path / "damaged"))
    (folder / "model.json").write_text("{}")

    with pytest.raises(BundleDamagedError, match="was changed after the release"):
        run(number, "--bundle", str(folder))


def test_a_bundle_that_was_fetched_before_needs_no_registry(tmp_path: Path) -> None:
    shutil.copytree(get_bundle_folder(), tmp_path / "3-somerun")
    settings = make_settings("sqlite:///x.db", cache=tmp_path)

    found = Shelf(settings).find("3", get_bundle().digest)

    assert (found.version, found.digest) == ("3", get_bundle().digest)
    with pytest.raises(ReplayError, match="--bundle"):
        Shelf(settings).find("3", None)


def test_a_folder_that_is_served_is_known_by_its_checksum(number: str) -> None:
    assert number
    digest = get_bundle().digest
    settings = make_settings("sqlite:///x.db", bundle=get_bundle_folder())

    assert Shelf(settings).find(digest[:12], None).digest == digest
    with pytest.raises(ReplayError, match="is not the bundle in KANTELPUNT_BUNDLE"):
        Shelf(settings).find("7", None)


def test_a_version_is_fetched_from_the_registry_and_one_that_was_deleted_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    from training.config import RegistryConfig
    from training.tracking import log_run

    uri, names = f"sqlite:///{tmp_path / 'mlflow.db'}", RegistryConfig("kantelpunt", "kantelpunt")
    for name in ("first", "second"):
        bundle = replace(get_bundle(), card=f"# {name}\n")
        write_bundle(tmp_path / name / "bundle", bundle.model, bundle.info, bundle.card)
        log_run(tmp_path / name, {}, {}, names, uri)
    digest = read_bundle(tmp_path / "first" / "bundle").digest
    settings = make_settings("sqlite:///x.db", tracking_uri=uri, cache=tmp_path / "cache")
    # in this process, which imported MLflow already
    monkeypatch.setattr(replay_bundles, "fetch_version", lambda *a: registry.find_champion(*a)[0])

    found = Shelf(settings).find("1", digest)
    with pytest.raises(ReplayError, match="version 2 is another bundle"):
        Shelf(settings).find("2", digest)
    MlflowClient(uri).delete_model_version("kantelpunt", "2")
    with pytest.raises(RegistryError, match=r"version 2 .*not in the registry .*--bundle"):
        Shelf(settings).find("2", "0" * 64)

    assert (found.version, found.digest) == ("1", digest)


def test_a_registry_that_is_gone_is_told_with_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Path:
        raise RegistryGoneError("MLflow does not answer")

    monkeypatch.setattr(replay_bundles, "fetch_version", fail)
    settings = make_settings("sqlite:///x.db", cache=tmp_path)

    with pytest.raises(KantelpuntError, match="or give the folder of the bundle with --bundle"):
        Shelf(settings).find("3", None)
