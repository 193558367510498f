"""Waiting for rest on a real cluster: what the next command sees."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from preuve.cluster.api import Api, Watch
from preuve.cluster.discovery import DEFINITIONS, Definitions, custom
from preuve.cluster.kinds import KINDS
from preuve.play.namespace import made
from preuve.rest.settle import UnsettledError, Watcher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from preuve.cluster.embedded.cluster import EmbeddedCluster

pytestmark = pytest.mark.cluster

LIMIT = 120.0
"""Seconds to settle: a bound, on a machine that does other things too."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page's namespace, its identity's kubectl, and who watches over it."""

    cluster: EmbeddedCluster
    kubeconfig: Path
    watcher: Watcher

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        kubectl = str(self.cluster.binaries.kubectl)
        with self.cluster.network():
            ran = subprocess.run(
                [kubectl, f"--kubeconfig={self.kubeconfig}", *arguments],
                input=stdin,
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def get(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self("get", *arguments, "--output=json"))

    def apply(self, *documents: dict[str, Any]) -> None:
        self("apply", "--filename=-", stdin="\n---\n".join(map(json.dumps, documents)))

    def statuses(self) -> list[str]:
        return [line.split()[2] for line in self("get", "pods", "--no-headers").splitlines()]


@contextmanager
def opened(cluster: EmbeddedCluster, api: Api, name: str, folder: Path) -> Iterator[Page]:
    with made(api, name, disposable=True) as namespace:
        watcher = Watcher(cluster, api, namespace.name)
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(namespace.kubeconfig)
        try:
            yield Page(cluster, kubeconfig, watcher)
        finally:
            watcher.close()


@pytest.fixture
def page(cluster: EmbeddedCluster, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    name = request.node.name.removeprefix("test_")
    with Api(cluster.kubeconfig, cluster.network) as api, opened(cluster, api, name, tmp_path) as page:
        yield page


def pod(name: str, image: str, *command: str, **container: object) -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": image, "command": list(command), **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def test_an_empty_namespace_is_at_rest(page: Page) -> None:
    """Nothing moves where nothing is."""
    assert page.watcher.settle(LIMIT)


def test_a_rollout_is_over(page: Page) -> None:
    """After a new image, every Pod that one sees is a new one, and is Ready."""
    page("create", "deployment", "web", "--image=nginx:1.22", "--replicas=3")
    assert page.watcher.settle(LIMIT)
    page("set", "image", "deployment/web", "nginx=nginx:1.26")
    assert page.watcher.settle(LIMIT)
    pods = page.get("pods")["items"]
    assert [each["spec"]["containers"][0]["image"] for each in pods] == ["nginx:1.26"] * 3
    assert page.statuses() == ["Running"] * 3
    assert page("rollout", "status", "deployment/web", "--watch=false").count("successfully rolled out") == 1


def test_a_bad_image_is_a_rest_that_does_not_last(page: Page) -> None:
    """A rollout that cannot go on is shown as ImagePullBackOff, the old Pods still there."""
    page("create", "deployment", "web", "--image=nginx:1.26", "--replicas=2")
    page.watcher.settle(LIMIT)
    page("set", "image", "deployment/web", "nginx=nginx:0.0")
    assert not page.watcher.settle(LIMIT)
    assert sorted(page.statuses()) == ["ImagePullBackOff", "Running", "Running"]


def test_a_pull_is_not_tried_again_before_one_looks(page: Page) -> None:
    """A kubelet does so after ten seconds, then twenty; and tells of it as ErrImagePull, for a while."""
    page.apply(pod("absent", "nginx:0.0"))
    page.watcher.settle(LIMIT)
    pulls = ("get", "events", "--field-selector=reason=Pulling,involvedObject.name=absent")
    seen, end = set(), time.monotonic() + LIMIT
    while int(page(*pulls, "-o=jsonpath={.items[0].count}")) < 3:
        assert time.monotonic() < end
        page.watcher.settle(LIMIT, changed=False)
        for pause in (0, 0.4, 0.4):
            time.sleep(pause)
            seen.add(page.statuses()[0])
    assert seen == {"ImagePullBackOff"}


def test_a_crash_loop_is_seen_as_one(page: Page) -> None:
    """Error and Running are but moments of it."""
    page.apply(pod("crash", "busybox", "sh", "-c", "exit 3"))
    assert not page.watcher.settle(LIMIT)
    assert page.statuses() == ["CrashLoopBackOff"]


def test_a_pod_that_ends_at_once_is_seen_ended(page: Page) -> None:
    """A container without a probe is Ready until its kubelet looks again; that is not rest."""
    for name in ("one", "two", "three"):
        page("run", name, "--image=busybox", "--restart=Never", "--command", "--", "true")
        assert page.watcher.settle(LIMIT)
    assert page.statuses() == ["Completed"] * 3


def test_a_job_is_waited_for(page: Page) -> None:
    """A Job moves until its Pods have completed."""
    page("create", "job", "once", "--image=busybox", "--", "sleep", "3")
    assert page.watcher.settle(LIMIT)
    assert page.get("job", "once")["status"]["succeeded"] == 1


def test_a_changed_image_of_a_pod_is_waited_for(page: Page) -> None:
    """The container that one sees is the new one."""
    page("run", "web", "--image=nginx:1.22")
    page.watcher.settle(LIMIT)
    before = page.get("pod", "web")["status"]["containerStatuses"][0]["containerID"]
    page("set", "image", "pod/web", "web=nginx:1.26")
    page.watcher.settle(LIMIT)
    status = page.get("pod", "web")["status"]["containerStatuses"][0]
    assert status["restartCount"] == 1
    assert status["containerID"] != before


def test_deleted_pods_are_gone_and_replaced(page: Page) -> None:
    """Nobody is Terminating when the next command looks."""
    page("create", "deployment", "web", "--image=nginx", "--replicas=2")
    page.watcher.settle(LIMIT)
    before = {each["metadata"]["uid"] for each in page.get("pods")["items"]}
    page("delete", "pod", "--all", "--wait=false")
    page.watcher.settle(LIMIT)
    after = {each["metadata"]["uid"] for each in page.get("pods")["items"]}
    assert len(after) == 2
    assert not before & after
    page("delete", "deployment", "web")
    page.watcher.settle(LIMIT)
    assert page("get", "all") == ""


@pytest.mark.parametrize(
    ("image", "command", "told"),
    [
        ("redis:7.0", ["redis-server"], ["sh", "-c", "kill 1"]),
        ("nginx:1.22", None, ["nginx", "-s", "quit"]),
        (
            "busybox",
            ["sh", "-c", "until [ -e /stop ]; do sleep 0.4; done; exit 1"],
            ["touch", "/stop"],
        ),
    ],
    ids=["by a signal", "by its own program", "by a file that it looks for"],
)
def test_a_program_that_is_told_to_end_is_seen_restarted(
    page: Page, image: str, command: list[str] | None, told: list[str]
) -> None:
    """However old it is: the API says for up to a second that it runs as before."""
    names = ["one", "two", "three"]
    page.apply(
        *(
            {**pod(name, image), "spec": {"containers": [{"name": "c", "image": image, "command": command}]}}
            for name in names
        )
    )
    page.watcher.settle(LIMIT)
    for name in names:
        page("exec", name, "--", *told)
        page.watcher.settle(LIMIT, reached=True)
        assert page.get("pod", name)["status"]["containerStatuses"][0]["restartCount"] == 1


def test_a_volume_shows_what_was_changed(page: Page) -> None:
    """A ConfigMap, a Secret and the Pod's own labels, in a container that goes on running."""
    page("create", "configmap", "conf", "--from-literal=a=old", "--from-literal=gone=x")
    page("create", "secret", "generic", "key", "--from-literal=a=old")
    label = {"path": "zone", "fieldRef": {"fieldPath": "metadata.labels['zone']"}}
    sources = [{"secret": {"name": "key"}}, {"downwardAPI": {"items": [label]}}]
    mounts = [{"name": name, "mountPath": f"/{name}"} for name in ("conf", "rest")]
    reader = pod("reader", "busybox", "sleep", "1000", volumeMounts=mounts)
    volumes = [
        {"name": "conf", "configMap": {"name": "conf"}},
        {"name": "rest", "projected": {"sources": sources}},
    ]
    reader["metadata"]["labels"] = {"zone": "old"}
    reader["spec"]["volumes"] = volumes
    page.apply(reader)
    page.watcher.settle(LIMIT)
    for change, told in (
        (("patch", "configmap", "conf", '--patch={"data": {"a": "new", "gone": null}}'), "new old old a"),
        (("patch", "secret", "key", '--patch={"stringData": {"a": "new"}}'), "new new old a"),
        (("label", "pod", "reader", "zone=new", "--overwrite"), "new new new a"),
    ):
        page(*change)
        page.watcher.settle(LIMIT)
        told_now = "echo $(cat /conf/a) $(cat /rest/a) $(cat /rest/zone) $(ls /conf)"
        assert page("exec", "reader", "--", "sh", "-c", told_now) == f"{told}\n"


def test_a_claim_in_use_that_is_deleted_settles(page: Page) -> None:
    """It is Terminating until somebody deletes the Pod; then it goes."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec}
    user = pod("user", "busybox", "sleep", "1000", volumeMounts=[{"name": "v", "mountPath": "/v"}])
    user["spec"] |= {
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}],
        "terminationGracePeriodSeconds": 0,
    }
    page.apply(claim, user)
    page.watcher.settle(LIMIT)
    page("delete", "pvc", "data", "--wait=false")
    page.watcher.settle(20)
    assert "Terminating" in page("get", "pvc")
    page("delete", "pod", "user", "--wait=false")
    page.watcher.settle(LIMIT)
    assert page("get", "pvc") == ""


def test_an_init_container_that_waits_for_what_is_not_there_settles(page: Page) -> None:
    """It has said the same for long enough; once the Service is there, the Pod starts."""
    waits = "until nslookup $0; do echo waiting; sleep 1; done"
    namespace = page.get("serviceaccount", "default")["metadata"]["namespace"]
    command = ["sh", "-c", waits, f"harbour.{namespace}.svc.cluster.local"]
    starts = pod("starts", "busybox", "sleep", "1000")
    starts["spec"]["initContainers"] = [{"name": "i", "image": "busybox", "command": command}]
    page.apply(starts)
    page.watcher.settle(LIMIT)
    assert page.statuses() == ["Init:0/1"]
    page("create", "service", "clusterip", "harbour", "--tcp=80")
    page.watcher.settle(LIMIT)
    assert page.statuses() == ["Running"]


def test_a_rollout_out_of_time_is_seen_as_one(page: Page) -> None:
    """It says so by itself, sooner than one would stop waiting."""
    page("create", "deployment", "web", "--image=nginx")
    page("patch", "deployment", "web", '--patch={"spec": {"progressDeadlineSeconds": 5}}')
    page.watcher.settle(LIMIT)
    page("set", "image", "deployment/web", "nginx=nginx:0.0")
    page.watcher.settle(LIMIT)
    conditions = page.get("deployment", "web")["status"]["conditions"]
    assert "ProgressDeadlineExceeded" in {each["reason"] for each in conditions}


def test_what_was_stuck_need_not_prove_itself_again(page: Page) -> None:
    """Where nothing was changed since, the next command does not wait for it a second time."""
    lonely = pod("lonely", "nginx")
    lonely["spec"]["nodeSelector"] = {"disk": "ssd"}
    page.apply(lonely)
    page.watcher.settle(LIMIT)
    at_once = 0.0  # on a busy machine no other time is short
    page.watcher.settle(at_once, changed=False)
    with pytest.raises(UnsettledError, match="Pod lonely: Unschedulable"):
        page.watcher.settle(at_once)


def test_pods_of_a_node_that_is_back_are_as_it_says(page: Page) -> None:
    """Not before it is Ready again; those that were to go meanwhile are gone, the others run anew."""
    node = page.cluster.nodes[-1]
    tolerated = [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]
    for name in ("goes", "stays"):
        here = pod(name, "busybox", "sleep", "1000")
        here["spec"] |= {"nodeName": node, "tolerations": tolerated, "terminationGracePeriodSeconds": 1}
        page.apply(here)
    page.watcher.settle(LIMIT)
    page.cluster.stop_node(node)
    try:
        page.watcher.settle(LIMIT)
        assert "NotReady" in page("get", "node", node)
        page("delete", "pod", "goes", "--wait=false")
        assert not page.watcher.settle(LIMIT)
    finally:
        page.cluster.start_node(node)
    assert page.watcher.settle(LIMIT)
    assert "NotReady" not in page("get", "node", node)
    (left,) = page.get("pods")["items"]
    assert left["metadata"]["name"] == "stays"
    assert left["status"]["containerStatuses"][0]["restartCount"] == 1


def ask(page: Page, host: str, port: int, node: str | None = None) -> int:
    """Ask a web server as a reader's curl would, or a node's; return its status."""
    with page.cluster.network(node):
        connection = http.client.HTTPConnection(host, port, timeout=5)
        connection.request("GET", "/")
        try:
            return connection.getresponse().status
        finally:
            connection.close()


def test_a_service_answers_at_once(page: Page) -> None:
    """Thirty times, from the first request on: on every node, after new Pods, however many there are."""
    page("create", "deployment", "web", "--image=nginx", "--replicas=1")
    page("expose", "deployment", "web", "--type=NodePort", "--port=80")
    nodes = [each["status"]["addresses"][0]["address"] for each in page.get("nodes")["items"]]
    port = page.get("service", "web")["spec"]["ports"][0]["nodePort"]
    for replicas in (3, 1, 2, 3, 1):
        page("scale", "deployment/web", f"--replicas={replicas}")
        page("delete", "pod", "--all", "--wait=false")
        page.watcher.settle(LIMIT)
        assert [ask(page, node, port) for node in nodes * 2] == [200] * 6


def test_a_service_made_again_answers_at_once(page: Page) -> None:
    """Its name is the same, its address is not; where it was, nobody answers any more."""
    page("create", "deployment", "web", "--image=nginx")
    address = ""
    for _ in range(12):
        made = page("expose", "deployment", "web", "--port=80", "--output=jsonpath={.spec.clusterIP}")
        address, before = made, address
        page.watcher.settle(LIMIT)
        for node in page.cluster.nodes:
            assert ask(page, address, 80, node) == 200
            if before:
                with pytest.raises(OSError, match="timed out"), page.cluster.network(node):
                    socket.create_connection((before, 80), timeout=0.2)
        page("delete", "service", "web")


def test_a_service_of_a_node_s_own_answers_there_at_once(page: Page) -> None:
    """And nowhere else: each node's proxy knows another thing of it, also after its Pod was replaced."""
    for node in page.cluster.nodes[:2]:
        server = pod("near", "nginx")
        server["spec"]["nodeName"] = node
        server["metadata"]["labels"] = {"app": "near"}
        page.apply(server)
        page.apply(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "near"},
                "spec": {
                    "internalTrafficPolicy": "Local",
                    "type": "NodePort",
                    "selector": {"app": "near"},
                    "ports": [{"port": 80}],
                },
            }
        )
        assert page.watcher.settle(LIMIT)
        spec = page.get("service", "near")["spec"]
        assert ask(page, spec["clusterIP"], 80, node) == http.HTTPStatus.OK
        for other in {*page.cluster.nodes} - {node}:
            with pytest.raises(TimeoutError):
                ask(page, spec["clusterIP"], 80, other)
        page("delete", "pod", "near", "--now")


