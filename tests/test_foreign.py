"""Somebody else's cluster: what preuve writes there, and that nothing else is touched, however it ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from door import TEAM, opened, recorded
from folder import Folder
from preuve import owner
from preuve.cluster.api import Api, RefusedError
from preuve.cluster.objects import holds
from preuve.play.namespace import BINDINGS, LISTED, OURS, OWNER, PAGE, ROLES, SPACES, made, reap
from preuve.transcript import read, write
from waiting import LIMIT, await_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from door import Asked, Record
    from preuve.cluster.embedded.cluster import EmbeddedCluster

pytestmark = pytest.mark.cluster

PREUVE = (sys.executable, "-c", "from preuve.cli import main; main()")

FINE = """\
```console
$ kubectl create configmap colours --from-literal=sky=blue
$ kubectl create deployment web --image=nginx:1.26
$ kubectl get pods
```
"""

FAILING = """\
```console
$ kubectl create configmap colours --from-literal=sky=blue
$ kubectl get pod nobody
```
"""

EXCLUSIVE = """\
---
title: All of it
preuve: {cluster: exclusive}
---

```console
$ kubectl create namespace elsewhere
```
"""

REVIEWS = (
    *("/selfsubjectrulesreviews", "/selfsubjectaccessreviews", "/subjectaccessreviews"),
    *("/localsubjectaccessreviews", "/selfsubjectreviews"),
)
"""Questions that are asked with POST: nothing is kept of them."""


@pytest.fixture
def api(cluster: EmbeddedCluster) -> Iterator[Api]:
    with Api(cluster.kubeconfig, cluster.network) as api:
        yield api


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = Folder(tmp_path)
    for page, text in {"fine.md": FINE, "failing.md": FAILING, "exclusive.md": EXCLUSIVE}.items():
        folder.write(page, text)
    (tmp_path / "mkdocs.yml").write_text("site_name: theirs\n")
    return tmp_path


def begun(root: Path, kubeconfig: Path, *arguments: str) -> subprocess.Popen[str]:
    """Run preuve on the context."""
    return subprocess.Popen(
        (*PREUVE, *arguments),
        cwd=root,
        env={**os.environ, "KUBECONFIG": str(kubeconfig), "PREUVE_CLUSTER": f"context:{TEAM}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(root: Path, kubeconfig: Path, *arguments: str) -> tuple[int, str]:
    """Run preuve on the context to its end; give its exit code, and what it said."""
    with begun(root, kubeconfig, *arguments) as process:
        said, _ = process.communicate(timeout=LIMIT)
    return process.returncode, said


def ours(api: Api) -> list[str]:
    """What bears our label and has no namespace."""
    return [
        f"{path}/{item['metadata']['name']}"
        for path in (SPACES, ROLES, BINDINGS)
        for item in api.get(path, **LISTED)["items"]
    ]


def offence(asked: Asked, made: dict[str, str]) -> str:
    """What is wrong with a request of the context's user; `made` has the UIDs of what it made, by path."""
    if asked.verb == "GET" or asked.path.endswith(REVIEWS):
        return ""
    if asked.verb == "DELETE":
        wanted = {"preconditions": {"uid": made.get(asked.path)}}
        return (
            "" if asked.path in made and asked.body == wanted else "deletes what it did not make, by its UID"
        )
    if inside := re.match(rf"/apis?/.*/namespaces/([^/]+)/|{SPACES}/([^/]+)/", asked.path):
        home = f"{SPACES}/{inside[1] or inside[2]}"
        return "" if home in made else "writes to a namespace that it did not make"
    if asked.verb != "POST" or asked.path not in {SPACES, ROLES, BINDINGS}:
        return "writes outside its namespaces"
    meta = asked.body["metadata"]
    if not (OURS.items() <= meta["labels"].items() and {OWNER, PAGE} <= meta["annotations"].keys()):
        return "makes what has no mark"
    if asked.code == 201:
        made[f"{asked.path}/{meta['name']}"] = asked.answer["metadata"]["uid"]
    return ""


