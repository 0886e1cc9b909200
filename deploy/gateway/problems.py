"""The problems that the gateway answers itself, and the nginx maps of their slugs and titles."""

import re
from collections.abc import Iterator

from services.kit.objects import StoreUnavailable
from services.kit.problems import BY_STATUS, InternalError
from services.kit.refusals import Conflict, Refusal, Unprocessable


class UriTooLong(Refusal):
    """The requested address is too long."""

    status = 414
    title_fr = "L'adresse demandée est trop longue."


class UnknownHost(Refusal):
    """This server does not serve that host name."""

    status = 421
    title_fr = "Ce serveur ne répond pas pour ce nom."


class TimedOut(Refusal):
    """The service did not answer in time."""

    status = 504
    title_fr = "Le service n'a pas répondu à temps."


class PartDigestMismatch(Unprocessable):
    """This part was damaged in transit; send it again."""

    title_fr = "Ce morceau a été altéré en route ; renvoyez-le."


class UploadClosed(Conflict):
    """The upload of this file was interrupted; resume it."""

    title_fr = "L'envoi de ce fichier a été interrompu ; reprenez-le."


OF_ANY_REQUEST: tuple[type[Refusal], ...] = (*BY_STATUS.values(), UriTooLong, UnknownHost, TimedOut)
OF_STORED_PARTS: tuple[type[Refusal], ...] = (PartDigestMismatch, UploadClosed, StoreUnavailable)
"""What the gateway answers when the store has refused a part."""

_PLAIN = re.compile(r"""[^"\\$<>&\x00-\x1f]+""")


def nginx_maps() -> str:
    """Return the part of the gateway's configuration that gives each problem its slug and its titles."""
    lines = ["# Generated from deploy/gateway/problems.py by `make generate`."]
    lines += ['map "$part_stage:$status" $problem_slug {', f"    default {InternalError.slug()};"]
    lines += [f'    "~^store:{each.status}$" {each.slug()};' for each in OF_STORED_PARTS]
    lines += [f'    "~:{each.status}$" {each.slug()};' for each in OF_ANY_REQUEST]
    lines += ["}", 'map "$language:$problem_slug" $problem_title {']
    lines += [f'    default "{_plain(InternalError.title("fr"))}";', *_titles(), "}"]
    return "\n".join(lines) + "\n"


def _titles() -> Iterator[str]:
    for each in (*OF_STORED_PARTS, *OF_ANY_REQUEST):
        for language in ("fr", "en"):
            yield f'    {language}:{each.slug()} "{_plain(each.title(language))}";'


def _plain(title: str) -> str:
    """Return the title; refuse one that nginx, JSON or HTML would need to escape."""
    if not _PLAIN.fullmatch(title):
        raise ValueError(f"nginx cannot hold this title as it is: {title}")
    return title
