"""A document in Markdown as one page: everything in it, no script, nothing from elsewhere."""

import re
from base64 import b64encode
from collections.abc import Mapping
from html import escape

from markupsafe import Markup

from training.document_markup import build_parser, render_markdown, tell
from training.page_templates import build_environment


def render_page(
    markdown: str, pictures: Mapping[str, bytes], subtitle: str, *, numbered: bool = False
) -> str:
    """Return the page of a document whose first line is its title; pictures are PNG by name.

    With `numbered` the chapters bear numbers of their own.
    """
    heading, _, rest = markdown.partition("\n")
    body, contents = render_markdown(rest)
    for name, png in pictures.items():
        data = f"data:image/png;base64,{b64encode(png).decode()}"
        body = body.replace(f'src="plots/{escape(name)}"', f'src="{data}"')
    body = re.sub(r"<p>(<img [^>]*>)</p>", r"<figure>\1</figure>", body)
    template = build_environment().get_template("document.html")
    title = tell(build_parser().parseInline(heading.removeprefix("# "))[0])
    return template.render(
        lang="en",
        title=title,
        heading=title,
        subtitle=subtitle,
        contents=contents,
        numbered=numbered,
        body=Markup(body),  # noqa: S704  # from Markdown that takes no HTML
    )
