import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import kantelpunt
from serving.demo import build_settings
from serving.permissions import Role, User
from serving.seen_users import SECONDS
from serving.settings import SettingsError, read_settings
from serving.store.audit import AuditEvent
from serving.store.engine import Store
from serving.store.users import UserRefusedError, save_log_on
from tests.running_service import NOW, PASSWORD, Service, make_settings

OTHER = "fiets lamp regen"
KEY = "oidc:" + "0" * 32
runner = CliRunner()


@pytest.fixture
def running(
    start_service: Callable[..., Service], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> Service:
    """Return a service whose store the commands use as well."""
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    return start_service(sqlite_url)


def invoke(*arguments: str, text: str = "") -> str:
    result = runner.invoke(kantelpunt.app, ["user", *arguments], input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def read_audit(service: Service) -> list[tuple[Any, ...]]:
    with service.store.reading() as connection:
        query = "select user_key, action, detail from audit where user_key = 'command line'"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def add_oidc_user(store: Store) -> None:
    user = User(KEY, "Dr. [red]Elders", Role.ADVISING_PHYSICIAN, "fonds-a")
    with store.writing() as connection:
        event = AuditEvent(NOW, KEY, "log_on")
        save_log_on(connection, user, issuer="https://elders.example", audit=event)


def test_the_list_tells_who_may_enter_from_where_and_when_last(running: Service) -> None:
    running.log_on("arts")
    add_oidc_user(running.store)
    invoke("close", "arts.b")

    lines = {line.split()[1]: line for line in invoke("list").splitlines() if "│" in line}

    assert "2026-04-15 08:00" in lines["arts"]
    assert "open" in lines["arts"]
    assert "closed" in lines["arts.b"]
    assert "identity provider" in lines[KEY]
    assert "Dr. [red]Elders" in lines[KEY]
    assert "argon2" not in str(lines)


def test_a_closed_account_is_out_at_once_on_pages_and_within_a_second_on_the_api(
    either_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = either_service
    monkeypatch.setenv("DATABASE_URL", running.app.state.service.settings.database_url)
    running.log_on("arts")
    before = running.client.get("/").status_code, running.get("/api/v1/cases").status_code

    said = invoke("close", "arts")

    page = running.client.get("/", follow_redirects=False).status_code
    time.sleep(SECONDS)
    assert before == (200, 200)
    assert (page, running.get("/api/v1/cases").status_code) == (303, 401)
    assert running.log_on("arts").status_code == 401
    assert said == "closed arts\n"
    assert [row[:2] for row in read_audit(running)] == [("command line", "close_user")]
    assert "arts" in str(read_audit(running)[0][2])


def test_another_password_counts_at_once_and_ends_the_sessions(running: Service) -> None:
    running.log_on("arts")

    said = invoke("password", "arts", text=f"{OTHER}\n{OTHER}\n")

    assert running.client.get("/", follow_redirects=False).status_code == 303
    assert running.get("/api/v1/cases").status_code == 401
    assert running.log_on("arts", OTHER).status_code == 303
    assert OTHER not in said
    assert [row[1] for row in read_audit(running)] == ["change_password"]
    assert OTHER not in str(read_audit(running))


REFUSED = [
    (("close", "niemand"), "no open account"),
    (("close", "x\x00"), "no open account"),
    (("password", "niemand", "--password", OTHER), "no open local account"),
    (("password", KEY, "--password", OTHER), "no open local account"),
    (("password", "arts", "--password", "kort"), "12 characters"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_what_cannot_be_changed_is_refused_and_leaves_no_trace(
    arguments: tuple[str, ...], said: str, running: Service
) -> None:
    add_oidc_user(running.store)

    with pytest.raises(UserRefusedError, match=said):
        invoke(*arguments)

    assert read_audit(running) == []


def test_an_account_is_closed_once(running: Service) -> None:
    invoke("close", "arts")

    with pytest.raises(UserRefusedError, match="no open account"):
        invoke("close", "arts")

    assert len(read_audit(running)) == 1


def test_a_system_of_a_fund_needs_that_fund(running: Service) -> None:
    with pytest.raises(UserRefusedError, match="needs a sickness fund"):
        invoke("add", "robot", "--role", "fund_system", "--password", PASSWORD)

    said = invoke(
        *("add", "robot", "--role", "fund_system", "--fund", "fonds-a", "--password", PASSWORD)
    )
    assert running.get("/api/v1/model", "robot").status_code in (200, 403)
    assert "added robot as fund_system" in said


def test_a_demo_has_its_own_accounts_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KANTELPUNT_OIDC_ISSUER", "https://inloggen.example")
    monkeypatch.setenv("KANTELPUNT_LOCAL_ACCOUNTS", "false")

    settings = build_settings(tmp_path)

    assert (settings.oidc_issuer, settings.local_accounts) == ("", True)


OIDC: dict[str, object] = {
    "oidc_issuer": "https://inloggen.example",
    "oidc_client_id": "kantelpunt",
    "public_url": "https://kantelpunt.example",
}
UNSAFE: list[tuple[dict[str, object], str]] = [
    ({"oidc_issuer": "", "local_accounts": False}, "LOCAL_ACCOUNTS: nobody could log on"),
    ({"oidc_issuer": "http://inloggen.example"}, "OIDC_ISSUER: expected an https address"),
    ({"oidc_issuer": "inloggen.example"}, "OIDC_ISSUER: expected an https address"),
    ({"public_url": ""}, "PUBLIC_URL: expected an https address"),
    ({"public_url": "http://127.evil.example"}, "PUBLIC_URL: expected an https address"),
    ({"oidc_client_id": ""}, "OIDC_CLIENT_ID"),
    ({"oidc_api_audience": "kantelpunt"}, "OIDC_API_AUDIENCE: expected another value"),
    ({"oidc_client_secret": "change-me-please"}, "OIDC_CLIENT_SECRET"),
    ({"oidc_client_secret": "aaaaaaaaaaaaaaaa"}, "OIDC_CLIENT_SECRET"),
]


@pytest.mark.parametrize(("changes", "said"), UNSAFE)
def test_settings_with_which_nobody_or_anybody_could_enter_are_refused(
    changes: dict[str, object], said: str
) -> None:
    settings = make_settings("sqlite:///x.db", **OIDC | changes)

    with pytest.raises(SettingsError, match=said) as caught:
        settings.check_log_on()

    secret = changes.get("oidc_client_secret")
    assert secret is None or str(secret) not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"local_accounts": False, "oidc_client_secret": "Wq8-Rz3_Tn6Yb1Vk9"},
        {"oidc_issuer": "http://localhost:9400", "public_url": "http://[::1]:8000"},
        {"oidc_issuer": ""},
    ],
)
def test_settings_with_which_some_can_enter_are_taken(changes: dict[str, object]) -> None:
    make_settings("sqlite:///x.db", **OIDC | changes).check_log_on()


def test_the_service_does_not_start_with_unsafe_settings_of_the_identity_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setenv("KANTELPUNT_SESSION_SECRET", "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy")
    monkeypatch.setenv("KANTELPUNT_OIDC_ISSUER", "http://inloggen.example")

    result = runner.invoke(kantelpunt.app, ["serve", "--port", "0"])

    assert isinstance(result.exception, SettingsError)


def test_roles_of_the_identity_provider_are_given_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTELPUNT_OIDC_ROLES", '{"kp-arts": "advising_physician"}')
    given = read_settings().oidc_roles

    monkeypatch.setenv("KANTELPUNT_OIDC_ROLES", '{"kp-arts": "directeur"}')

    assert given == {"kp-arts": Role.ADVISING_PHYSICIAN}
    with pytest.raises(SettingsError, match="oidc_roles"):
        read_settings()


def test_a_role_map_that_is_no_json_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTELPUNT_OIDC_ROLES", "kp-arts=advising_physician")

    with pytest.raises(SettingsError, match="oidc_roles"):
        read_settings()
