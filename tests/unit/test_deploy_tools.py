"""Programs that are fetched for tests: concurrent test processes never see one that is not complete."""

from pathlib import Path

import pytest

from deploy import tools


def test_a_program_appears_only_when_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "FOLDER", tmp_path)
    monkeypatch.setattr(tools, "_mirror", lambda: "https://debian.example/debian")
    seen: list[bool] = []

    def run(command: list[str], folder: Path) -> str:
        if "download" in command:
            for package in command[command.index("download") + 1 :]:
                (folder / f"{package}_1_amd64.deb").touch()
        if command[0] == "dpkg-deb":
            seen.append((tmp_path / "kustomize").exists() and not seen)
            Path(command[-1]).mkdir()
        return ""

    monkeypatch.setattr(tools, "_run", run)
    (tmp_path / "downloads" / "kustomize").mkdir(parents=True)
    assert tools.tool("kustomize") == tmp_path / "kustomize" / "usr" / "bin" / "kustomize"
    assert (tmp_path / "kustomize").is_dir()
    assert seen[0] is False, "it is not there while it is unpacked"
    assert len(seen) == len(tools.PROGRAMS)
