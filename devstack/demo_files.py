"""Creates the files of the demonstration: a large one, a folder with accents in its names, and an empty one."""

import random
from pathlib import Path

LARGE_BYTES = 300_000_000
CHUNK_BYTES = 1_000_000


def create_files(folder: Path, large_bytes: int = LARGE_BYTES) -> list[Path]:
    """Create the files; return the three paths that the client gets, of which one is a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    large = folder / "Relevé cadastral 2026.dat"
    with large.open("wb") as stream:
        for start in range(0, large_bytes, CHUNK_BYTES):
            stream.write(random.Random(start).randbytes(min(CHUNK_BYTES, large_bytes - start)))  # noqa: S311
    tree = folder / "Dossier d’été"
    (tree / "Annexes à lire").mkdir(parents=True, exist_ok=True)
    (tree / "Délibération n° 12.txt").write_text("Le conseil, à l’unanimité, décide ce qui suit.\n", encoding="utf-8")
    (tree / "Annexes à lire" / "Œuvres & façades.csv").write_text("œuvre;façade\ncœur;ça\n" * 2000, encoding="utf-8")
    empty = folder / "vide.txt"
    empty.touch()
    return [large, tree, empty]
