"""A feed that lies in a folder, packed so that it travels as one file."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def as_file(path: Path) -> Iterator[tuple[Path, str]]:
    """The feed as one file, and what it is called. Of a folder the files in it are packed, and the newest dates it.

    The same files in a folder are the same feed: packed, they give the same bytes.
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
