"""What does a mail say that brings somebody to the counter?"""

from services.download.deps import Deps
from services.download.domain.contents import Contents
from services.download.domain.link import Link
from services.download.domain.mails import LinkMailContent


def offer_of(deps: Deps, link: Link, contents: Contents) -> LinkMailContent:
    """The token, made again, and what lies behind it."""
    return LinkMailContent(deps.links.token(link.transfer, link.recipient), contents.text, contents.lines())
