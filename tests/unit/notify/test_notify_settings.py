"""What an operator may and may not set."""

import pytest
from pydantic import ValidationError

from services.notify.settings import Settings


def settings(**changes: object) -> Settings:
    given: dict[str, object] = {
        "public_base_url": "https://m.example",
        "mongo_url": "mongodb://notify:long-enough@h/",
        "amqp_url": "amqp://notify:long-enough@h/",
        "smtp_host": "relay.example",
        "mail_from": "Mélanissimo <Post@Melanissimo.example>",
    }
    return Settings(**(given | changes))  # type: ignore[arg-type]


def test_the_sender_is_one_address_in_normal_form_with_a_name() -> None:
    sender = settings().sender()
    assert (sender.display_name, sender.addr_spec) == ("Mélanissimo", "post@melanissimo.example")
    assert settings(mail_from="post@m.example").sender().display_name == ""


@pytest.mark.parametrize(
    "mail_from", ["", "nobody", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "A <a@b@c>", "<>"]
)
def test_a_sender_that_is_not_one_address_ends_the_start(mail_from: str) -> None:
    with pytest.raises(ValidationError):
        settings(mail_from=mail_from)


def test_mails_go_over_starttls_unless_the_operator_says_otherwise() -> None:
    assert settings().smtp_starttls
    assert not settings(smtp_starttls=False).smtp_starttls


def test_a_password_is_never_sent_in_clear() -> None:
    with pytest.raises(ValidationError, match="STARTTLS"):
        settings(smtp_starttls=False, smtp_username="u", smtp_password="long-enough-secret")
    assert settings(smtp_username="u", smtp_password="long-enough-secret").smtp_username == "u"


def test_a_name_without_a_password_ends_the_start() -> None:
    with pytest.raises(ValidationError, match="together"):
        settings(smtp_username="u")


def test_an_unknown_time_zone_ends_the_start() -> None:
    for zone in ("Europe/Nulle-Part", "../etc/passwd"):
        with pytest.raises(ValidationError):
            settings(time_zone=zone)
