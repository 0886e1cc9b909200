"""Verify a downloaded ZIP archive: the CRC-32 and the SHA-256 of each file in it."""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

from client.errors import DownloadCorrupted
from client.schemas.download import LinkFileSchema

CHUNK_BYTES = 1024 * 1024


def verify_archive(path: Path, files: Sequence[LinkFileSchema]) -> None:
    """Read every file of the archive to its end; the archive holds the files in the order of `files`.

    Raise `DownloadCorrupted` when a file is missing, extra, or has other bytes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) != len(files):
                raise DownloadCorrupted(str(path))
            for member, file in zip(members, files, strict=True):
                if _sha256(archive, member) != file.sha256:
                    raise DownloadCorrupted(file.path)
    except (zipfile.BadZipFile, EOFError):
        raise DownloadCorrupted(str(path)) from None


def _sha256(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    """Return the SHA-256 of one file; `zipfile` compares the CRC-32 at its end."""
    digest = hashlib.sha256()
    with archive.open(member) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