def test_a_service_is_gone_at_once(page: Page) -> None:
    """Nobody answers in its place, as the next command is there to show."""
    page("create", "deployment", "web", "--image=nginx")
    for _ in range(12):
        address = page("expose", "deployment", "web", "--port=80", "--output=jsonpath={.spec.clusterIP}")
        page.watcher.settle(LIMIT)
        page("delete", "service", "web")
        page.watcher.settle(LIMIT)
        for node in page.cluster.nodes:
            with pytest.raises(OSError, match="timed out"), page.cluster.network(node):
                socket.create_connection((address, 80), timeout=0.2)


def test_a_changed_port_answers_at_once(page: Page) -> None:
    """On the address and on every node; the Pods behind it are the same."""
    page("create", "deployment", "web", "--image=nginx")
    page("create", "service", "clusterip", "other", "--tcp=80")
    page("create", "service", "nodeport", "web", "--tcp=80")
    page.watcher.settle(LIMIT)
    address = page.get("service", "web")["spec"]["clusterIP"]
    for number in range(12):
        for name in ("other", "web"):  # of two changes, a proxy takes the second in a little later
            port = {"port": 8000 + number, "targetPort": 80}
            more = {"nodePort": 32000 + number} if name == "web" else {}
            patch = json.dumps({"spec": {"ports": [port | more]}})
            page("patch", "service", name, "--type=merge", f"--patch={patch}")
        page.watcher.settle(LIMIT)
        for node in page.cluster.nodes:
            assert ask(page, address, 8000 + number, node) == 200
        assert ask(page, "192.168.1.3", 32000 + number) == 200


