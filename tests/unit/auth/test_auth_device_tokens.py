"""A device token is valid for its mailbox, for half a year, and only if this service issued it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.auth.device_tokens import DeviceTokens
from services.kit import url_safe

NOW = datetime(2031, 5, 6, 7, 59, 59, tzinfo=UTC)
LIFE = timedelta(days=180)
DEVICE_TOKENS = DeviceTokens("a pepper that is long enough for it", LIFE)
TOKEN = DEVICE_TOKENS.issue("ana@b.fr", "sign-in", NOW)


def test_a_token_is_valid_for_its_mailbox_until_it_expires_and_names_nobody() -> None:
    assert DEVICE_TOKENS.device_id(TOKEN, "ana@b.fr", NOW + LIFE - timedelta(seconds=1))
    assert not DEVICE_TOKENS.device_id(TOKEN, "ana@b.fr", NOW + LIFE)
    assert not DEVICE_TOKENS.device_id(TOKEN, "eva@b.fr", NOW)
    assert "ana" not in TOKEN
    assert len(TOKEN) <= 200


def test_each_sign_in_has_one_token_however_often_it_is_issued() -> None:
    assert DEVICE_TOKENS.issue("ana@b.fr", "sign-in", NOW) == TOKEN
    another = DEVICE_TOKENS.issue("ana@b.fr", "another sign-in", NOW)
    assert DEVICE_TOKENS.device_id(TOKEN, "ana@b.fr", NOW) != DEVICE_TOKENS.device_id(another, "ana@b.fr", NOW)


def test_a_token_of_another_pepper_or_with_another_expiry_is_invalid() -> None:
    other = DeviceTokens("another pepper that is long enough", LIFE)
    assert not other.device_id(TOKEN, "ana@b.fr", NOW)
    *before, last = url_safe.decode(TOKEN)
    later = url_safe.encode(bytes([*before, last ^ 1]))
    assert not DEVICE_TOKENS.device_id(later, "ana@b.fr", NOW)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_other_text_is_invalid(token: str) -> None:
    assert DEVICE_TOKENS.device_id(token, "ana@b.fr", NOW) == ""
