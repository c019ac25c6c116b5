import json
import shutil
import socket
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

import kantelpunt
from features.errors import KantelpuntError
from features.progress import tell_steps
from models.bundle import BundleDamagedError
from serving import registry
from serving.demo import DemoError, build_settings, prepare
from serving.registry import RegistryError, fetch_champion, open_bundle
from serving.server import PortTakenError, open_port, serve_aside, set_up_logs
from serving.settings import SettingsError, read_settings
from serving.store.engine import Store
from serving.store.upgrade import StoreOutdatedError, check_store
from serving.store.users import UserRefusedError
from tests.factories import make_extract_tables, write_extract
from tests.running_service import PASSWORD, get_bundle_folder, make_service, make_settings

SECRET = "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy"  # noqa: S105
runner = CliRunner()


@pytest.fixture
def store_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "new" / "store.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("KANTELPUNT_BUNDLE", str(get_bundle_folder()))
    monkeypatch.delenv("KANTELPUNT_SESSION_SECRET", raising=False)
    return path


def invoke(*arguments: str, text: str = "") -> str:
    result = runner.invoke(kantelpunt.app, list(arguments), input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_new_store_gets_its_tables_an_account_and_cases(store_path: Path) -> None:
    folder = write_extract(store_path.parent / "data", make_extract_tables(10))

    upgraded = invoke("db", "upgrade")
    added = invoke(
        *("user", "add", "arts", "--role", "advising_physician", "--fund", "fonds-a"),
        text=f"{PASSWORD}\n{PASSWORD}\n",
    )
    imported = invoke("import", str(folder), "--rejected-to", str(folder))

    assert "up to date" in upgraded
    assert "added arts as advising_physician" in added
    assert PASSWORD not in added
    assert "saved 10; known already 0" in imported
    with closing(Store(f"sqlite:///{store_path}")) as store:
        check_store(store)


ACCOUNTS = [
    (("Arts", "--role", "auditor"), "small letters"),
    (("arts", "--role", "advising_physician"), "needs a sickness fund"),
    (("arts", "--role", "auditor", "--region", "limburg"), "expected a sickness fund as well"),
    (("arts", "--role", "auditor", "--password", "kort"), "12 characters"),
]


@pytest.mark.parametrize(("arguments", "said"), ACCOUNTS)
def test_an_account_that_cannot_be_is_refused_with_what_to_change(
    store_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    invoke("db", "upgrade")
    password = () if "--password" in arguments else ("--password", PASSWORD)

    with pytest.raises(UserRefusedError, match=said):
        invoke("user", "add", *arguments, *password)

    assert store_path.exists()


USES_STORE = [
    ("import", "x"),
    ("user", "add", "a", "--role", "auditor"),
    ("user", "password", "a"),
    ("user", "list"),
    ("audit", "verify"),
    ("forget",),
]


@pytest.mark.parametrize("command", USES_STORE)
def test_a_store_without_tables_is_not_used(store_path: Path, command: tuple[str, ...]) -> None:
    store_path.parent.mkdir()
    store_path.touch()

    with pytest.raises(StoreOutdatedError, match="kantelpunt db upgrade"):
        invoke(*command)


@pytest.mark.parametrize("command", USES_STORE)
def test_a_store_that_is_not_there_is_not_made_by_what_uses_it(
    store_path: Path, command: tuple[str, ...]
) -> None:
    with pytest.raises(StoreOutdatedError, match=r"no store at .*check DATABASE_URL"):
        invoke(*command)

    assert not store_path.parent.exists()


NOT_TO_BE_USED = [
    ("DATABASE_URL", "nonsense", ("db", "restore", "x"), "DATABASE_URL: expected sqlite"),
    ("DATABASE_URL", "postgresql://a@b:poort/c", ("db", "restore", "x"), "DATABASE_URL: expected"),
    ("DATABASE_URL", "nonsense", ("audit", "verify"), "DATABASE_URL: expected sqlite"),
    ("KANTELPUNT_RETENTION_MONTHS", "99999", ("forget",), "less than or equal to 1200"),
]


@pytest.mark.parametrize(("name", "value", "command", "told"), NOT_TO_BE_USED)
def test_a_setting_that_a_command_cannot_use_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, command: tuple[str, ...], told: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(KantelpuntError, match=told):
        invoke(*command)


SECRETS = ["", "kort", "change-me-change-me-change-me-change-me", "a" * 40, "x-secret-" * 5]


@pytest.mark.usefixtures("store_path")
@pytest.mark.parametrize("secret", SECRETS)
def test_the_service_does_not_start_with_a_missing_or_placeholder_secret(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KANTELPUNT_SESSION_SECRET", secret)
    invoke("db", "upgrade")

    with pytest.raises(SettingsError, match="KANTELPUNT_SESSION_SECRET") as caught:
        invoke("serve")

    assert not secret or secret not in str(caught.value)


@pytest.mark.usefixtures("store_path")
def test_a_port_that_is_taken_is_said_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KANTELPUNT_SESSION_SECRET", SECRET)
    invoke("db", "upgrade")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(PortTakenError, match=f"port {port}.*--port"):
            invoke("serve", "--port", str(port))


@pytest.mark.usefixtures("store_path")
def test_the_service_starts_with_everything_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTELPUNT_SESSION_SECRET", SECRET)
    monkeypatch.setattr("serving.server.run_server", lambda *_: None)
    invoke("db", "upgrade")

    said = invoke("serve", "--port", "0")

    assert "Kantelpunt: http://127.0.0.1:" in said


def test_a_setting_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTELPUNT_PORT", "veel")

    with pytest.raises(SettingsError, match="port"):
        read_settings()


def test_an_error_is_told_in_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise KantelpuntError("field: expected something else")

    monkeypatch.setattr(kantelpunt, "app", fail)

    with pytest.raises(SystemExit) as caught:
        kantelpunt.main()

    assert caught.value.code == 1
    assert capsys.readouterr().err == "error: field: expected something else\n"


def test_the_command_line_tells_its_version_and_commands() -> None:
    assert invoke("--version").strip()
    said = invoke("--help")
    for command in ("synth", "train", "release", "serve", "demo", "import", "user", "db"):
        assert command in said


def test_the_released_bundle_is_fetched_by_a_process_of_its_own_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from training.config import RegistryConfig
    from training.tracking import log_run, set_champion

    files = tmp_path / "files"
    files.mkdir()
    shutil.copytree(get_bundle_folder(), files / "bundle")
    uri, names = f"sqlite:///{tmp_path / 'mlflow.db'}", RegistryConfig("kantelpunt", "kantelpunt")
    made = log_run(files, {}, {}, names, uri)

    with pytest.raises(RegistryError, match="kantelpunt release VERSION"):
        registry.find_champion(uri, "kantelpunt", tmp_path / "cache")
    set_champion(made.version, names, uri)
    settings = make_settings("sqlite:///x.db", tracking_uri=uri, cache=tmp_path / "cache")
    bundle = open_bundle(settings)

    assert bundle.version == made.version == "1"
    kept = [p.name for p in (tmp_path / "cache").iterdir() if p.is_dir()]
    assert kept == [f"1-{made.run_id}"]
    folder, _ = registry.find_champion(uri, "kantelpunt", tmp_path / "cache")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    arguments = ["registry", "champion", "kantelpunt", str(tmp_path / "cache")]
    monkeypatch.setattr("sys.argv", arguments)
    registry.main()
    assert json.loads(capsys.readouterr().out) == {"folder": str(folder), "version": "1"}
    monkeypatch.setattr("sys.argv", ["registry", "versions", "kantelpunt"])
    registry.main()
    [listed] = json.loads(capsys.readouterr().out)["versions"]
    assert (listed["version"], listed["aliases"]) == ("1", ["champion"])
    (folder / "card.md").write_text("changed")
    monkeypatch.setattr(registry, "fetch_champion", lambda *of, **_: registry.find_champion(*of))
    assert open_bundle(settings).card == bundle.card


def test_an_mlflow_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="kantelpunt train"):
        fetch_champion(f"sqlite:///{tmp_path / 'none.db'}", "kantelpunt", tmp_path)

    assert not (tmp_path / "none.db").exists()


def test_a_registry_that_answers_nothing_readable_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.registry.sys.executable", "/bin/true")

    with pytest.raises(RegistryError, match="KANTELPUNT_BUNDLE"):
        fetch_champion("sqlite:///x.db", "kantelpunt", tmp_path)


def test_a_folder_that_is_no_bundle_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(BundleDamagedError):
        open_bundle(make_settings("sqlite:///x.db", bundle=tmp_path))


def test_a_demo_never_removes_what_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "brief.txt").write_text("van mij")

    with pytest.raises(DemoError, match=r"brief\.txt"):
        prepare(tmp_path, persons=300, fresh=True, step=tell_steps())

    assert (tmp_path / "brief.txt").read_text() == "van mij"


def test_a_demo_has_a_secret_of_its_own_and_uses_no_real_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://real/store")
    monkeypatch.setenv("KANTELPUNT_SESSION_SECRET", SECRET)

    first, again = build_settings(tmp_path / "a"), build_settings(tmp_path / "a")
    other = build_settings(tmp_path / "b")

    assert first.database_url == f"sqlite:///{tmp_path / 'a' / 'kantelpunt.db'}"
    assert first.check_secret() == again.check_secret()
    assert len({SECRET, first.check_secret(), other.check_secret()}) == 3


def test_a_server_beside_us_serves_and_stops(sqlite_url: str) -> None:
    from urllib.request import urlopen

    set_up_logs(quiet=True)
    service = make_service(sqlite_url)
    with (
        open_port("127.0.0.1", 0) as opened,
        serve_aside(service.app, opened) as address,
        urlopen(f"{address}/healthz") as answer,  # noqa: S310
    ):
        body = json.loads(answer.read())
    service.store.close()

    assert body == {"status": "ok"}
