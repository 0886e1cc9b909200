"""The refusals of every service."""

from client.schemas.values import ApiSchema


class ListedProblemSchema(ApiSchema):
    """One of several problems in a refusal, with its titles by language."""

    type: str
    titles: dict[str, str] | None = None
    unreadable: list[str] | None = None


class ProblemSchema(ApiSchema):
    """A refusal (RFC 9457)."""

    type: str
    title: str | None = None
    unreadable: list[str] | None = None
    problems: list[ListedProblemSchema] | None = None
