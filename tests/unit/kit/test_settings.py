"""A service does not start with unsafe settings, and says which without their values (R63)."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from services.kit.settings import InvalidSettings, ServiceSettings


class Probe(ServiceSettings):
    mongo_database: str = "probe"


GOOD = {
    "mongo_url": "mongodb://probe:0f6a1c2d9e8b7a6f5e4d3c2b1a09f8e7@127.0.0.1:1/probe",
    "amqp_url": "amqp://probe:0f6a1c2d9e8b7a6f5e4d3c2b1a09f8e7@127.0.0.1:2/",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in GOOD.items():
        (tmp_path / name).write_text(value)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://melanissimo.example/")
    return tmp_path


def test_secrets_are_read_from_files_and_never_shown(folder: Path) -> None:
    settings = Probe.read()
    assert settings.mongo_url.get_secret_value() == GOOD["mongo_url"]
    assert settings.public_base_url == "https://melanissimo.example"
    assert "0f6a1c2d" not in repr(settings)


@pytest.mark.parametrize("weak", ["amqp://guest:guest@127.0.0.1/", "amqp://u:changeme@h/", ""])
def test_a_well_known_password_is_refused(folder: Path, weak: str) -> None:
    (folder / "amqp_url").write_text(weak)
    with pytest.raises(InvalidSettings, match="amqp_url"):
        Probe.read()


def test_a_well_known_password_is_refused_percent_encoded_too(folder: Path) -> None:
    (folder / "amqp_url").write_text("amqp://u:%63hangeme@h/")
    with pytest.raises(InvalidSettings, match="amqp_url holds a well-known password"):
        Probe.read()


def test_an_address_that_cannot_be_read_is_refused_by_name_and_not_repeated(folder: Path) -> None:
    (folder / "amqp_url").write_text("amqp://u:0f6a1c2d[@h/")
    with pytest.raises(InvalidSettings, match="amqp_url is not an address") as refused:
        Probe.read()
    assert "0f6a1c2d" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("secret", ["-dash-first", "a b\\c%41$'\"", "x://[y", "{}", "élève:@/?#"])
def test_a_secret_is_its_file_without_the_white_space_around_it(folder: Path, secret: str) -> None:
    class Key(Probe):
        key: SecretStr

    (folder / "key").write_text(f" {secret} \r\n\n", encoding="utf-8")
    assert Key.read().key.get_secret_value() == secret


def test_a_missing_secret_is_refused_by_name(folder: Path) -> None:
    (folder / "mongo_url").unlink()
    with pytest.raises(InvalidSettings, match="mongo_url"):
        Probe.read()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PUBLIC_BASE_URL", "http://melanissimo.example"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "*"),
        ("LISTEN_PORT", "many"),
    ],
)
def test_an_unsafe_value_is_refused_and_not_repeated(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidSettings, match=variable.lower()) as refused:
        Probe.read()
    assert "0f6a1c2d" not in str(refused.value)
