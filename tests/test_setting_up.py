"""Setting up on a fresh machine: the right Python, and clear words where something is missing."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def plant(folder: Path, name: str, script: str) -> None:
    """Put a stand-in for a command on the path."""
    command = folder / name
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)


def run(script: str, path: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run one of our shell scripts where only the commands in `path` can be found."""
    return subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / script), *arguments],
        env={"PATH": str(path), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_newest_python_that_runs_is_taken(tmp_path: Path) -> None:
    plant(tmp_path, "python3.13", "exit 127")
    plant(tmp_path, "python3.12", "exit 0")
    plant(tmp_path, "python3.11", "exit 0")

    found = run("find_python.sh", tmp_path)

    assert (found.returncode, found.stdout) == (0, f"{tmp_path}/python3.12\n")


def test_a_python_that_is_asked_for_goes_first(tmp_path: Path) -> None:
    plant(tmp_path, "python3.13", "exit 0")
    plant(tmp_path, "mine", "exit 0")

    found = run("find_python.sh", tmp_path, PYTHON="mine")

    assert found.stdout == f"{tmp_path}/mine\n"


def test_without_a_fitting_python_the_message_says_what_to_do(tmp_path: Path) -> None:
    plant(tmp_path, "python3", "exit 3")

    found = run("find_python.sh", tmp_path)

    assert found.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in found.stderr
    assert "apt-get install" in found.stderr


def test_a_python_without_venv_names_the_package_to_install(tmp_path: Path) -> None:
    plant(tmp_path, "python3.11", 'case "$2" in *ensurepip*) exit 4 ;; *) echo 3.11 ;; esac')

    found = run("find_python.sh", tmp_path)

    assert found.returncode == 1
    assert "apt-get install python3.11-venv" in found.stderr


def test_a_system_package_that_is_here_is_left_alone(tmp_path: Path) -> None:
    plant(tmp_path, "chromium", "")

    done = run("system_packages.sh", tmp_path, "chromium")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_rights_the_missing_system_package_is_named(tmp_path: Path) -> None:
    plant(tmp_path, "id", "echo 1000")

    done = run("system_packages.sh", tmp_path, "chromium")

    assert done.returncode == 1
    assert "sudo apt-get install chromium" in done.stderr


def test_with_rights_the_missing_system_package_is_installed(tmp_path: Path) -> None:
    plant(tmp_path, "id", "echo 0")
    (tmp_path / "env").symlink_to("/usr/bin/env")
    plant(tmp_path, "package", "")
    plant(tmp_path, "apt-get", f"/bin/cp {tmp_path}/package {tmp_path}/chromium")

    done = run("system_packages.sh", tmp_path, "chromium")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Installing system packages: chromium\n"


def test_an_install_that_fails_is_told(tmp_path: Path) -> None:
    plant(tmp_path, "id", "echo 0")
    (tmp_path / "env").symlink_to("/usr/bin/env")
    plant(tmp_path, "apt-get", "exit 100")

    done = run("system_packages.sh", tmp_path, "chromium")

    assert done.returncode == 1
    assert "System packages needed: chromium" in done.stderr
