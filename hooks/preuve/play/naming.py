"""What a page's namespace is called; who asks for no more than that needs no cluster."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_LONGEST = 63
"""A DNS label (RFC 1123), which a namespace's name is."""


def name_of(page: str) -> str:
    """Name the namespace of a page, so that it reads well in outputs.

    Args:
        page: its path below docs/.

    >>> name_of("pods/index.md"), name_of("pods/yaml.md"), name_of("index.md")
    ('pods', 'pods-yaml', 'index')
    >>> name_of("Réseau & Services/1. NodePort.md"), name_of("default.md")
    ('reseau-services-1-nodeport', 'page-default')
    """
    path = re.sub(r"(?<=/)(index|README)$", "", page.removesuffix(".md"))
    plain = unicodedata.normalize("NFKD", path).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not name or name == "default" or name.startswith("kube-"):
        name = f"page-{name}".rstrip("-")
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(page.encode()).hexdigest()[:6]
    return f"{name[: _LONGEST - 7].rstrip('-')}-{digest}"