def check_writes(record: Record) -> None:
    """See that all requests are as they should be, and that questions come before the first write."""
    made: dict[str, str] = {}
    told = [
        (each.verb, each.path, wrong) for each in record.asked if each.boss and (wrong := offence(each, made))
    ]
    assert told == []
    questions = [
        n for n, each in enumerate(record.asked) if each.path == "/version" or REVIEWS[0] in each.path
    ]
    written = [
        n for n, each in enumerate(record.asked) if each.verb != "GET" and not each.path.endswith(REVIEWS)
    ]
    assert len(questions) >= 2
    assert not written or questions[1] < written[0]
    homes = tuple(f"/namespaces/{path.rpartition('/')[2]}/" for path in made if path.startswith(SPACES))
    strays = [each.path for each in record.asked if not each.boss and each.verb != "GET"]
    assert not [path for path in strays if not path.endswith(REVIEWS) and not any(h in path for h in homes)]


def test_every_write_is_to_what_we_made(cluster: EmbeddedCluster, api: Api, root: Path) -> None:
    """Each request of plays that end well, fail and are refused is judged; all that was made is deleted."""
    with recorded(cluster, root) as record:
        code, said = run(root, record.kubeconfig, "play")
        assert code == 2
        assert "failing.md:3: exit code 1" in said
        assert "exclusive.md:3: this page wants the whole cluster" in said
        assert "context 'team'" in said
        assert "`allow_exclusive: true` under `extra.preuve` in mkdocs.yml" in said
        check_writes(record)
        pages = {
            each.body["metadata"]["name"]
            for each in record.asked
            if (each.verb, each.path) == ("POST", SPACES)
        }
        assert pages == {"fine", "failing"}
        deleted = [each for each in record.asked if each.boss and each.verb == "DELETE"]
        assert len(deleted) == 2 * 3
        assert {each.code for each in deleted} == {200}
        record.asked.clear()
        assert run(root, record.kubeconfig, "check", "exclusive.md")[0] == 2
        assert run(root, record.kubeconfig, "shell", "exclusive.md")[0] == 2
        assert record.asked == []
    assert ours(api) == []


def replace_namespace(api: Api) -> None:
    api.delete(f"{SPACES}/fine")
    await_(lambda: absent(api, f"{SPACES}/fine"), "our namespace does not go")
    api.post(SPACES, {"metadata": {"name": "fine"}})


def absent(api: Api, path: str) -> bool:
    with suppress(RefusedError):
        api.get(path)
        return False
    return True


RACES = [
    ("POST", SPACES, lambda api: api.post(SPACES, {"metadata": {"name": "fine"}}), f"{SPACES}/fine", 2),
    (
        "POST",
        ROLES,
        lambda api: api.post(ROLES, {"metadata": {"name": "preuve:fine"}}),
        f"{ROLES}/preuve:fine",
        2,
    ),
    ("DELETE", f"{SPACES}/fine", replace_namespace, f"{SPACES}/fine", 0),
]


@pytest.mark.parametrize(("verb", "path", "do", "theirs", "code"), RACES, ids=["space", "role", "end"])
def test_what_somebody_makes_in_between_is_theirs(
    cluster: EmbeddedCluster,
    api: Api,
    root: Path,
    verb: str,
    path: str,
    do: Callable[[Api], object],
    theirs: str,
    code: int,
) -> None:
    """Between our question and our creation, or between our deletion and its end: it is told, and stays."""
    before: dict[str, Any] = {}

    def step_in(asked: Asked) -> None:
        if (asked.verb, asked.path) == (verb, path) and not before:
            do(api)
            before.update(api.get(theirs)["metadata"])

    with recorded(cluster, root) as record:
        record.before = step_in
        ended, said = run(root, record.kubeconfig, "play", "fine.md")
    try:
        assert ended == code, said
        assert ("somebody has just made" in said) is (code == 2)
        after = api.get(theirs)["metadata"]
        assert "deletionTimestamp" not in after
        assert after["uid"] == before["uid"]
    finally:
        api.delete(theirs)
        await_(lambda: absent(api, theirs), "theirs does not go")
    assert ours(api) == []


