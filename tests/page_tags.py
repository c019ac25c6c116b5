"""The tags of a page, for tests."""

from html.parser import HTMLParser


class Tags(HTMLParser):
    """Keeps every tag of a page with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def list_of(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def read_tags(page: str) -> Tags:
    """Return the tags of a page."""
    found = Tags()
    found.feed(page)
    return found
