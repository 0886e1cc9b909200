"""Who is in an agent domain? Every trick that was seen to fool a simpler test must fail here."""

import string
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.kit.addresses import MAX_LENGTH, AddressNotAcceptable, Domains, domain_of, mailbox_of, normal_form

MINISTRY = "developpement-durable.gouv.fr"
AGENTS = Domains([MINISTRY, ".finances.gouv.fr", "Élysée.fr"])

ACCEPTED = {
    "ana@developpement-durable.gouv.fr": "ana@developpement-durable.gouv.fr",
    "Ana.D'ARC@Developpement-Durable.GOUV.fr": "ana.d'arc@developpement-durable.gouv.fr",
    "ana+projet@mairie.example": "ana+projet@mairie.example",
    "ana@élysée.fr": "ana@xn--lyse-9oad.fr",
    "ana@xn--lyse-9oad.fr": "ana@xn--lyse-9oad.fr",
    "ana@developpement-durable。gouv。fr": "ana@developpement-durable.gouv.fr",
    "ana@ｄeveloppement-durable.gouv.fr": "ana@developpement-durable.gouv.fr",
    "a@b.fr": "a@b.fr",
    "o'neil@b.fr": "o'neil@b.fr",
}

REFUSED = [
    "",
    " ",
    "@",
    "ana",
    "ana@",
    "@b.fr",
    "ana@b",
    "ana@localhost",
    "ana@b.test",
    "ana@developpement-durable.gouv.fr@evil.com",
    '"a b"@developpement-durable.gouv.fr',
    '"ana@evil.com"@developpement-durable.gouv.fr',
    "ana(comment)@developpement-durable.gouv.fr",
    "ana@developpement-durable.gouv.fr(evil.com)",
    "ana@(comment)developpement-durable.gouv.fr",
    "Ana <ana@developpement-durable.gouv.fr>",
    "<ana@developpement-durable.gouv.fr>",
    "ana@developpement-durable.gouv.fr, eva@evil.com",
    "ana@developpement-durable.gouv.fr;eva@evil.com",
    "ana@developpement-durable.gouv.fr\r\nRCPT TO:<eva@evil.com",
    "ana@developpement-durable.gouv.fr\n",
    "\tana@developpement-durable.gouv.fr",
    "ana@developpement-durable.gouv.fr ",
    "ana@developpement-durable.gouv.fr\x00",
    "ana@developpement-durable.gouv.fr\u200b",
    "ana\u202e@developpement-durable.gouv.fr",
    "ana\u00ad@developpement-durable.gouv.fr",
    "ana@developpement-durable.gouv.fr\u2028",
    "ana\u00a0@developpement-durable.gouv.fr",
    "=?utf-8?q?eva=40evil.com=3e=00?=@developpement-durable.gouv.fr",
    "eva%evil.com@developpement-durable.gouv.fr",
    "evil.com!eva@developpement-durable.gouv.fr",
    "eva/evil@developpement-durable.gouv.fr",
    "`id`@developpement-durable.gouv.fr",
    "|id@developpement-durable.gouv.fr",
    "{id}@developpement-durable.gouv.fr",
    "ana@[127.0.0.1]",
    "ana@[IPv6:::1]",
    "ana@127.0.0.1",
    "ana@developpement-durable..gouv.fr",
    "ana@.gouv.fr",
    "ana@gouv.fr.",
    "ana@-gouv.fr",
    ".ana@gouv.fr",
    "ana.@gouv.fr",
    "an..a@gouv.fr",
    "añá@gouv.fr",
    "ana\\@gouv.fr",
    "ana@gouv.fr\\",
    f"{'a' * 65}@b.fr",
    f"a@{'b' * 64}.fr",
    "a" * 60 + "@" + ".".join(["b" * 60] * 4),
    "ana＠developpement-durable.gouv.fr",
    "ana@developpement-durable.gouv.fr＠evil.com",
    "ana@\ud800.fr",
]

EXTERNAL = [
    "ana@ministere.example",
    "ana@evil-developpement-durable.gouv.fr",
    "ana@evildeveloppement-durable.gouv.fr",
    "ana@developpement-durable.gouv.fr.evil.org",
    "ana@sub.developpement-durable.gouv.fr",
    "ana@gouv.fr",
    "ana@evilfinances.gouv.fr",
    "ana@finances.gouv.fr.evil.org",
    "ana@dеveloppement-durable.gouv.fr",
    "developpement-durable.gouv.fr@evil.org",
    "ana=developpement-durable.gouv.fr@evil.org",
    "-ana@developpement-durable.gouv.fr",
    "_ana@developpement-durable.gouv.fr",
    "a*na@developpement-durable.gouv.fr",
    "a#na@developpement-durable.gouv.fr",
    "a$na@developpement-durable.gouv.fr",
    "a&na@developpement-durable.gouv.fr",
    "a=na@developpement-durable.gouv.fr",
    "a?na@developpement-durable.gouv.fr",
]