def by_hand(page: Page, api: Api, name: str, *addresses: str, **spec: object) -> None:
    """Make a Service without a selector, and an EndpointSlice for it that nobody owns."""
    port = {"name": "", "port": 80}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}}
    page.apply({**service, "spec": {"ports": [port], **spec}})
    meta = {"name": f"{name}-1", "labels": {"kubernetes.io/service-name": name}}
    found = [{"addresses": [address]} for address in addresses]
    slices = {"metadata": meta, "addressType": "IPv4", "ports": [port], "endpoints": found}
    api.post(KINDS["EndpointSlice"].path(page.get("service", name)["metadata"]["namespace"]), slices)


def test_a_service_that_leads_out_of_the_cluster_settles(page: Page, cluster: EmbeddedCluster) -> None:
    """A person has named its servers, in an EndpointSlice that belongs to no controller."""
    with Api(cluster.kubeconfig, cluster.network) as api:
        by_hand(page, api, "outside", "10.4.5.6")
        assert page.watcher.settle(20)


def test_a_headless_service_of_many_pods_settles(page: Page, cluster: EmbeddedCluster) -> None:
    """Its name has more addresses than an answer of DNS over UDP has room for."""
    with Api(cluster.kubeconfig, cluster.network) as api:
        by_hand(page, api, "db", *(f"10.244.9.{number}" for number in range(1, 61)), clusterIP="None")
    assert page.watcher.settle(20)


