"""Sessions: what a page finds in its box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from folder import Folder
from preuve.api import Api
from preuve.errors import CommandError
from preuve.nodes import undone
from preuve.objects import holds
from preuve.plan import Plan
from preuve.player import Player
from preuve.project import find
from preuve.session import boxed, surroundings
from preuve.shell import Bash
from preuve.transcript import Transcript

if TYPE_CHECKING:
    from pathlib import Path

    from preuve.cluster.embedded.cluster import EmbeddedCluster
    from preuve.errors import PreuveError

pytestmark = pytest.mark.cluster


def outcome(root: Path, text: str) -> Transcript | PreuveError:
    """Play the one page of a project."""
    folder = Folder(root)
    folder.write("index.md", text)
    (root / "mkdocs.yml").write_text("site_name: one page\n")
    project = find(root)
    with Player(project) as player:
        [(_, played)] = player.play(project.pages())
    return played


@pytest.mark.parametrize(("exclusive", "told"), [(True, "there is no"), (False, "exclusive")])
def test_only_an_exclusive_page_reaches_the_nodes(
    cluster: EmbeddedCluster, exclusive: bool, told: str
) -> None:
    """It asks for one that does not exist: the cluster answers. Any other page is told how to become one."""
    box = boxed(cluster, Plan("page.md", exclusive=exclusive))
    with Bash(surroundings(box), under=box.argv()) as shell:
        result = shell.run("preuve cluster node stop node9")
    assert result.exit == 2
    assert told in result.output


ODD = """\
# Odd commands

```console
$ kubectl run web --image=nginx:1.26
```

```{ .console settle=no until="1/1 +Running" }
$ kubectl get pods -w
```

```{ .console until="start worker process" }
$ kubectl logs -f web
```

```{ .console until="Forwarding from 127" }
$ kubectl port-forward pod/web 8080:80 &
```

```console
$ curl -s -o /dev/null -w '%{http_code}' localhost:8080
$ jobs | cut -c 1-3
$ kill %1
```

```{ .console tty=yes }
$ kubectl exec -it web -- sh -c 'for fd in 0 1 2; do [ -t $fd ] && echo $fd; done'
```

```console
$ kubectl exec -i web -- cat <<END
one

last
END
$ kubectl apply -f - <<END | tee applied.txt
apiVersion: v1
kind: ConfigMap

metadata:
  name: blank

data: {}
END
$ kubectl delete -f - <applied.txt 2>/dev/null || cat applied.txt
$ set -e
$ kubectl get pods -o name
$ exit 0
```
"""


@pytest.mark.usefixtures("cluster")
def test_commands_that_do_not_end_that_ask_or_that_end_the_shell(tmp_path: Path) -> None:
    """A page with all of them, played as any other."""
    played = outcome(tmp_path, ODD)
    assert isinstance(played, Transcript), played
    _, watched, followed, forwarded, got, job, killed, terminal, doc, applied, deleted, _, pods, left = (
        exchange.output for exchange in played.exchanges
    )
    assert watched.startswith("NAME   READY   STATUS")
    assert watched.splitlines()[-1].split()[:3] == ["web", "1/1", "Running"]
    assert "start worker process" in followed.splitlines()[-1]
    assert forwarded == "Forwarding from 127.0.0.1:8080 -> 80\n"
    assert "200" in got
    assert (job, killed) == ("[1]\n", "")
    assert terminal == "0\n1\n2\n"
    assert doc == "one\n\nlast\n"
    assert applied == deleted == "configmap/blank created\n"
    assert (pods, left) == ("pod/web\n", "")


ELSEWHERE = """\
---
preuve: {cluster: exclusive}
---
# A secret in a namespace that the page made

```console
$ kubectl create namespace other
$ kubectl -n other create secret generic db --from-literal=password="$(head -c 9 /dev/urandom | base64)"
$ kubectl -n other get secret db -o jsonpath='{.data.password}' | base64 -d
$ kubectl delete namespace other
```
"""


@pytest.mark.usefixtures("cluster")
def test_an_exclusive_page_shows_no_secret_of_any_namespace(tmp_path: Path) -> None:
    """It may make Secrets anywhere, and read them."""
    played = outcome(tmp_path, ELSEWHERE)
    assert isinstance(played, Transcript), played
    assert played.exchanges[2].output.strip() == "••••••••"


HALF_WAY = """\
---
preuve: {cluster: exclusive}
---
# A failure half-way

```console
$ kubectl cordon node2
$ kubectl label node node2 disk=ssd
$ kubectl taint node node2 mine=1:NoSchedule
$ kubectl create priorityclass left --value=1
$ preuve cluster node stop node3
$ false
```
"""


def test_an_exclusive_page_that_fails_gives_the_cluster_back(
    cluster: EmbeddedCluster, tmp_path: Path
) -> None:
    """The page after it is not played on what it left."""
    with Api(cluster.kubeconfig, cluster.network) as api:
        before = {node["metadata"]["name"]: node for node in api.get("/api/v1/nodes")["items"]}
        failed = outcome(tmp_path, HALF_WAY)
        assert isinstance(failed, CommandError)
        assert "$ false" in str(failed)
        assert cluster.off() == ()
        for node in api.get("/api/v1/nodes")["items"]:
            assert not undone(before[node["metadata"]["name"]], node)
            assert holds(node, "Ready")
        classes = api.get("/apis/scheduling.k8s.io/v1/priorityclasses")["items"]
        assert "left" not in {each["metadata"]["name"] for each in classes}
