"""Whether pages can be played here at all: replaying takes less, in packages and of the system."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from preuve.errors import ClusterError

PACKAGES = (
    *("cryptography", "kubernetes", "psutil", "urllib3"),
    *(["pyroute2"] if sys.platform == "linux" else []),
)
"""What `preuve[play]` adds to `preuve`, as pyproject.toml has it."""


def check() -> None:
    """Refuse where the modules that play pages could not even be imported.

    Raises:
        ClusterError: this is no Linux, which confines pages, or packages are missing; the message says what
            to do.
    """
    if sys.platform != "linux":
        where = "WSL" if sys.platform == "win32" else "a virtual machine or a container"
        raise ClusterError(f"pages are played on Linux: play them in {where}, and replay them here")
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        raise ClusterError(
            f"playing takes {', '.join(missing)}, not installed here: run `pip install 'preuve[play]'`"
        )
