"""Refusals of requests: the class name is the problem's name, the docstring its title, the parent its status."""

import inspect
import re
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
REFUSALS = "refusals"


class Refusal(Exception):
    """A decision not to do what was requested.

    `title_fr` is the title in French; keyword arguments become members of the problem (RFC 9457, section 3.2), so they
    contain nothing that the caller may not know. A subclass declares them as annotations, those that may be missing
    with `| None`.
    """

    status: ClassVar[int] = 400
    title_fr: ClassVar[str] = ""

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        super().__init__(type(self).__name__)
        self.detail = detail
        self.members = members

    @classmethod
    def slug(cls) -> str:
        """Return the problem's name: `link-already-used` for `LinkAlreadyUsed`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def title(cls, language: str = "en") -> str:
        """Return the title, one sentence, in `fr` or `en`."""
        return cls.title_fr if language == "fr" and cls.title_fr else (cls.__doc__ or "").strip().splitlines()[0]

    @classmethod
    def member_types(cls) -> dict[str, Any]:
        """Return the types of the declared members, by name."""
        of_all = inspect.get_annotations(Refusal)
        return {name: type for name, type in inspect.get_annotations(cls).items() if name not in of_all}


def refuses(*refusals: type[Refusal]) -> Callable[[Endpoint], Endpoint]:
    """Declare how an endpoint, or a dependency of endpoints, refuses; docs/openapi lists it for each operation."""

    def declare(endpoint: Endpoint) -> Endpoint:
        vars(endpoint)[REFUSALS] = refusals
        return endpoint

    return declare


class BadRequest(Refusal):
    """The request cannot be understood."""

    status = 400
    title_fr = "La demande n'est pas comprise."


class Unauthenticated(Refusal):
    """A session is required."""

    status = 401
    title_fr = "Il faut ouvrir une session."


class Forbidden(Refusal):
    """This is not allowed."""

    status = 403
    title_fr = "Cela n'est pas autorisé."


class NotFound(Refusal):
    """There is nothing here, or nothing that you may see."""

    status = 404
    title_fr = "Il n'y a rien ici, ou rien que vous puissiez voir."


class Conflict(Refusal):
    """This cannot be done in the current state."""

    status = 409
    title_fr = "Cela n'est pas possible dans l'état actuel."


class Gone(Refusal):
    """This is no longer available."""

    status = 410
    title_fr = "Cela n'est plus disponible."


class LengthRequired(Refusal):
    """Content-Length is required."""

    status = 411
    title_fr = "L'en-tête Content-Length est obligatoire."


class ContentTooLarge(Refusal):
    """This is larger than the limit."""

    status = 413
    title_fr = "La taille dépasse la limite."
    limit_bytes: int | None
    limit_characters: int | None


class UnsupportedMediaType(Refusal):
    """This content type is not accepted here."""

    status = 415
    title_fr = "Ce type de contenu n'est pas accepté ici."
    accepted: str | None


class Unprocessable(Refusal):
    """A value is not acceptable."""

    status = 422
    title_fr = "Une valeur n'est pas acceptable."


class TooManyRequests(Refusal):
    """Too many requests; wait a little."""

    status = 429
    title_fr = "Trop de demandes ; patientez un peu."

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 60, **members: Any) -> None:
        super().__init__(detail, **members)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(Refusal):
    """The service is temporarily unavailable; nothing was lost."""

    status = 503
    title_fr = "Le service est momentanément indisponible ; rien n'est perdu."

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 5, **members: Any) -> None:
        super().__init__(detail, **members)
        self.retry_after_seconds = retry_after_seconds