def test_a_service_keeps_a_client_from_the_first_call(page: Page) -> None:
    """Told to, it sends it to one and the same Pod; two answer here, each in its way."""
    apart = ("sh", "-c", "rm /usr/share/nginx/html/index.html; exec nginx -g 'daemon off;'")
    for one in (pod("one", "nginx"), pod("two", "nginx", *apart)):
        one["metadata"]["labels"] = {"app": "web"}
        page.apply(one)
    page("create", "service", "nodeport", "web", "--tcp=80")
    page("create", "service", "clusterip", "other", "--tcp=80")
    page("set", "selector", "service/web", "app=web")
    port = page.get("service", "web")["spec"]["ports"][0]["nodePort"]
    page.watcher.settle(LIMIT)
    assert len({ask(page, "192.168.1.3", port) for _ in range(60)}) == 2
    for affinity, answers in (("ClientIP", 1), ("None", 2)) * 3:
        for name in ("other", "web"):  # of two changes, a proxy takes the second in a second later
            page("patch", "service", name, f'--patch={{"spec": {{"sessionAffinity": "{affinity}"}}}}')
        page.watcher.settle(LIMIT)
        assert len({ask(page, "192.168.1.3", port) for _ in range(60)}) == answers


def test_a_server_that_listens_late_is_waited_for(page: Page) -> None:
    """Without a probe its Pod is Ready, and an endpoint, before anybody can talk to it."""
    late = pod("web", "nginx", "sh", "-c", "sleep 1.5; exec nginx -g 'daemon off;'")
    late["metadata"]["labels"] = {"app": "web"}
    page.apply(late)
    page("expose", "pod", "web", "--type=NodePort", "--port=80")
    port = page.get("service", "web")["spec"]["ports"][0]["nodePort"]
    page.watcher.settle(LIMIT)
    assert ask(page, "192.168.1.3", port) == 200


