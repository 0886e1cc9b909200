"""A secret may hold any character: compose's jobs pass it on unchanged, and URLs encode it."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pymongo.uri_parser import parse_uri
from yarl import URL

from deploy.compose import secrets
from deploy.tools import PROJECT
from devstack.accounts import SERVICES, password_hash
from devstack.mongo import Mongo
from devstack.rabbit import Rabbit
from devstack.secrets_dir import percent_encode, random_secret
from devstack.workspace import Workspace

WORST = (
    "-dash-first",
    "--quiet",
    "--",
    "%41%%s$HOME`id`",
    'it\'s "quoted"',
    "user:p@ss/word?x=1#y&z",
    "with  two spaces",
    "back\\slash\\n",
    "a+b=c,d;e|f<g>[h]{i}*",
    "élève",
)
COMPOSE = PROJECT / "deploy" / "compose"

# Options as mc knows them: one that it does not know ends it, wherever it stands; keys that are not given it reads.
FAKE_MC = """#!/bin/sh
for word in "$@"; do
  case $word in
    --quiet | --ignore-existing | --user=?*) ;;
    -*) echo "flag provided but not defined: $word" >&2; exit 1 ;;
  esac
done
{
  printf '%s\\0' "$@"
  case "$1 $2 $3" in "alias set "* | "admin user add") printf '<'; cat; printf '\\0' ;; esac
  printf '\\0'
} >> "$MC_CALLS"
"""

# mongosh as far as the job needs it: what is connected to and which accounts are made is told as JSON.
FAKE_MONGOSH = """
const told = { connected: [], accounts: {} };
globalThis.require = require;
globalThis.sleep = () => {};
globalThis.connect = (url) => {
  told.connected.push(url);
  return {
    adminCommand: () => ({ isWritablePrimary: true }),
    getSiblingDB: () => ({ getUser: () => null, createUser: ({ user, pwd }) => { told.accounts[user] = pwd; } }),
  };
};
require("vm").runInThisContext(require("fs").readFileSync(process.argv[1], "utf8"));
console.log(JSON.stringify(told));
"""


class Call(NamedTuple):
    """The arguments and the input of one run of mc."""

    words: list[str]
    lines: list[str]


def write(folder: Path, **values: str) -> None:
    for name, value in values.items():
        (folder / name).write_text(value, encoding="utf-8")


def make_bucket(folder: Path) -> tuple[int, list[Call]]:
    """Run the job with a fake mc; return its exit status and the runs of mc."""
    program, calls = folder / "mc", folder / "calls"
    program.write_text(FAKE_MC)
    program.chmod(0o755)
    env = {"PATH": f"{folder}:/usr/bin:/bin", "SECRETS_DIR": str(folder), "MC_CALLS": str(calls)}
    done = subprocess.run(["sh", str(COMPOSE / "minio-init.sh")], env=env, capture_output=True, text=True)
    found = []
    for call in calls.read_text(encoding="utf-8").split("\0\0")[:-1]:
        words = call.split("\0")
        asked = words.pop()[1:].splitlines() if words[-1].startswith("<") else []
        found.append(Call(words, asked))
    return done.returncode, found


@pytest.mark.parametrize("worst", [*WORST, "  white space around  \t"])
def test_the_bucket_is_created_with_any_key(tmp_path: Path, worst: str) -> None:
    root, upload, download = ([f"{worst}{number}", f"{worst}secret{number}"] for number in range(3))
    write(tmp_path, minio_root_user=root[0], minio_root_password=root[1])
    write(tmp_path, upload_s3_access_key=upload[0], upload_s3_secret_key=f"{upload[1]}\n")
    write(tmp_path, download_s3_access_key=f"{worst}\r\n", download_s3_secret_key=f"\n{download[1]}\n\n")
    status, calls = make_bucket(tmp_path)
    assert status == 0
    assert calls == [
        Call(["alias", "set", "--quiet", "store", "http://minio:9000"], [key.strip() for key in root]),
        Call(["mb", "--quiet", "--ignore-existing", "store/melanissimo"], []),
        Call(["admin", "policy", "create", "store", "upload", "/policies/upload.json"], []),
        Call(["admin", "user", "add", "store"], [key.strip() for key in upload]),
        Call(["admin", "policy", "attach", "store", "upload", f"--user={upload[0].strip()}"], []),
        Call(["admin", "policy", "create", "store", "download", "/policies/download.json"], []),
        Call(["admin", "user", "add", "store"], [worst.strip(), download[1].strip()]),
        Call(["admin", "policy", "attach", "store", "download", f"--user={worst.strip()}"], []),
    ]


def test_the_job_of_the_bucket_fails_when_a_secret_is_missing(tmp_path: Path) -> None:
    write(tmp_path, minio_root_user="root", minio_root_password="word", upload_s3_access_key="upload")
    status, calls = make_bucket(tmp_path)
    assert status != 0
    assert calls[-1].words[0] == "mb", "and nothing is made of half a pair of keys"


def test_the_fake_mc_refuses_what_mc_refuses(tmp_path: Path) -> None:
    (tmp_path / "mc").write_text(FAKE_MC)
    words = ["sh", str(tmp_path / "mc"), "admin", "user", "add", "store", "key", "-secret"]
    done = subprocess.run(words, env={"MC_CALLS": str(tmp_path / "calls")}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "flag provided but not defined: -secret\n")


def accounts_of_mongo(folder: Path) -> dict[str, Any]:
    """Run the job of the database with a fake mongosh."""
    command = ["node", "-e", FAKE_MONGOSH, str(COMPOSE / "mongo-init.js")]
    env = {"PATH": "/usr/bin:/bin:/usr/local/bin", "SECRETS_DIR": str(folder)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("some", [WORST[:5], WORST[5:]])
def test_the_database_has_the_passwords_that_the_services_send(tmp_path: Path, some: tuple[str, ...]) -> None:
    root, *_ = some
    write(tmp_path, mongo_root_password=f"{root} \n")
    passwords = dict(zip(SERVICES, some, strict=True))
    for service, password in passwords.items():
        address = f"mongodb://{service}:{percent_encode(password)}@mongo:27017/{service}?authSource={service}\n"
        write(tmp_path, **{f"{service}_mongo_url": address})
        assert parse_uri(address.strip())["password"] == password
    told = accounts_of_mongo(tmp_path)
    assert told["accounts"] == passwords
    assert [parse_uri(url)["password"] for url in told["connected"]] == [f"{root} "], "as the image's start reads it"


def test_a_plus_in_a_database_url_is_decoded_as_the_driver_does(tmp_path: Path) -> None:
    secrets.make(tmp_path)
    (tmp_path / "auth_mongo_url").unlink()
    write(tmp_path, auth_mongo_url="mongodb://auth:one+two%2Bthree@mongo:27017/auth")
    assert accounts_of_mongo(tmp_path)["accounts"]["auth"] == "one two+three"
    assert parse_uri("mongodb://auth:one+two%2Bthree@mongo:27017/auth")["password"] == "one two+three"


@pytest.mark.parametrize("worst", WORST)
def test_the_broker_has_the_passwords_that_the_services_send(tmp_path: Path, worst: str) -> None:
    address = f"amqp://auth:{percent_encode(worst)}@rabbitmq:5672/"
    write(tmp_path, auth_amqp_url=f"{address}\n")
    secrets.make(tmp_path)
    users = json.loads((tmp_path / "rabbitmq_definitions.json").read_text())["users"]
    (auth,) = [user for user in users if user["name"] == "auth"]
    assert URL(address).password == worst
    assert auth["password_hash"] == password_hash(worst)


@pytest.mark.parametrize("worst", WORST)
def test_the_development_stack_encodes_any_password_in_its_addresses(tmp_path: Path, worst: str) -> None:
    (tmp_path / "ports.json").write_text(json.dumps({"mongo": 1, "amqp": 2, "amqp_management": 3}))
    workspace = Workspace(tmp_path)
    for owner in ("mongo", "rabbit"):
        for account in ("admin", "auth"):
            workspace.secrets.write(owner, f"{account}_password", worst)
    mongo, rabbit = Mongo(workspace), Rabbit(workspace)
    assert [parse_uri(url)["password"] for url in (mongo.admin_url(), mongo.url("auth"))] == [worst, worst]
    urls = (rabbit.url("admin"), rabbit.url("auth"), rabbit.management_url())
    assert [URL(url).password for url in urls] == [worst] * 3


def test_generated_secrets_never_begin_with_a_dash_and_need_no_encoding(tmp_path: Path) -> None:
    secrets.make(tmp_path)
    keys = {"mongo_keyfile", "auth_session_private_key", "session_jwks", "rabbitmq_definitions.json"}
    made = {file.name: file.read_text() for file in tmp_path.iterdir() if file.name not in keys}
    for name, value in made.items():
        secret = URL(value).raw_password if name.endswith("_url") else value
        assert re.fullmatch(r"(upload-|download-)?[0-9a-f]{16,64}", secret or ""), name
    assert len(random_secret()) == 64, "256 bits"
