"""Sessions: what a page finds in its box."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from folder import Folder
from preuve.cluster import Image
from preuve.cluster.api import Api
from preuve.cluster.embedded import cluster as embedded
from preuve.cluster.embedded.state import StateFolder
from preuve.errors import CommandError, PreuveError
from preuve.play.bash import Bash
from preuve.play.player import Player
from preuve.project import find
from preuve.transcript import Transcript

if TYPE_CHECKING:
    from pathlib import Path

    from preuve.cluster.embedded.cluster import EmbeddedCluster

pytestmark = [pytest.mark.cluster, pytest.mark.second]


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
    box = cluster.confine("page.md", exclusive=exclusive)
    with Bash(box.environment(), box.argv()) as shell:
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


def test_an_exclusive_page_shows_no_secret_of_any_namespace(tmp_path: Path) -> None:
    """It may make Secrets anywhere, and read them."""
    played = outcome(tmp_path, ELSEWHERE)
    assert isinstance(played, Transcript), played
    assert played.exchanges[2].output.strip() == "••••••••"


WHOLE = """\
---
preuve: {cluster: exclusive}
---
# A cluster of its own

```console
$ kubectl get nodes -o custom-columns=NAME:.metadata.name,OFF:.spec.unschedulable,DISK:.metadata.labels.disk
$ kubectl get namespaces -o name
$ kubectl get priorityclass -o name
$ kubectl auth can-i '*' '*' --all-namespaces
$ kubectl config view --minify -o jsonpath='{..namespace}'
```

```console
$ kubectl cordon node2
$ kubectl label node node2 disk=ssd
$ kubectl create priorityclass left --value=1
$ kubectl create namespace left
$ preuve cluster node stop node3
$ kubectl wait --for=condition=Ready=Unknown node/node3
```
"""
FOUND = """\
NAME    OFF      DISK
node1   <none>   <none>
node2   <none>   <none>
node3   <none>   <none>
"""
CLASSES = """\
priorityclass.scheduling.k8s.io/system-cluster-critical
priorityclass.scheduling.k8s.io/system-node-critical
"""


def test_an_exclusive_page_has_a_new_cluster(cluster: EmbeddedCluster, tmp_path: Path) -> None:
    """What another did to its own is not in it, nor is anything left of that; the shared one is as it was.

    The second fails half-way.
    """
    folder = Folder(tmp_path)
    (tmp_path / "mkdocs.yml").write_text("site_name: two exclusive pages\n")
    folder.write("one.md", WHOLE)
    folder.write("two.md", WHOLE + "\n```console\n$ false\n```\n")
    folder.write("shared.md", "```console\n$ kubectl get nodes -o name\n```\n")
    project = find(tmp_path)
    with Player(project) as player:
        played = {page.name: outcome for page, outcome in player.play(project.pages())}
        failed = played["two.md"]
        assert isinstance(failed, CommandError)
        assert "$ false" in str(failed)
        for name, outcome in (("one", played["one.md"]), ("two", failed.attempt)):
            assert isinstance(outcome, Transcript), outcome
            found = [exchange.output for exchange in outcome.exchanges[:5]]
            namespaces = {line.removeprefix("namespace/") for line in found[1].split()}
            assert namespaces == {name, "default", "kube-node-lease", "kube-public", "kube-system"}
            assert found[:1] + found[2:] == [
                FOUND,
                CLASSES,
                "yes\n",
                name,
            ]
        assert embedded.find() == cluster
        assert cluster.off() == ()
        assert StateFolder.others() == []


LIVING = """\
# A session that lives on

```yaml
--8<-- "one.yaml"
```

```console
$ date +%N | tee born
$ kubectl auth can-i create clusterroles 2>/dev/null || :
$ cat *.yaml
```