AGENT = [
    "ana@developpement-durable.gouv.fr",
    "ANA@DEVELOPPEMENT-DURABLE.GOUV.FR",
    "ana.d-arc+projet@developpement-durable.gouv.fr",
    "ana_d'arc@developpement-durable.gouv.fr",
    "a@developpement-durable.gouv.fr",
    "ana@finances.gouv.fr",
    "ana@dgfip.finances.gouv.fr",
    "ana@a.b.finances.gouv.fr",
    "ana@élysée.fr",
    "ana@XN--LYSE-9OAD.fr",
    "ana@developpement-durable。gouv。fr",
]


@pytest.mark.parametrize(("raw", "expected"), ACCEPTED.items())
def test_an_address_has_one_normal_form(raw: str, expected: str) -> None:
    assert normal_form(raw) == expected
    assert normal_form(expected) == expected


@pytest.mark.parametrize("raw", REFUSED, ids=ascii)
def test_a_trick_is_refused(raw: str) -> None:
    with pytest.raises(AddressNotAcceptable):
        normal_form(raw)


@pytest.mark.parametrize("raw", [None, 5, b"ana@b.fr", ["ana@b.fr"]])
def test_what_is_not_a_text_is_refused(raw: object) -> None:
    with pytest.raises(AddressNotAcceptable):
        normal_form(raw)  # type: ignore[arg-type]


@pytest.mark.parametrize("raw", EXTERNAL)
def test_a_look_alike_is_external(raw: str) -> None:
    assert not AGENTS.contains(normal_form(raw))


@pytest.mark.parametrize("raw", AGENT)
def test_an_agent_is_recognised_in_every_spelling(raw: str) -> None:
    assert AGENTS.contains(normal_form(raw))


def test_blank_entries_admit_nobody() -> None:
    for entries in ([], [""], [" "], ["", " "]):
        assert not Domains(entries).contains("ana@gouv.fr")


@pytest.mark.parametrize(
    "entry", [".", "..", "*", "*.gouv.fr", "..gouv.fr", "ana@gouv.fr", "gouv", "gouv.fr/", "a b.fr"]
)
def test_an_entry_that_is_not_a_domain_is_refused_at_the_start(entry: str) -> None:
    with pytest.raises(ValueError):
        Domains(["gouv.fr", entry])


def test_plus_addresses_are_one_person_and_other_mailboxes_are_not() -> None:
    assert mailbox_of("ana+un@b.fr") == mailbox_of("ana+deux+trois@b.fr") == mailbox_of("ana@b.fr") == "ana@b.fr"
    assert mailbox_of("eva@b.fr") != mailbox_of("ana@b.fr")
    assert mailbox_of("ana@c.fr") != mailbox_of("ana@b.fr")
    assert mailbox_of("+un@b.fr") != mailbox_of("ana@b.fr")


def test_the_domain_is_what_follows_the_at_sign() -> None:
    assert domain_of("ana@b.c.fr") == "b.c.fr"


LOCAL = st.text(
    string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~.\" (),:;<>@[\\]\r\n\té\u200b\u202e", max_size=70
)
DOMAIN = st.text(string.ascii_letters + string.digits + "-.@ ()<>[]。．｡éа\u200b\r\n", max_size=80)


@given(st.one_of(st.text(max_size=300), st.builds("{}@{}".format, LOCAL, st.one_of(DOMAIN, st.just(MINISTRY)))))
@example("ß@ß.fr")
@example("ana@ﬁnances.gouv.fr")
@example("K@K.fr")
def test_whatever_is_accepted_is_plain_and_stays_as_it_is(raw: str) -> None:
    try:
        address = normal_form(raw)
    except AddressNotAcceptable:
        return
    assert address == normal_form(address)
    assert address.isascii()
    assert address == address.lower()
    assert address.count("@") == 1
    assert len(address) <= MAX_LENGTH
    assert not set(address) & set('"(),:;<>[]\\ \r\n\t')
    assert all(unicodedata.category(character) not in ("Cc", "Cf", "Zs") for character in address)


@given(st.builds("{}@{}".format, LOCAL, st.one_of(DOMAIN, st.builds("{}{}".format, DOMAIN, st.just(MINISTRY)))))
@example("ana@x.developpement-durable.gouv.fr")
def test_only_the_exact_domain_makes_an_agent(raw: str) -> None:
    try:
        address = normal_form(raw)
    except AddressNotAcceptable:
        return
    if Domains([MINISTRY]).contains(address):
        assert address.split("@")[1] == MINISTRY
        assert address.split("@")[0].strip(string.ascii_letters + string.digits + "._+'-") == ""
