"""Generates every secret that compose.yaml mounts, once and at random, in `.local/secrets/compose`."""

import base64
import json
import secrets
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from devstack.accounts import BUS_WRITE, SERVICES, bus_read, password_hash
from devstack.keys import public_keys, signing_key
from devstack.secrets_dir import random_secret

PROJECT = Path(__file__).resolve().parent.parent.parent
FOLDER = PROJECT / ".local" / "secrets" / "compose"
WITH_PEPPER = ("auth", "upload", "propagation", "download", "portal")


def make(folder: Path = FOLDER) -> None:
    """Write the missing secrets; a second run changes nothing."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _once(folder, "mongo_keyfile", base64.b64encode(secrets.token_bytes(512)).decode())
    for name in ("mongo_root_password", "minio_root_user", "minio_root_password"):
        _once(folder, name, random_secret())
    for service in SERVICES:
        options = f"replicaSet=rs0&authSource={service}"
        _once(folder, f"{service}_mongo_url", f"mongodb://{service}:{random_secret()}@mongo:27017/{service}?{options}")
        _once(folder, f"{service}_amqp_url", f"amqp://{service}:{random_secret()}@rabbitmq:5672/")
    _once(folder, "amqp_admin_url", f"amqp://admin:{random_secret()}@rabbitmq:5672/")
    for service in WITH_PEPPER:
        _once(folder, f"{service}_pepper", random_secret())
    for service in ("upload", "download"):
        _once(folder, f"{service}_s3_access_key", f"{service}-{secrets.token_hex(8)}")
        _once(folder, f"{service}_s3_secret_key", random_secret())
    private = _once(folder, "auth_session_private_key", signing_key())
    _once(folder, "session_jwks", public_keys(private))
    _once(folder, "rabbitmq_definitions.json", json.dumps(_definitions(folder)))


def _once(folder: Path, name: str, value: str) -> str:
    """Write a file unless it exists, and return its content; readable, because containers run as other users."""
    file = folder / name
    if not file.exists():
        file.write_text(value, encoding="utf-8")
        file.chmod(0o444)
    return _read(file)


def _read(file: Path) -> str:
    """Return the secret without the white space around it: an editor may have added a newline."""
    return file.read_text(encoding="utf-8").strip()


def _definitions(folder: Path) -> dict[str, object]:
    """Return the broker's accounts: the topology job may configure, a service may publish and read its own queues."""
    owners = {"admin": "amqp_admin_url"} | {service: f"{service}_amqp_url" for service in SERVICES}
    users = [_user(owner, _read(folder / file)) for owner, file in owners.items()]
    rights = [{"user": "admin", "configure": ".*", "write": ".*", "read": ".*"}]
    rights += [{"user": name, "configure": "^$", "write": BUS_WRITE, "read": bus_read(name)} for name in SERVICES]
    return {
        "users": users,
        "vhosts": [{"name": "/"}],
        "permissions": [{"vhost": "/", **right} for right in rights],
    }


def _user(name: str, url: str) -> dict[str, object]:
    password = unquote(urlsplit(url).password or "")
    return {
        "name": name,
        "password_hash": password_hash(password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }


if __name__ == "__main__":
    make()
    sys.stdout.write(f"secrets are in {FOLDER.relative_to(PROJECT)}\n")