def test_a_name_resolves_at_once(page: Page) -> None:
    """A Service can be called by name from its first moment, at its new address when it was made again."""
    page("run", "client", "--image=busybox", "--", "sleep", "1000")
    page("run", "web", "--image=nginx")
    page.watcher.settle(LIMIT)
    for _ in range(3):
        page("expose", "pod", "web", "--port=80")
        page.watcher.settle(LIMIT)
        assert "Welcome to nginx" in page("exec", "client", "--", "wget", "-qO-", "http://web")
        page("delete", "service", "web")


def test_a_volume_made_for_a_claim_is_bound_to_it(page: Page, cluster: EmbeddedCluster) -> None:
    """A claim that nobody provides for waits for a person; when he has made the volume, it is done."""
    wants = {"accessModes": ["ReadWriteOnce"], "storageClassName": "by-hand"}
    size = {"storage": "1Mi"}
    claim = {"spec": wants | {"resources": {"requests": size}}, "metadata": {"name": "data"}}
    page.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim})
    assert page.watcher.settle(LIMIT)
    volume = {
        "metadata": {"name": "by-hand"},
        "spec": wants | {"capacity": size, "hostPath": {"path": "/srv"}},
    }
    with Api(cluster.kubeconfig, cluster.network) as api:
        api.post("/api/v1/persistentvolumes", volume)
        try:
            page.watcher.settle(LIMIT)
            assert page.get("pvc", "data")["status"]["phase"] == "Bound"
        finally:
            api.delete("/api/v1/persistentvolumes/by-hand")


