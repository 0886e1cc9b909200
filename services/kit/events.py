"""What is a fact, and how does it travel?"""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, PlainSerializer, SecretStr

Secret = Annotated[
    SecretStr, PlainSerializer(lambda secret: secret.get_secret_value(), return_type=str, when_used="json")
]
"""A value that is masked in every repr and log, and written in clear only on the wire."""


class Value(BaseModel):
    """Plain data that facts carry: frozen, and tolerant of fields that a newer publisher added."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="float")


class Fact(Value):
    """Something that happened, in the past tense.

    `type` is the routing key, `<publisher>.<fact>.v<n>`; `readers` names the services that hear it, so that
    their queues exist before anybody publishes.
    """

    type: ClassVar[str]
    readers: ClassVar[tuple[str, ...]]

    @classmethod
    def queues(cls) -> list[str]:
        """One queue per reader: `<reader>.on.<type>`."""
        return [queue_of(reader, cls) for reader in cls.readers]


def queue_of(reader: str, fact: type[Fact]) -> str:
    """The name of the queue on which `reader` hears `fact`."""
    return f"{reader}.on.{fact.type}"
