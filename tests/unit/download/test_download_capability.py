"""A capability opens exactly what it was sealed for."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.download.domain.refusals import LinkUnknown
from services.download.streaming.capability import DownloadCapabilities, DownloadCapability

SEALER = DownloadCapabilities("p" * 40)
GRANTS = st.builds(
    DownloadCapability,
    link=st.binary(min_size=32, max_size=32).map(bytes.hex),
    file=st.uuids().map(str),
    download=st.uuids().map(str),
    expires_at=st.integers(0, 2**39).map(lambda seconds: datetime.fromtimestamp(min(seconds, 2**37), UTC)),
)


@given(GRANTS)
def test_what_was_sealed_is_what_is_read(grant: DownloadCapability) -> None:
    capability = SEALER.seal(grant)
    assert SEALER.unseal(capability) == grant
    assert len(capability) <= 200


@given(GRANTS, st.integers(0, 500), st.sampled_from("ABab01-_"))
def test_one_changed_character_opens_nothing_else(grant: DownloadCapability, at: int, character: str) -> None:
    capability = SEALER.seal(grant)
    at %= len(capability)
    changed = capability[:at] + character + capability[at + 1 :]
    try:
        assert SEALER.unseal(changed) == grant
    except LinkUnknown:
        assert changed != capability


@given(st.text(max_size=220))
def test_nothing_else_is_a_capability(text: str) -> None:
    with pytest.raises(LinkUnknown):
        SEALER.unseal(text)


def test_another_pepper_seals_other_doors() -> None:
    grant = DownloadCapability("00" * 32, str(UUID(int=1)), str(UUID(int=2)), datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(LinkUnknown):
        SEALER.unseal(DownloadCapabilities("q" * 40).seal(grant))


def test_a_file_id_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        SEALER.seal(DownloadCapability("00" * 32, "f" * 100, str(UUID(int=2)), datetime(2026, 1, 1, tzinfo=UTC)))