def test_a_wrong_target_port_settles(page: Page) -> None:
    """A Service that nobody answers behind is a lesson; it is not waited for without end."""
    page("run", "web", "--image=nginx")
    page("expose", "pod", "web", "--port=80", "--target-port=8080")
    assert page.watcher.settle(LIMIT)
    assert page.get("endpointslices")["items"][0]["ports"][0]["port"] == 8080


def test_a_pod_that_fits_nowhere_settles(page: Page) -> None:
    """Nothing will change by itself."""
    lonely = pod("lonely", "nginx")
    lonely["spec"]["nodeSelector"] = {"disk": "ssd"}
    page.apply(lonely)
    assert page.watcher.settle(LIMIT)
    assert page.statuses() == ["Pending"]


def test_a_missing_configmap_settles(page: Page) -> None:
    """A volume that does not come is no motion, though the Pod only says that it is being created."""
    waiting = pod("absent", "nginx", volumeMounts=[{"name": "v", "mountPath": "/v"}])
    waiting["spec"]["volumes"] = [{"name": "v", "configMap": {"name": "missing"}}]
    page.apply(waiting, pod("unset", "nginx", envFrom=[{"configMapRef": {"name": "missing"}}]))
    assert page.watcher.settle(LIMIT)
    assert page.statuses() == ["ContainerCreating", "CreateContainerConfigError"]


def test_a_configmap_that_was_missing_is_waited_for(page: Page) -> None:
    """Once it is there, with the key that is asked for, the Pod starts: what was a rest is none any more."""
    port = {"name": "PORT", "valueFrom": {"configMapKeyRef": {"name": "late", "key": "port"}}}
    page.apply(pod("unset", "nginx", env=[port], command=None))
    page.watcher.settle(LIMIT)
    page("create", "configmap", "late")
    assert page.watcher.settle(LIMIT)
    assert page.statuses() == ["CreateContainerConfigError"]
    page("patch", "configmap", "late", "--patch", '{"data": {"port": "80"}}')
    page.watcher.settle(LIMIT)
    assert page.statuses() == ["Running"]


