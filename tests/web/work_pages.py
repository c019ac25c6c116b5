"""Working on a case by its page, for tests: open it, send its forms, and read the answer."""

import re
from dataclasses import dataclass
from typing import Any

from tests.running_service import Service
from tests.web.test_pages import Outline

CARRIED = ("token", "state_version", "assessment_id", "contract_seen")


@dataclass
class Clerk:
    """Somebody who is logged on and works by the pages."""

    service: Service
    case_id: str

    @property
    def address(self) -> str:
        return f"/dossiers/{self.case_id}"

    def log_on(self, user: str) -> "Clerk":
        self.service.client.cookies.clear()
        self.service.log_on(user)
        return self

    def open(self, path: str = "") -> str:
        answer = self.service.client.get(f"{self.address}{path}")
        assert answer.status_code == 200
        return str(answer.text)

    def carry(self, page: str) -> dict[str, str]:
        """Return what every form on a page sends along, with the confirmation that it asks."""
        found = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in CARRIED}
        asked = {"confirmed": "yes"} if 'name="confirmed"' in page else {}
        return asked | {name: one[1] for name, one in found.items() if one}

    def send(self, path: str, page: str | None = None, **fields: Any) -> Any:
        """Send a form of the page of the case, which was opened before or just now."""
        carried = self.carry(self.open() if page is None else page)
        address = f"{self.address}/{path}"
        return self.service.client.post(address, data=carried | fields, follow_redirects=False)

    def follow(self, answer: Any) -> Outline:
        """Go where a form that was kept leads."""
        assert answer.status_code == 303, Outline(answer.text).text[:300]
        return Outline(self.service.client.get(answer.headers["location"]).text)

    def find_request(self) -> str:
        """Return the id of the request that waits."""
        found = re.search(r"/vragen/([0-9a-f]{32})", self.open())
        assert found
        return found[1]


def read_faults(answer: Any) -> tuple[int, str]:
    """Return the status and the summary of a form that was refused."""
    inside = answer.text.partition('id="fouten"')[2].partition("<section")[0]
    return answer.status_code, Outline(f"<div {inside}").text