```cluster
configmaps
```
"""
ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n"


def standing(api: Api) -> set[str]:
    """The namespaces that are there to stay."""
    found = (each["metadata"] for each in api.get("/api/v1/namespaces")["items"])
    return {one["name"] for one in found if "deletionTimestamp" not in one}


class Author:
    """Writes the one page of a project that is served: a player keeps its session."""

    def __init__(self, root: Path) -> None:
        self.folder = Folder(root)
        self.page, self.manifest, self.settings = LIVING, ONE, ""
        self.save()
        self.player = Player(find(root), keep=True)

    def save(self) -> None:
        self.folder.write("index.md", self.page)
        (self.folder.root / "one.yaml").write_text(self.manifest)
        (self.folder.root / "mkdocs.yml").write_text(f"site_name: one\n{self.settings}\n")

    def played(self, **stated: Any) -> tuple[str, ...]:  # noqa: ANN401 - fields of a project
        """Save and play; what was answered. The first answer tells when the session was born."""
        self.save()
        project = replace(find(self.folder.root), **stated)
        self.player.adopt(project, project.names())
        [(_, played)] = self.player.play(project.pages())
        assert isinstance(played, Transcript), played
        return tuple(exchange.output for exchange in played.exchanges[1:])  # not the apply


def test_a_session_lives_on_only_where_nothing_is_asked_otherwise(
    cluster: EmbeddedCluster, tmp_path: Path
) -> None:
    """Not with the rights, the files or the cluster of before."""
    author = Author(tmp_path)
    with author.player:
        born, may, files, drawn = author.played()
        assert (may, files) == ("no\n", ONE)
        author.page += "\n```console\n$ cat born\n```\n"
        assert author.played() == (born, "no\n", ONE, drawn, born)
        lives = [born]

        author.page = "---\npreuve: {cluster: exclusive}\n---\n" + author.page
        now = author.played()
        assert now[1] == "yes\n"
        lives.append(now[0])
        author.page = author.page.partition("---\n# A")[2].join(["# A", ""])
        now = author.played()
        assert now[1] == "no\n"
        lives.append(now[0])

        author.manifest += "data: {key: value}\n"
        now = author.played()
        assert now[2] == author.manifest
        lives.append(now[0])

        author.settings = "theme: {name: mkdocs, language: fr}"
        assert author.played()[0] == lives[-1]  # what is stored is in no language
        lives.append(author.played(cluster="kubernetes 1.37, images of other recipes")[0])
        lives.append(author.played(images={"docker.io/shop/api:1.0": Image("as it is now", (tmp_path,))})[0])

        for elsewhere in ("kubernetes: '1.36'", "cluster: 'context:nowhere'"):
            author.settings = f"extra: {{preuve: {{{elsewhere}}}}}"
            with pytest.raises(PreuveError):
                author.played()
        author.settings = ""
        lives.append(author.played()[0])
        assert len(set(lives)) == len(lives)
    with Api(cluster.kubeconfig, cluster.network) as api:
        assert standing(api) == {"default", "kube-node-lease", "kube-public", "kube-system"}


def test_a_page_that_is_no_more_leaves_nothing_behind(cluster: EmbeddedCluster, tmp_path: Path) -> None:
    """It was renamed while it was served."""
    author = Author(tmp_path)
    with author.player, Api(cluster.kubeconfig, cluster.network) as api:
        author.played()
        kept = standing(api)
        author.player.adopt(author.player.project, ["other.md"])
        assert len(kept - standing(api)) == 1


RESUMED = "```console\n$ kubectl create deployment web --image=nginx:1.26\n```\n"


@pytest.mark.usefixtures("cluster")
def test_a_command_that_is_added_waits_as_in_a_whole_play(tmp_path: Path) -> None:
    """What the commands before it changed may still move, however soon it is added."""
    author = Author(tmp_path)
    with author.player:
        author.page = RESUMED
        author.played()
        author.page += "\n```console\n$ kubectl get deployment web -o jsonpath={.status.readyReplicas}\n```\n"
        assert author.played() == ("1",)


GREEDY = """\
```console
$ set +o pipefail; yes 'a line' | head -c 1500000
```
"""


@pytest.mark.usefixtures("cluster")
def test_a_page_whose_outputs_nobody_reads_is_told_at_its_line(tmp_path: Path) -> None:
    """Each command's output is cut in the middle; so many of them are told, before they fill the memory."""
    failed = outcome(tmp_path, GREEDY * 30)
    assert isinstance(failed, CommandError)
    assert "the page's outputs come to more than 20 MB" in str(failed)
    assert failed.where
    assert failed.where.line % 3 == 2
    assert failed.attempt
    assert 20 <= len(failed.attempt.exchanges) <= 22


