"""The cluster's administrator, with kubectl in a namespace of a test's own."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preuve.cluster.embedded.cluster import EmbeddedCluster


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl, as the administrator, in a namespace."""

    cluster: EmbeddedCluster
    namespace: str

    def command(self, *arguments: str) -> list[str]:
        options = (f"--kubeconfig={self.cluster.kubeconfig}", f"--namespace={self.namespace}")
        kubectl = str(self.cluster.binaries.kubectl)
        return ["nsenter", f"--net={self.cluster.network_path()}", kubectl, *options, *arguments]

    def __call__(self, *arguments: str, stdin: str = "", exit_code: int = 0) -> str:
        ran = subprocess.run(
            self.command(*arguments),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == exit_code, ran.stdout
        return ran.stdout

    def get(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self("get", *arguments, "--output=json"))

    def apply(self, *documents: Mapping[str, object]) -> None:
        self("apply", "--filename=-", stdin="\n---\n".join(map(json.dumps, documents)))

    def wait(self, what: str, condition: str) -> None:
        self("wait", f"--for={condition}", what, "--timeout=100s")
