"""Values of the responses: types and bounds of members, objects, pages of lists, people."""

from datetime import datetime
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)

from client.errors import Json


def _parse_time(value: object) -> datetime:
    """Parse a date and time with a UTC offset that can be shown in any time zone."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError("without a UTC offset")
    try:
        found.astimezone()
    except (OverflowError, OSError):
        raise ValueError("not in every time zone") from None
    return found


def _check_header_value(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError("cannot stand in a header or a URL")
    return text


Count = Annotated[int, Field(ge=0, lt=2**63)]
"""A number of bytes, files or days."""
Positive = Annotated[int, Field(gt=0, lt=2**63)]
Moment = Annotated[datetime, BeforeValidator(_parse_time)]
HeaderValue = Annotated[str, AfterValidator(_check_header_value)]
UrlPath = Annotated[HeaderValue, Field(pattern="^/")]
"""The path of a URL on the same host."""


class ApiSchema(BaseModel):
    """Any object in a response."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", populate_by_name=True, defer_build=True)


class DocumentSchema(ApiSchema):
    """An object that is kept as it was received, in `document`, with the members that no schema reads."""

    _document: Json = PrivateAttr()

    @property
    def document(self) -> Json:
        return self._document

    @model_validator(mode="wrap")
    @classmethod
    def _keep(cls, value: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        found = validate(value)
        found._document = value
        return found


Item = TypeVar("Item", bound=ApiSchema)


class PageSchema(ApiSchema, Generic[Item]):
    """One page of a list; `next_cursor` leads to the next."""

    items: list[Item]
    next_cursor: str | None


class PersonSchema(ApiSchema):
    """A person: a proven address and a declared name."""

    address: str
    name: str = ""


class RecipientSchema(ApiSchema):
    """A recipient of a transfer."""

    address: str
    field: str
    role: str