def stock(api: Api) -> dict[str, Any]:
    """Every object of every kind, by its path; without what the system itself keeps writing."""
    objects: dict[str, Any] = {}
    groups = [group["preferredVersion"]["groupVersion"] for group in api.get("/apis")["groups"]]
    for base in ("/api/v1", *(f"/apis/{group}" for group in groups)):
        for kind in api.get(base)["resources"]:
            if "list" not in kind["verbs"] or kind["name"] in {"events", "leases"}:
                continue
            for item in api.get(f"{base}/{kind['name']}")["items"]:
                meta = item["metadata"]
                if kind["name"] in {"nodes", "pods"}:  # kubelets write to their status when they like
                    meta["resourceVersion"] = meta["managedFields"] = None
                    item["status"] = None
                objects[f"{base}/{meta.get('namespace', '')}/{kind['name']}/{meta['name']}"] = item
    return objects


def dead() -> str:
    """The mark of a process of this machine that is no more."""
    return owner.me().replace(str(os.getpid()), "4194305")


def test_what_goes_already_is_not_deleted_again(cluster: EmbeddedCluster, api: Api, root: Path) -> None:
    """A killed play's namespace, being deleted, that a finalizer keeps."""
    home = f"{SPACES}/other"
    kept = f"{home}/configmaps/kept"
    meta = {"name": "other", "labels": OURS, "annotations": {OWNER: dead(), PAGE: "other.md"}}
    api.post(SPACES, {"metadata": meta})
    api.post(f"{home}/configmaps", {"metadata": {"name": "kept", "finalizers": ["example.org/kept"]}})
    api.delete(home)
    try:
        with recorded(cluster, root) as record:
            assert run(root, record.kubeconfig, "play", "fine.md")[0] == 0
            check_writes(record)
    finally:
        api.patch(kept, {"metadata": {"finalizers": None}})
        await_(lambda: absent(api, home), "the namespace does not go")


WEB = {"containers": [{"name": "web", "image": "nginx:1.26"}]}
PRIORITIES = "/apis/scheduling.k8s.io/v1/priorityclasses"


@contextmanager
def somebody(api: Api) -> Iterator[None]:
    """Have things on a cluster that are like ours, and like what anybody has."""
    labels = {"labels": OURS}
    mark = {"annotations": {OWNER: dead(), PAGE: "other.md"}}
    home = f"{SPACES}/shop"
    things: list[tuple[str, dict[str, Any]]] = [
        (SPACES, {"metadata": {"name": "shop", **labels, **mark}}),  # a copy of the metadata of a page's
        (SPACES, {"metadata": {"name": "labelled", **labels}}),
        (ROLES, {"metadata": {"name": "preuve", **labels}, "rules": []}),
        (ROLES, {"metadata": {"name": "preuve:labelled", **labels}, "rules": []}),
        (f"{home}/configmaps", {"metadata": {"name": "colours"}, "data": {"sky": "grey"}}),
        (f"{home}/secrets", {"metadata": {"name": "key", **labels}}),
        (f"{home}/serviceaccounts", {"metadata": {"name": "preuve"}}),
        (f"{home}/services", {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}),
        (f"{home}/pods", {"metadata": {"name": "web", **labels}, "spec": WEB}),
        (PRIORITIES, {"metadata": {"name": "urgent", **labels}, "value": 1000}),
    ]
    for path, body in things:
        api.post(path, body)
    api.patch("/api/v1/nodes/node2", {"metadata": {"labels": {"disk": "ssd"}}})
    await_(lambda: holds(api.get(f"{home}/pods/web"), "Ready"), "their Pod does not come up")
    try:
        yield
    finally:
        for path, body in reversed(things):
            api.delete(f"{path}/{body['metadata']['name']}")
        api.patch("/api/v1/nodes/node2", {"metadata": {"labels": {"disk": None}}})
        await_(lambda: ours(api) == [], "what was somebody's does not go")


