"""What the colleagues are called who did something with a case."""

from collections.abc import Mapping

from serving.case_file import CaseFile
from serving.store.engine import Store
from serving.store.users import list_names


def find_colleagues(store: Store, file: CaseFile) -> Mapping[str, str]:
    """Return the names, by key, of who works at a case, decided about it or called the person."""
    made_by = {one.made_by for one in file.decisions} | {one.made_by for one in file.contacts}
    keys = {file.standing.assigned_to, *made_by}
    with store.reading(file.standing.sickness_fund) as connection:
        return list_names(connection, sorted(key for key in keys if key))
