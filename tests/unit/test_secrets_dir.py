"""Secrets are created once, also when several threads ask for one at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from devstack.secrets_dir import SecretsDir, random_secret

AT_ONCE = 16


def test_all_threads_that_create_a_secret_at_once_read_the_same(tmp_path: Path) -> None:
    for number in range(20):
        gate = threading.Barrier(AT_ONCE)

        def ask(_: int, name: str = str(number), gate: threading.Barrier = gate) -> str:
            gate.wait()
            return SecretsDir(tmp_path).get_or_create("auth", name, random_secret)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            assert len(set(pool.map(ask, range(AT_ONCE)))) == 1
    assert len(SecretsDir(tmp_path).read("auth")) == 20
    assert len(list((tmp_path / "auth").iterdir())) == 20, "no temporary file is left"


def test_a_secret_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    secrets = SecretsDir(tmp_path)
    secrets.get_or_create("auth", "pepper")
    secrets.write("auth", "mongo_url", "x")
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "auth").iterdir()} == {0o600}
