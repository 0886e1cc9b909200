"""What is an event, and how does it travel?"""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, PlainSerializer, SecretStr

Secret = Annotated[
    SecretStr, PlainSerializer(lambda secret: secret.get_secret_value(), return_type=str, when_used="json")
]
"""A value that is masked in every repr and log, and written in clear only on the wire."""


class Value(BaseModel):
    """Plain data that events carry: frozen, and tolerant of fields that a newer publisher added."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="float")


class Event(Value):
    """Something that happened, in the past tense.

    `type` is the routing key, `<publisher>.<event>.v<n>`; `subscribers` names the services that hear it, so that
    their queues exist before anybody publishes.
    """

    type: ClassVar[str]
    subscribers: ClassVar[tuple[str, ...]]

    @classmethod
    def queues(cls) -> list[str]:
        """One queue per subscriber: `<subscriber>.on.<type>`."""
        return [queue_name(subscriber, cls) for subscriber in cls.subscribers]


def queue_name(subscriber: str, event: type[Event]) -> str:
    """The name of the queue on which `subscriber` hears `event`."""
    return f"{subscriber}.on.{event.type}"
