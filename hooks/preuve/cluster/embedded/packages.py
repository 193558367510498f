"""How programs that a machine lacks are installed: in one command, in the words of its own distribution.

Packages are named here as Debian and Ubuntu name them; `FAMILIES` says what others call them.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RUNNING = {
    "catatonit": "catatonit",
    "containerd": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "nft": "nftables",
    "mount": "mount",
    "nsenter": "util-linux",
    "pivot_root": "util-linux",
    "setsid": "util-linux",
    "unshare": "util-linux",
    "ptp": "containernetworking-plugins",
    "bwrap": "bubblewrap",
}
"""The programs that run in the cluster and around a page's shell, and the Debian packages that have them."""

BUILDING = {"mmdebstrap": "mmdebstrap", "apt-get": "apt", "setpriv": "util-linux", "unshare": "util-linux"}
"""The programs that build the images, and the Debian packages that have them."""

KEYRING = "debian-archive-keyring"
"""The Debian package by whose keys what images are made of is checked."""


@dataclass(frozen=True, slots=True)
class Family:
    """Distributions that install alike."""

    install: str
    names: Mapping[str, str] = field(default_factory=dict)
    """By Debian's name, theirs, where it is another."""
    aside: Mapping[str, str] = field(default_factory=dict)
    """By Debian's name, where one gets what they do not package."""


FAMILIES = {
    "debian": Family("apt-get install"),
    "fedora": Family(
        "dnf install",
        {"debian-archive-keyring": "debian-keyring", "iptables": "iptables-nft", "mount": "util-linux"},
    ),
    "arch": Family(
        "pacman -S",
        {"containernetworking-plugins": "cni-plugins", "mount": "util-linux"},
        {"mmdebstrap": "the AUR"},
    ),
}
"""By the ``ID`` or the ``ID_LIKE`` of os-release(5)."""


def remedy(packages: Iterable[str], release: Mapping[str, str] | None = None) -> str:
    """What to do for these packages: a command to type, where this machine's distribution is known.

    Args:
        packages: as Debian names them.
        release: of another machine, as os-release(5) has it.

    >>> wanted = ["containernetworking-plugins", "mmdebstrap", "mount"]
    >>> remedy(wanted, {"ID": "ubuntu", "ID_LIKE": "debian"})
    'run `apt-get install containernetworking-plugins mmdebstrap mount`'
    >>> remedy(wanted, {"ID": "fedora"})
    'run `dnf install containernetworking-plugins mmdebstrap util-linux`'
    >>> remedy(wanted, {"ID": "arch"})
    'run `pacman -S cni-plugins util-linux`, and get mmdebstrap from the AUR'
    >>> remedy(wanted, {"ID": "nixos"})
    'install what Debian has in containernetworking-plugins, mmdebstrap, mount'
    """
    wanted = sorted(set(packages))
    family = _family(_release() if release is None else release)
    if not family:
        return f"install what Debian has in {', '.join(wanted)}"
    names = sorted({family.names.get(name, name) for name in wanted if name not in family.aside})
    steps = [f"run `{family.install} {' '.join(names)}`"] if names else []
    steps += [f"get {name} from {family.aside[name]}" for name in wanted if name in family.aside]
    return ", and ".join(steps)


def _release() -> Mapping[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:  # it says nothing of itself
        return {}


def _family(release: Mapping[str, str]) -> Family | None:
    called = (release.get("ID", ""), *release.get("ID_LIKE", "").split())
    return next((FAMILIES[name] for name in called if name in FAMILIES), None)
