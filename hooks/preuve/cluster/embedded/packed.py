"""What is installed of a cluster: wheels that hold entries of the cache, packed.

An archive bears the name of its entry, which is a digest of what it is made of: one that was made of other
sources than this preuve's is not even looked at. ``packages/`` makes the wheels.
"""

from __future__ import annotations

import tarfile
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from preuve.cluster.embedded import places

PACKAGES = ("preuve_cluster", "preuve_cluster_images")
"""Two, as none may be larger than 100 MB, which is what PyPI takes."""


def archive(entry: Path) -> Path | None:
    """The archive of an entry of the cache, if it is installed."""
    for name in PACKAGES:
        spec = find_spec(name)
        for folder in (spec and spec.submodule_search_locations) or ():
            file = Path(folder, f"{entry.name}.tar.xz")
            if file.is_file():
                return file
    return None


def have(entry: Path) -> bool:
    """Whether an entry is in the cache, unpacked if it is installed and was not: seconds, once.

    Raises:
        ClusterError: the cache cannot be written.
    """
    if entry.is_dir():
        return True
    file = archive(entry)
    if not file:
        return False
    with places.held(entry.parent):
        if not entry.is_dir():  # else another process unpacked it while this one waited
            with (
                TemporaryDirectory(prefix=places.SCRATCH, dir=entry.parent) as scratch,
                tarfile.open(file) as packed,
            ):
                if hasattr(tarfile, "data_filter"):  # Python 3.11.4; Debian 12 has 3.11.2
                    packed.extraction_filter = tarfile.data_filter
                packed.extractall(scratch)  # noqa: S202 - pip has checked that it is ours
                Path(scratch, entry.name).rename(entry)
    return True
