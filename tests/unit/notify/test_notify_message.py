"""What somebody wrote cannot inject a header (R31)."""

import email
import email.policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from services.contracts.values import Person, Recipient, TransferReference
from services.notify.content.composer import MailComposer
from services.notify.content.renderer import MailRenderer
from services.notify.domain import Mail
from services.notify.smtp.message import build_message, header_text
from tests.unit.notify.contexts import AT, HOSTILE

FROM = Address("Mélanissimo", "post", "melanissimo.example")
COMPOSER = MailComposer(MailRenderer(ZoneInfo("Europe/Paris")), "https://m.example")
RECIPIENT = "sacha@ville.example"
HEADERS = [
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted"),
    *("X-Auto-Response-Suppress", "MIME-Version", "Content-Type", "Content-Language"),
]
anything = st.text(max_size=200) | st.sampled_from([HOSTILE, "a\r\nBcc: x@y.example", "=?utf-8?q?a=0Ab?=", "é" * 300])


def link_mail(name: str = "", subject: str = "", text: str = "", path: str = "f") -> Mail:
    reference = TransferReference(
        transfer="t",
        sender=Person(address="maire@ville.example", name=name),
        sender_role="external",
        subject=subject,
        language="fr",
    )
    return COMPOSER.to_recipient(
        "link",
        reference,
        Recipient(address=RECIPIENT, field="to", role="external"),
        AT,
        link=COMPOSER.page_url("download", "x"),
        quoted=text,
        files=[{"path": path, "size_bytes": 1}],
        downloads_per_file=3,
        ends_at=AT,
    )


def message_of(mail: Mail) -> EmailMessage:
    return build_message(mail, COMPOSER.render(mail), FROM, AT)


@given(name=anything, subject=anything, text=anything, path=anything)
@example(name="", subject="=?utf-8?q?a=0D=0ABcc:_x@y.example?=", text="", path="")
def test_two_parsers_find_one_recipient_and_the_headers_we_wrote(name: str, subject: str, text: str, path: str) -> None:
    mail = link_mail(name, subject, text, path)
    rendered = COMPOSER.render(mail)
    raw = message_of(mail).as_bytes()
    modern = email.message_from_bytes(raw, policy=email.policy.default)
    old = BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw)
    assert sorted(modern.keys()) == sorted(old.keys()) == sorted(HEADERS)
    assert [one.addr_spec for one in modern["to"].addresses] == [RECIPIENT]
    assert [address for _, address in getaddresses([old["to"]])] == [RECIPIENT]
    assert [one.addr_spec for one in modern["reply-to"].addresses] == ["maire@ville.example"]
    assert [one.addr_spec for one in modern["from"].addresses] == ["post@melanissimo.example"]
    assert old["reply-to"] == "maire@ville.example"
    assert str(modern["subject"]).split() == header_text(rendered.subject).split()
    plain, html = modern.get_body(("plain",)), modern.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == rendered.text
    assert html.get_content().replace("\r\n", "\n") == rendered.html
    assert [part.get_content_type() for part in modern.walk()] == [
        *("multipart/alternative", "text/plain", "text/html")
    ]


@given(text=anything)
def test_no_line_on_the_wire_is_too_long_or_ends_strangely(text: str) -> None:
    raw = message_of(link_mail(text, text, text, text)).as_bytes()
    for line in raw.split(b"\r\n"):
        assert len(line) <= 998
        assert b"\n" not in line
        assert b"\r" not in line
        assert line.isascii()


def test_the_same_mail_has_the_same_message_id_and_a_transfer_makes_one_thread() -> None:
    first, again = (message_of(link_mail()) for _ in range(2))
    news = COMPOSER.to_sender("withdrawn", TransferReference(**reference_fields()), at=AT)
    other = message_of(news)
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["References"] == other["References"] == other["In-Reply-To"]
    assert "ville.example" not in first["Message-ID"]


def reference_fields() -> dict[str, object]:
    sender = Person(address="maire@ville.example")
    return {"transfer": "t", "sender": sender, "sender_role": "external", "subject": "s", "language": "fr"}


def test_replies_go_to_the_sender_only_from_a_released_mail() -> None:
    news = COMPOSER.to_sender("withdrawn", TransferReference(**reference_fields()), at=AT)
    assert message_of(news)["Reply-To"] is None
    assert message_of(link_mail())["Reply-To"] is not None
    assert message_of(link_mail())["Auto-Submitted"] == "auto-generated"


def test_a_long_subject_with_accents_keeps_its_spaces() -> None:
    subject = "Été à Nîmes où l'œuvre s'achève — déjà prêt, çà et là, même l'été à Sète où tout s'élève"
    raw = message_of(link_mail(subject=subject)).as_bytes()
    assert str(email.message_from_bytes(raw, policy=email.policy.default)["subject"]).endswith(subject)
