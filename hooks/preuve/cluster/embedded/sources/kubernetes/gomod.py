#!/usr/bin/env python3
"""Write the go.mod and go.sum of each Kubernetes version that preuve knows: after a change of its VERSIONS.

Kubernetes' own go.mod replaces its staging modules by folders of its repository, which whoever requires it
does not have: here each is replaced by the release cut from that folder (v0.37.2 for v1.37.2). etcd is the
version that the same go.mod names. Needs Go 1.26 and the network.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from preuve.cluster.embedded.binaries import DEFAULT, VERSIONS

HERE = Path(__file__).parent
ETCD = "go.etcd.io/etcd/server/v3"


def write(minor: str, version: str) -> None:
    """Write `minor`/go.mod and `minor`/go.sum for one version."""
    release = json.loads(go("mod", "download", "-json", f"k8s.io/kubernetes@v{version}"))
    modfile = HERE / minor / "go.mod"
    modfile.parent.mkdir(exist_ok=True)
    modfile.write_text(gomod(version, Path(release["GoMod"]).read_text(encoding="utf-8")), encoding="utf-8")
    modfile.with_suffix(".sum").unlink(missing_ok=True)
    go("mod", "tidy", f"-modfile={modfile}")


def gomod(version: str, upstream: str) -> str:
    """What is required, and nothing that ``go mod tidy`` finds out by itself.

    Args:
        version: of Kubernetes, such as ``1.37.2``.
        upstream: the text of its go.mod.
    """
    lines = [line.strip() for line in upstream.splitlines()]
    etcd = next(line.split()[1] for line in lines if line.startswith(f"{ETCD} "))
    staging = [line.split()[0] for line in lines if " => ./staging/" in line]
    wanted = [
        "module cluster/kubernetes",
        *(line for line in lines if line.startswith(("go ", "godebug "))),
        *("require (", f"{ETCD} {etcd}", f"k8s.io/kubernetes v{version}", ")"),
        *("replace (", *(f"{path} => {path} v0{version.removeprefix('1')}" for path in staging), ")"),
    ]
    return "\n".join(wanted) + "\n"


def go(*arguments: str) -> str:
    """Standard output of a go command, run beside this file."""
    return subprocess.run(("go", *arguments), cwd=HERE, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    """Write them all, and make the default the one that plain go commands use here."""
    for minor, version in VERSIONS.items():
        write(minor, version)
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(HERE / DEFAULT / name, HERE / name)  # a link would not survive every copy


if __name__ == "__main__":
    main()
