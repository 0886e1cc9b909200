"""What is a letter built of? The same few bricks twice: as plain text and as HTML."""

from collections.abc import Sequence

from markupsafe import Markup, escape

BLOCKS = ("<p", "<ul", "<div", "<blockquote")
PARAGRAPH = "margin:0 0 16px"
BUTTON = (
    "display:inline-block;padding:12px 20px;background:#1f4e9c;color:#ffffff;border-radius:4px;"
    "text-decoration:none;font-weight:bold"
)
QUOTE = "margin:0 0 16px;padding:8px 16px;border-left:4px solid #8a8f98"
CODE = "font-family:monospace;font-size:18px;letter-spacing:1px"


class TextBricks:
    """Plain text; a paragraph is what stands between empty lines."""

    def button(self, words: str, url: str) -> str:
        return f"{words}\n{url}"

    def lines(self, lines: Sequence[str]) -> str:
        return "\n".join(f"- {line}" for line in lines)

    def quote(self, title: str, text: str) -> str:
        quoted = "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
        return f"--- {title} ---\n{quoted}\n---"

    def entry(self, name: str, value: str) -> str:
        return f"{name} {value}"

    def code(self, value: str) -> str:
        return f"    {value}"


class HtmlBricks:
    """HTML without tables; every value is escaped here or by the template."""

    def button(self, words: str, url: str) -> Markup:
        link = Markup('<p style="{}"><a href="{}" style="{}">{}</a></p>').format(PARAGRAPH, url, BUTTON, words)
        return link + Markup('<p style="{};word-break:break-all">{}</p>').format(PARAGRAPH, url)

    def lines(self, lines: Sequence[str]) -> Markup:
        items = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
        return Markup('<ul style="margin:0 0 16px;padding-left:24px">{}</ul>').format(items)

    def quote(self, title: str, text: str) -> Markup:
        quoted = Markup("<br>").join(escape(line) for line in text.split("\n"))
        return Markup('<div style="{}"><strong>{}</strong></div><blockquote style="{}">{}</blockquote>').format(
            "margin:0 0 8px", title, QUOTE, quoted
        )

    def entry(self, name: str, value: str) -> Markup:
        return Markup("<strong>{}</strong> {}").format(name, value)

    def code(self, value: str) -> Markup:
        return Markup('<p style="{};{}">{}</p>').format(PARAGRAPH, CODE, value)


def paragraphs(html: str) -> Markup:
    """Each run of lines between empty lines as a paragraph; the bricks that are blocks stay what they are.

    A value cannot begin a block: the template has escaped its `<`.
    """
    runs = [run.strip() for run in html.split("\n\n") if run.strip()]
    return Markup("\n").join(Markup(run) if run.startswith(BLOCKS) else _paragraph(run) for run in runs)  # noqa: S704


def _paragraph(run: str) -> Markup:
    lines = run.replace("\n", "<br>\n")
    return Markup(f'<p style="{PARAGRAPH}">{lines}</p>')  # noqa: S704 - rendered with autoescape
