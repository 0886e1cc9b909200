"""Secrets that several parts need are the same for all of them, also when all ask for the first time at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from devstack.vault import Vault, random_text

AT_ONCE = 16


def test_of_many_who_make_a_secret_at_once_all_read_the_same(tmp_path: Path) -> None:
    for number in range(20):
        gate = threading.Barrier(AT_ONCE)

        def ask(_: int, name: str = str(number), gate: threading.Barrier = gate) -> str:
            gate.wait()
            return Vault(tmp_path).once("auth", name, random_text)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            assert len(set(pool.map(ask, range(AT_ONCE)))) == 1
    assert len(Vault(tmp_path).read("auth")) == 20
    assert len(list((tmp_path / "auth").iterdir())) == 20, "no draft is left"


def test_a_secret_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.once("auth", "pepper")
    vault.put("auth", "mongo_url", "x")
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "auth").iterdir()} == {0o600}
