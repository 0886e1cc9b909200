"""The base classes of events, their values and their secrets."""

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

    `type` is the routing key, `<publisher>.<event>.v<n>`. `subscribers` names the services that handle the event, so
    that their queues exist before anybody publishes.
    """

    type: ClassVar[str]
    subscribers: ClassVar[tuple[str, ...]]

    @classmethod
    def queues(cls) -> list[str]:
        """Return the names of the queues, one per subscriber: `<subscriber>.on.<type>`."""
        return [queue_name(subscriber, cls) for subscriber in cls.subscribers]


def queue_name(subscriber: str, event: type[Event]) -> str:
    """Return the name of the queue from which `subscriber` receives `event`."""
    return f"{subscriber}.on.{event.type}"