def test_a_pod_that_lacks_two_things_settles_with_one_of_them(page: Page) -> None:
    """It starts when the second has come, not before."""
    lacking = pod("lacking", "nginx")
    lacking["spec"]["volumes"] = [{"name": name, "configMap": {"name": name}} for name in ("one", "two")]
    lacking["spec"]["containers"][0]["volumeMounts"] = [
        {"name": name, "mountPath": f"/{name}"} for name in ("one", "two")
    ]
    page.apply(lacking)
    for name, status in (("one", "ContainerCreating"), ("two", "Running")):
        assert page.watcher.settle(LIMIT)
        assert page.statuses() == ["ContainerCreating"]
        page("create", "configmap", name)
        assert page.watcher.settle(LIMIT)
        assert page.statuses() == [status]


def test_pods_that_lacked_a_service_account_are_waited_for(page: Page) -> None:
    """Once it is there, their controllers ask for them again, after ever longer pauses."""
    page("create", "deployment", "web", "--image=nginx")
    page.watcher.settle(LIMIT)
    page("set", "serviceaccount", "deployment", "web", "late")
    page.watcher.settle(LIMIT)
    refused = ("get", "events", "--field-selector=reason=FailedCreate", "-o=jsonpath={.items[0].count}")
    end = time.monotonic() + LIMIT
    while int(page(*refused)) < 10:  # each pause is twice the one before: the next is of several seconds
        assert time.monotonic() < end
    page("create", "serviceaccount", "late")
    page.watcher.settle(LIMIT)
    [only] = page.get("pods")["items"]
    assert only["spec"]["serviceAccountName"] == "late"


def test_what_is_made_while_one_waits_is_waited_for_too(page: Page) -> None:
    """A kind that was not there at first, with what it makes: a CronJob makes a Job, whenever it likes."""
    probe = {"exec": {"command": ["cat", "/ready"]}, "periodSeconds": 1}
    page.apply(pod("slow", "busybox", "sh", "-c", "sleep 4; touch /ready; sleep 1000", readinessProbe=probe))
    making = threading.Timer(1.5, page, ("create", "deployment", "web", "--image=nginx"))
    making.start()
    page.watcher.settle(LIMIT)
    making.join()
    assert page.get("deployment", "web")["status"]["availableReplicas"] == 1


def test_a_kind_that_no_pod_tells_of_is_waited_for_too(page: Page) -> None:
    """The first Service of a namespace, made while one waits for a Pod that is Ready before it listens."""
    command = "sleep 3; touch /ready; sleep 2; exec nginx -g 'daemon off;'"
    probe = {"exec": {"command": ["cat", "/ready"]}, "periodSeconds": 1}
    slow = pod("slow", "nginx", "sh", "-c", command, readinessProbe=probe)
    slow["metadata"]["labels"] = {"app": "slow"}
    page.apply(slow)
    making = threading.Timer(1.5, page, ("expose", "pod", "slow", "--type=NodePort", "--port=80"))
    making.start()
    page.watcher.settle(LIMIT)
    making.join()
    port = page.get("service", "slow")["spec"]["ports"][0]["nodePort"]
    assert ask(page, "192.168.1.3", port) == 200