def test_a_cluster_that_ended_is_started_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """While pages are served, somebody takes it down: the next save is played on another one."""
    with tempfile.TemporaryDirectory(prefix="p-") as state:
        monkeypatch.setenv("XDG_STATE_HOME", state)
        author = Author(tmp_path)
        author.page = "```console\n$ date +%N | tee born\n$ kubectl get nodes -o name\n```\n"
        with author.player:
            [nodes] = author.played()
            assert embedded.down()
            author.page += "\n```console\n$ cat born\n```\n"
            assert author.played()[0] == nodes


LAMP = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.scout.example}
spec:
  group: scout.example
  scope: Namespaced
  names: {plural: lamps, singular: lamp, kind: Lamp, shortNames: [lp]}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {watts: {type: integer, description: Power drawn.}}}
"""

LAMPS = f"""\
---
preuve: {{cluster: exclusive}}
---
# A kind of our own

```console
$ cat > lamp.yaml <<'END'
{LAMP}END
$ kubectl apply -f lamp.yaml
$ kubectl explain lamp.spec.watts
$ kubectl api-resources --api-group=scout.example --no-headers
$ kubectl get lp
$ sed -i 's/Power drawn/Power in watts/; s/watts: {{/volts: {{type: integer}}, &/' lamp.yaml
$ kubectl apply -f lamp.yaml
$ kubectl explain lamp.spec
$ kubectl delete -f lamp.yaml
```

```{{ .console exit=1 }}
$ kubectl get lamps
```
"""


def test_a_kind_that_was_just_defined_is_known_everywhere(tmp_path: Path) -> None:
    """To `explain`, `api-resources` and `get`; as it was last defined; to none of them once it is gone."""
    played = outcome(tmp_path, LAMPS)
    assert isinstance(played, Transcript), played
    said = [exchange.output for exchange in played.exchanges]
    assert "Power drawn." in said[2]
    assert said[3].split() == ["lamps", "lp", "scout.example/v1", "true", "Lamp"]
    assert said[4].startswith("No resources found")
    assert "Power in watts." in said[7]
    assert "volts" in said[7]
    assert said[9] == 'error: the server doesn\'t have a resource type "lamps"\n'


FORWARDED = """\
# Forwarded

```console
$ kubectl run pier --image=nginx:1.26 --port=80
$ kubectl port-forward pod/pier 8080:80 &
$ curl -sI http://localhost:8080/ | head -1
$ curl -sI http://localhost:8080/ | head -1
$ kill %1
$ kubectl proxy --port=8001 2>&1 &
$ curl -s http://localhost:8001/version | grep gitVersion
$ kubectl wait --for=create pod/late --timeout=20s &
$ kubectl run late --image=nginx:1.26
$ wait $!
```
"""


@pytest.mark.usefixtures("cluster")
def test_what_is_put_in_the_background_serves_and_speaks_for_itself(tmp_path: Path) -> None:
    """The next command is answered; `Handling connection …` is in no other command's output."""
    played = outcome(tmp_path, FORWARDED)
    assert isinstance(played, Transcript), played
    said = [exchange.output for exchange in played.exchanges]
    assert said[1] == "Forwarding from 127.0.0.1:8080 -> 80\nForwarding from [::1]:8080 -> 80\n"
    assert said[2:4] == ["HTTP/1.1 200 OK\n"] * 2
    assert said[4] == ""
    assert said[5] == "Starting to serve on 127.0.0.1:8001\n"
    assert '"gitVersion": "v1.' in said[6]
    assert said[7] == ""
    assert said[8] == "pod/late created\n"
    assert said[9] == "pod/late condition met\n"
