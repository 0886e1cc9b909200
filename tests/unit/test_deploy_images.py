"""Every image that the repository names is in the table of images, and the check reports differences."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy import images
from deploy.images import REVIEW_INTERVAL, TABLE, Image, errors, mentions, table, warnings

DIGEST = f"sha256:{'a' * 64}"
REVIEWED = date(2026, 11, 27)
FILES = {
    "compose.yaml": """
        x-images: { base: &base "${BASE_IMAGE:-python:3.11-slim}" }
        services:
          gateway: { image: &nginx nginx:1.30.5-alpine }
          folder: { image: *nginx }
          store: { image: "pgsty/silo:R1@DIGEST" }
          auth: { image: melanissimo/auth:local, build: { args: { BASE: *base } } }
    """.replace("DIGEST", DIGEST),
    "deploy/Dockerfile": "ARG BASE\nFROM ${BASE} AS packages\nRUN true\nFROM ${BASE}\nCOPY --from=packages /a /b\n",
    "deploy/k8s/base/gateway.yaml": "a: 1\n---\nspec: { containers: [{ image: nginx }, { image: melanissimo/auth }] }",
    "deploy/k8s/production/kustomization.yaml": """
        images: [{ name: melanissimo/auth, newTag: 0.1.0 }, { name: nginx, newTag: 1.30.5-alpine }]
    """,
    "README.md": "`nginx:1.30.5-alpine` at http://localhost:8080, `tests/unit` and 12:30; pgsty/silo; `pgsty/silo:R1`",
    "CHANGELOG.md": "nginx:1.28.0-alpine is gone",
    "docs/adr/0001.md": "not minio/minio:RELEASE.2025",
}


def row(name: str, tag: str, **others: object) -> Image:
    told = {"digest": None, "purpose": "p", "reviewed_at": REVIEWED, "supported_until": None, "support": "s", **others}
    return Image.model_validate({"name": name, "tag": tag, **told})


ROWS = {
    each.name: each
    for each in (row("python", "3.11-slim"), row("nginx", "1.30.5-alpine"), row("pgsty/silo", "R1", digest=DIGEST))
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose files agree with ROWS."""
    for file, text in FILES.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    return tmp_path


def said(root: Path, rows: dict[str, Image] = ROWS) -> list[str]:
    return errors(rows, list(mentions(rows, root)))


def test_this_repository_names_only_images_of_the_table() -> None:
    rows = table()
    found = list(mentions(rows))
    assert errors(rows, found) == []
    assert {"compose.yaml", "deploy/k8s/base/gateway.yaml", "deploy/k8s/production/kustomization.yaml"} <= {
        each.file for each in found
    }


def test_files_that_agree_with_the_table_cause_no_error(root: Path) -> None:
    assert said(root) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("compose.yaml", "nginx:1.30.5-alpine", "nginx:1.28.0", f"but {TABLE} says nginx:1.30.5-alpine"),
        ("compose.yaml", "nginx:1.30.5-alpine", "nginx", "nginx, but"),
        ("compose.yaml", f"@{DIGEST}", "", f"says pgsty/silo:R1@{DIGEST}"),
        ("compose.yaml", DIGEST, DIGEST.replace("a", "b"), "says pgsty/silo:R1@"),
        ("compose.yaml", "python:3.11-slim", "python:3.12-slim", "python:3.12-slim, but"),
        ("compose.yaml", "pgsty/silo:R1", "minio/minio:R1", "minio/minio:R1"),
        ("deploy/Dockerfile", "ARG BASE\n", "ARG BASE=python:3.13\n", "python:3.13, but"),
        ("deploy/Dockerfile", "FROM ${BASE}\n", "FROM node:20 AS last\n", f"node:20 is not in {TABLE}"),
        ("deploy/Dockerfile", "--from=packages", "--from=busybox:1", "busybox:1 is not in"),
        ("deploy/k8s/base/gateway.yaml", "nginx", "nginx:1.28.0", "nginx:1.28.0, but"),
        ("deploy/k8s/base/gateway.yaml", "nginx", "caddy", "caddy is not in"),
        ("deploy/k8s/production/kustomization.yaml", "1.30.5-alpine", "1.28.0", "nginx:1.28.0, but"),
        ("README.md", "nginx:1.30.5-alpine", "nginx:1.30.4-alpine", "README.md: nginx:1.30.4-alpine, but"),
        ("README.md", "`tests/unit`", "`minio/mc:RELEASE.2025`", "minio/mc:RELEASE.2025 is not in"),
    ],
)
def test_an_image_that_differs_is_reported_with_its_file(root: Path, file: str, old: str, new: str, told: str) -> None:
    assert old in FILES[file]
    (root / file).write_text(FILES[file].replace(old, new, 1))
    (line, *_) = said(root)
    assert line.startswith(f"{file}: ")
    assert told in line


def test_an_unused_row_is_an_error(root: Path) -> None:
    assert said(root, ROWS | {"node": row("node", "20")}) == [f"{TABLE}: node is unused"]


def test_a_row_that_was_not_reviewed_for_ninety_days_is_a_warning() -> None:
    last = REVIEWED + REVIEW_INTERVAL
    assert warnings(ROWS, last) == []
    assert warnings(ROWS, last + timedelta(days=1)) == [
        f"{name} was last reviewed on 2026-11-27" for name in ("python", "nginx", "pgsty/silo")
    ]


def test_a_row_that_is_no_longer_supported_is_a_warning() -> None:
    rows = {"mongo": row("mongo", "7.0", supported_until=REVIEWED)}
    assert warnings(rows, REVIEWED) == []
    assert warnings(rows, REVIEWED + timedelta(days=1)) == ["mongo:7.0 is supported until 2026-11-27 only"]


@pytest.mark.parametrize("invalid", [{"support": None}, {"digest": "sha256:1"}, {"reviewed_at": "lately"}, {"more": 1}])
def test_an_invalid_row_is_refused(invalid: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        row("nginx", "1.30.5", **invalid)


def test_two_rows_with_one_name_are_refused(root: Path) -> None:
    (root / TABLE).write_text((images.PROJECT / TABLE).read_text() * 2)
    with pytest.raises(ValueError, match="two rows"):
        table(root)


def test_the_check_fails_on_an_error_and_not_on_a_warning(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = {name: image.model_copy(update={"reviewed_at": date(2020, 1, 1)}) for name, image in ROWS.items()}
    monkeypatch.setattr(images, "table", lambda: old)
    monkeypatch.setattr(images, "mentions", lambda rows: mentions(rows, root))
    assert images.main() == 0
    assert f"warning: nginx was last reviewed on 2020-01-01: see {TABLE}" in capsys.readouterr().out
    (root / "README.md").write_text("nginx:1.0")
    assert images.main() == 1
    assert capsys.readouterr().err == f"README.md: nginx:1.0, but {TABLE} says nginx:1.30.5-alpine\n"
