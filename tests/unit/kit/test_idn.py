"""How is an address with an internationalised domain shown? In Unicode where nobody can be misled by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.addresses import AddressNotAcceptable, normal_form, smtp_form
from services.kit.idn import display_form
from services.upload.domain.recipients import parse_addresses, split_lists

SHOWN = {
    "ana@mairie.example": "ana@mairie.example",
    "Ana@xn--mairie-vian-hbb.fr": "Ana@mairie-évian.fr",
    "ana@xn--strae-oqa.de": "ana@straße.de",
    "ana@xn--80a1acny.xn--p1ai": "ana@почта.рф <ana@xn--80a1acny.xn--p1ai>",
    "ana@xn--mnistere-tkb.fr": "ana@mınistere.fr <ana@xn--mnistere-tkb.fr>",
    "ana@xn--dveloppement-sck.fr": "ana@dеveloppement.fr <ana@xn--dveloppement-sck.fr>",
    "x@xn--ministere-6jf.example": "x@mi̇nistere.example <x@xn--ministere-6jf.example>",
    "ana@xn--a.fr": "ana@xn--a.fr",
    "ana@xn--.fr": "ana@xn--.fr",
    "ana@xn--ls8h.la": "ana@xn--ls8h.la",
    "xn--a@b.fr": "xn--a@b.fr",
    "": "",
}


@pytest.mark.parametrize(("address", "shown"), SHOWN.items())
def test_an_address_is_shown(address: str, shown: str) -> None:
    assert display_form(address) == shown


LABEL = st.text(alphabet="abzéßœçñоеıλ例え-1", min_size=1, max_size=12)


@given(st.builds("Ana@{}.{}".format, LABEL, st.sampled_from(["fr", "рф"])))
def test_what_is_shown_is_read_as_the_same_address(typed: str) -> None:
    try:
        address = smtp_form(typed)
    except AddressNotAcceptable:
        return
    assert parse_addresses(split_lists([display_form(address)]), "to").addresses == (address,)
    assert normal_form(address) == address.lower()