@pytest.fixture
def lamps(cluster: EmbeddedCluster) -> Iterator[Api]:
    """A kind that somebody defined, and whoever may write the status of its objects."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "lamps", "singular": "lamp", "kind": "Lamp", "shortNames": ["lp"]}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "lamps.scout.example"},
        "spec": {
            "group": "scout.example",
            "scope": "Namespaced",
            "names": names,
            "versions": [{**version, "subresources": {"status": {}}}],
        },
    }
    with Api(cluster.kubeconfig, cluster.network) as api:
        definitions = Definitions(api)
        api.post(DEFINITIONS, definition)
        definitions.settle(LIMIT)
        yield api
        api.delete(f"{DEFINITIONS}/lamps.scout.example")
        definitions.settle(LIMIT)


def test_a_custom_resource_is_waited_for(page: Page, lamps: Api) -> None:
    """By what its controller says of it; where nobody does, and nobody speaks of it, it is at rest."""
    (lamp,) = page.watcher.custom = custom(lamps, "kubectl get lp")
    assert custom(lamps, "kubectl get pods") == []
    path = lamp.path("a-custom-resource-is-waited-for")
    base = {"apiVersion": "scout.example/v1", "kind": "Lamp", "metadata": {"name": "pier"}}
    made = lamps.post(path, base)
    assert page.watcher.settle(LIMIT)

    def light(status: str) -> None:
        condition = {"type": "Ready", "status": status, "reason": "Bulb", "message": "is being brought"}
        told = {"observedGeneration": made["metadata"]["generation"], "conditions": [condition]}
        lamps.patch(f"{path}/pier/status", {"status": told})

    light("False")
    with pytest.raises(
        UnsettledError, match=r"Lamp\.scout\.example pier: is not Ready: Bulb is being brought"
    ):
        page.watcher.settle(0.0)
    controller = threading.Timer(3, light, ("True",))
    controller.start()
    assert page.watcher.settle(LIMIT)
    assert not controller.is_alive()
    controller.join()
    page.watcher.custom = [replace(lamp, plural="lanterns")]  # gone meanwhile
    assert page.watcher.settle(LIMIT)


def test_what_never_becomes_ready_is_an_error(page: Page) -> None:
    """It names the Pod and its probe."""
    page.apply(pod("slow", "nginx", readinessProbe={"httpGet": {"path": "/nope", "port": 80}}, command=None))
    with pytest.raises(UnsettledError, match=r"Pod slow: .*readiness probe \(httpGet :80/nope\)"):
        page.watcher.settle(8)


class BrokenApi(Api):
    """An API whose first watches break: some are cut, some begin too far in the past."""

    opened = 0
    made: list[Watch]

    def watch(self, path: str, limit: float | None = None, **query: str) -> Watch:
        self.opened += 1
        if path.endswith("/pods") and self.opened < 20:
            query["resourceVersion"] = "1"  # answered with 410 Gone
        watch = super().watch(path, limit, **query)
        self.made.append(watch)
        return watch


def test_broken_watches_are_opened_again(cluster: EmbeddedCluster, tmp_path: Path) -> None:
    """A watch that ends, or is cut, or is too old, does not end the wait."""
    api = BrokenApi(cluster.kubeconfig, cluster.network)
    api.made = []
    stop = threading.Event()

    def cut() -> None:
        while not stop.wait(0.3):
            for watch in api.made[-3:]:
                with suppress(OSError, RuntimeError, ValueError):  # it may have ended
                    watch._response.shutdown()

    with api, opened(cluster, api, "broken-watches", tmp_path) as page:
        cutter = threading.Thread(target=cut)
        cutter.start()
        try:
            page("create", "deployment", "web", "--image=nginx", "--replicas=2")
            assert page.watcher.settle(LIMIT)
        finally:
            stop.set()
            cutter.join()
        assert page.get("deployment", "web")["status"]["availableReplicas"] == 2
    assert api.opened > len({"pods", "deployments", "replicasets", "nodes"})


def test_closing_ends_the_wait(page: Page) -> None:
    """Whoever waits when a page is ended is told, at once."""
    page.apply(pod("slow", "nginx", readinessProbe={"exec": {"command": ["false"]}}, command=None))
    started = time.monotonic()
    timer = threading.Timer(2, page.watcher.close)
    timer.start()
    with pytest.raises(UnsettledError, match="the page was ended"):
        page.watcher.settle(LIMIT)
    timer.join()
    assert time.monotonic() - started < LIMIT
