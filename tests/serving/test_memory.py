import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from serving import planning
from serving.faults import RequestRefusedError
from serving.permissions import Role, User
from serving.planning import try_change
from serving.store.engine import Store
from tests.planned_store import get_planned_template

ROOT = Path(__file__).resolve().parents[2]
PLANNER = User("planner", "Planner", Role.PLANNER)
NOW = datetime(2026, 4, 20, tzinfo=UTC)
# parts small enough to come from the allocator's own room, with some that stay among them
LEAVES = """
from pathlib import Path
from serving.memory import give_back
def read():
    [line] = [x for x in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in x]
    return int(line.split()[1]) // 1024
parts = [bytearray(100_000) for _ in range(1_000)]
parts[1:-1] = parts[1:-1:100]
left = read()
give_back()
print(left - read())
"""


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with closing(Store(f"sqlite:///{get_planned_template()}")) as made:
        yield made


def test_what_is_free_goes_back_to_the_machine() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVES], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert int(done.stdout) > 50  # MiB, of the 95 that were taken


@pytest.mark.parametrize(
    ("share", "told"), [(0.9, nullcontext()), (9.0, pytest.raises(RequestRefusedError))]
)
def test_a_what_if_gives_back_what_it_took_also_where_it_is_refused(
    share: float, told: AbstractContextManager[Any], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Mock()
    monkeypatch.setattr(planning, "give_back", given)

    with told:
        try_change(PLANNER, {"consent": {"all": share}}, store=store, now=NOW)

    given.assert_called_once_with()