def test_a_check_tells_what_their_cluster_explains(cluster: EmbeddedCluster, root: Path) -> None:
    """A page that was played where a load balancer gives addresses; then one that shows another type."""
    commands = "kubectl create service loadbalancer web --tcp=80", "kubectl get service web"
    (root / "docs" / "service.md").write_text("```console\n$ {}\n$ {}\n```\n".format(*commands))
    path = root / "transcripts" / "service.txt"
    with opened(cluster, root) as kubeconfig:
        assert run(root, kubeconfig, "play", "service.md")[0] == 0
        played = read(path, path.name, "service.md")
        assert played
        cases = [
            (("<pending>", "172.18.0.4"), 0, "1 explained by the cluster"),
            (("LoadBalancer", "NodePort    "), 1, "1 wrong"),
        ]
        for planted, code, told in cases:
            asked, shown = played.exchanges
            other = replace(shown, output=shown.output.replace(*planted))
            assert other != shown
            write(path, replace(played, exchanges=(asked, other)))
            ended, said = run(root, kubeconfig, "check", "service.md", "--report")
            assert (ended, told in said) == (code, True), said
        assert run(root, kubeconfig, "check", "service.md")[0] == 1


def test_all_that_is_somebody_s_is_as_it_was(cluster: EmbeddedCluster, api: Api, root: Path) -> None:
    """After plays that end well, fail, are refused, are killed; compared object by object, to the version."""
    with somebody(api), opened(cluster, root) as kubeconfig:
        before = stock(api)
        assert len(before) > 150
        for arguments, code in (("play",), 2), (("check", "fine.md"), 0), (("play", "exclusive.md"), 2):
            ended, said = run(root, kubeconfig, *arguments)
            assert ended == code, said
            assert stock(api) == before, arguments
        with begun(root, kubeconfig, "play", "failing.md", "fine.md") as killed:
            await_(lambda: not absent(api, "/api/v1/namespaces/fine/configmaps/colours"), "it does not begin")
            killed.kill()
        assert "/api/v1/namespaces/fine" in ours(api)
        ended, said = run(root, kubeconfig, "play", "failing.md")
        assert ended == 1, said
        await_(lambda: len(ours(api)) == 4, "what the killed play left is not gone")
        assert stock(api) == before


MAKER = """
import sys
from pathlib import Path
from preuve.cluster.api import Api
from preuve.cluster.embedded.netns import joined
from preuve.play.namespace import made
api = Api(Path(sys.argv[1]), lambda: joined(sys.argv[2]))
with made(api, "one.md"), made(api, "sub/two.md"):
    print("there", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_play_left_goes_at_the_next_start(cluster: EmbeddedCluster, api: Api) -> None:
    """Of whatever page; not while its process lives, nor if nobody can know."""
    command = [sys.executable, "-c", MAKER, str(cluster.kubeconfig), cluster.network_path()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "there\n"
        there = ours(api)
        assert len(there) == 6
        assert reap(api) == []
        assert ours(api) == there
        meta = api.get(f"{SPACES}/one")["metadata"]
        elsewhere = re.sub(" since .*", " since another-boot.1.1", meta["annotations"][OWNER])
        api.patch(f"{SPACES}/one", {"metadata": {"annotations": {OWNER: elsewhere}}})
        other.kill()
    [told] = reap(api)
    assert f"namespace 'one' is left alone: process {other.pid} on " in told
    assert "`kubectl delete namespace one`" in told
    await_(lambda: absent(api, f"{SPACES}/sub-two"), "it does not go")
    assert ours(api) == [f"{SPACES}/one"]
    api.delete(f"{SPACES}/one")
    await_(lambda: absent(api, f"{SPACES}/one"), "it does not go")


def test_a_namespace_of_our_own_process_that_nobody_uses_is_replaced(api: Api) -> None:
    """Its creation was answered too late, or its end failed; the process lives on, in `mkdocs serve`."""
    abandoned = made(api, "late.md")
    abandoned.__enter__()
    before = api.get(f"{SPACES}/late")["metadata"]["uid"]
    with made(api, "late.md"):
        assert api.get(f"{SPACES}/late")["metadata"]["uid"] != before
    assert ours(api) == []
