"""Packs a feed that is a folder into one file."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def as_file(path: Path) -> Iterator[tuple[Path, str]]:
    """Yields the feed as one file, and its name. A folder is packed, and has the time of its newest file.

    The same files always give the same bytes, so that they are recognized as the same feed.
    """
    if not path.is_dir():
        yield path, path.name
        return
    files = sorted(each for each in path.iterdir() if each.is_file() and not each.name.startswith("."))
    with TemporaryDirectory(prefix="feed-") as folder:
        packed = Path(folder) / f"{path.resolve().name}.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for file in files:
                entry = zipfile.ZipInfo(file.name)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with file.open("rb") as content, archive.open(entry, "w", force_zip64=True) as into:
                    while chunk := content.read(1 << 20):
                        into.write(chunk)
        newest = max((file.stat().st_mtime for file in files), default=path.stat().st_mtime)
        os.utime(packed, (newest, newest))
        yield packed, packed.name
