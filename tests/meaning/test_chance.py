"""What is chance makes no difference, kind by kind; and right beside it, what a lesson is about does."""

from __future__ import annotations

import pytest

from played import same, spans
from preuve.meaning.chance import Chance

SCHEDULED = """\
Events:
  Type     Reason     Age                From               Message
  ----     ------     ----               ----               -------
  Normal   Scheduled  12s                default-scheduler  Successfully assigned pods/web to node2
"""
PODS = """\
NAME                   READY   STATUS             RESTARTS     AGE   IP           NODE    NOMINATED NODE
web-5fc9f4bf66-86zl7   1/1     Running            2 (8s ago)   9s    10.244.1.4   node2   <none>
api-7d4b8c6f55-dr2ht   0/1     CrashLoopBackOff   3 (5s ago)   8s    10.244.2.7   node3   <none>
"""
OTHER_PODS = """\
NAME                   READY   STATUS             RESTARTS      AGE     IP            NODE    NOMINATED NODE
web-5fc9f4bf66-x2k7p   1/1     Running            2 (38s ago)   2m15s   10.244.0.14   node1   <none>
api-7d4b8c6f55-zq4bn   0/1     CrashLoopBackOff   4 (9s ago)    2m      10.244.1.9    node2   <none>
"""
DESCRIBED = """\
Name:             web-5fc9f4bf66-86zl7
Node:             node2/192.168.1.3
Start Time:       Mon, 23 Nov 2026 09:20:00 +0000
Labels:           app=web
                  pod-template-hash=5fc9f4bf66
Status:           Running
IP:               10.244.1.4
Controlled By:    ReplicaSet/web-5fc9f4bf66
Containers:
  nginx:
    Container ID:   containerd://{hex}
    Image:          nginx:1.26
    Image ID:       docker.io/library/nginx@sha256:{hex}
    Port:           80/TCP
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Exit Code:    3
    Ready:          False
    Restart Count:  2
"""
YAML = """\
apiVersion: v1
kind: Pod
metadata:
  creationTimestamp: "2026-11-23T09:20:00Z"
  generateName: web-5fc9f4bf66-
  generation: 1
  name: web-5fc9f4bf66-86zl7
  resourceVersion: "1086"
  uid: 6f1c2d3e-0b5a-4c8e-9d27-3f4b5a6c7d8e
spec:
  nodeName: node2
  replicas: 3
  terminationGracePeriodSeconds: 30
status:
  hostIP: 192.168.1.3
  phase: Running
  podIP: 10.244.1.4
  qosClass: BestEffort
"""
SERVICE = """\
Name:                     web
Type:                     NodePort
IP:                       10.96.12.7
Port:                     http  80/TCP
TargetPort:               8080/TCP
NodePort:                 http  31207/TCP
Endpoints:                10.244.1.4:8080,10.244.2.7:8080
Session Affinity:         None
External Traffic Policy:  Cluster
"""
ROLLED = """\
Waiting for deployment "web" rollout to finish: 1 out of 3 new replicas have been updated...
deployment "web" successfully rolled out
Waiting for deployment "api" rollout to finish: 1 out of 3 new replicas have been updated...
error: timed out waiting for the condition
"""
DISK = """\
Filesystem                Size      Used Available Use% Mounted on
/dev/vda1                48.9G     12.1G     34.7G  26% /data
tmpfs                    32.0M      4.0K     32.0M   0% /info
"""
LISTED = """\
total 0
drwxrwxrwx    3 root     root           100 Nov 28 10:00 .
drwxr-xr-x    2 root     root            60 Nov 28 10:00 ..2026_11_28_10_00_00.123456789
lrwxrwxrwx    1 root     root            31 Nov 28 10:00 ..data -> ..2026_11_28_10_00_00.123456789
-rw-r--r--    1 ann      crew            13 Jan  1  2026 colour
"""
EVENTS = """\
LAST SEEN   TYPE      REASON    OBJECT    COUNT   MESSAGE
12s         Normal    Pulling   pod/web   1       Pulling image "nginx:1.26"
11s         Normal    Pulled    pod/web   1       Successfully pulled image "nginx:1.26" in 1.2s (1.2s including waiting). Image size: 64738257 bytes.
9s          Warning   BackOff   pod/web   3       Back-off restarting failed container nginx in pod web-shop
"""  # noqa: E501
OTHER_EVENTS = """\
LAST SEEN   TYPE      REASON    OBJECT    COUNT   MESSAGE
2m          Normal    Pulled    pod/web   1       Container image "nginx:1.26" already present on machine
19s         Warning   BackOff   pod/web   7       (combined from similar events): Back-off restarting failed container nginx in pod web-shop
"""  # noqa: E501
STEPS = """\
Normal  ScalingReplicaSet  9s  deployment-controller  Scaled up replica set web-5fc9f4bf66 from 0 to 3
Normal  ScalingReplicaSet  9s  deployment-controller  Scaled down replica set web-7d4b8c6f55 from 3 to 2
Normal  ScalingReplicaSet  8s  deployment-controller  Scaled down replica set web-7d4b8c6f55 from 2 to 0
"""
LOGS = """\
/docker-entrypoint.sh: Configuration complete; ready for start up
2026/11/23 09:20:00 [notice] 1#1: nginx/1.26.3
2026/11/23 09:20:00 [notice] 1#1: OS: Linux 6.1.0-37-amd64
2026/11/23 09:20:00 [notice] 1#1: getrlimit(RLIMIT_NOFILE): 1048576:1048576
2026/11/23 09:20:00 [notice] 1#1: start worker process 29
2026/11/23 09:20:03 [notice] 29#29: exiting
10.244.1.1 - - [23/Nov/2026:09:20:05 +0000] "GET /menu HTTP/1.1" 404 153 "-" "curl/7.88.1"
"""
PING = """\
PING web (10.96.12.7): 56 data bytes
64 bytes from 10.244.1.4: seq=0 ttl=62 time=0.045 ms
2 packets transmitted, 2 packets received, 0% packet loss
round-trip min/avg/max = 0.045/0.051/0.058 ms
"""
CURL = """\
*   Trying 192.168.1.3:31207...
* Connected to 192.168.1.3 (192.168.1.3) port 31207 (#0)
> GET /menu HTTP/1.1
> Host: 192.168.1.3:31207
< HTTP/1.1 404 Not Found
< Server: nginx/1.26.3
< Content-Length: 153
"""
CERTIFICATE = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {data}
    server: https://127.0.0.1:6443
  name: shop
contexts:
- context:
    cluster: shop
    namespace: pods
    user: ann
current-context: shop
"""
FAILED_EXEC = (
    'error: Internal error occurred: error executing command in container: failed to start exec "{hex}": '
    'OCI runtime exec failed: exec failed: unable to start container process: exec: "ps": executable file '
    "not found in $PATH: unknown\ncommand terminated with exit code 127\n"
)
SIGNED = (
    "kind: Token\nspec:\n  expirationSeconds: 3600\n  audiences: [api]\nstatus:\n  token: {}\n  ready: 1/1\n"
)
REDIS = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build={}\n"
MAPPED = """\
1: lo: <LOOPBACK,UP> mtu 65536
2: eth0@if{}: <BROADCAST,UP> mtu 1450 state UP
    inet {}/24 scope global
"""

TALLY = "{:7} {} hello from v1, 200 OK\n{:7} {} ready on port 80\n"

CASES: dict[Chance, tuple[str, str, str]] = {
    Chance.POD: (
        PODS,
        OTHER_PODS,
        (
            "web-→wob- 1/1→0/1 Running→Evicted 2_(→1_( CrashLoopBackOff→Error api→apo 0/1→1/1 "
            "STATUS→STATE <none>→node9"
        ),
    ),
    Chance.AGE: (
        PODS,
        OTHER_PODS,
        (
            "RESTARTS→RESTART 2_(8s_ago)→2 AGE→AGES 9s→<none> 1/1→1/2 Running→Pending api-→ap- 0/1→2/1 "
            "<none>→yes"
        ),
    ),
    Chance.IP: (
        SERVICE,
        SERVICE.replace("10.96.12.7", "10.96.200.1").replace("10.244.1.4", "10.244.0.9"),
        (
            "web→wob NodePort→ClusterIP 80/TCP→81/TCP 8080/TCP→8081/TCP None→ClientIP Cluster→Local "
            "10.244.1.4:8080,→ :8080→:80 http→https"
        ),
    ),
    Chance.PORT: (
        SERVICE,
        SERVICE.replace("31207", "32001"),
        (
            "31207→30008 31207/TCP→31207/UDP http__31207→https__31207 80/TCP→8/TCP "
            "NodePort→LoadBalancer TargetPort→Target 8080/TCP→http/TCP Session→Sessions 31207/TCP→"
        ),
    ),
    Chance.HASH: (
        DESCRIBED.format(hex=64 * "a"),
        DESCRIBED.format(hex=64 * "b").replace("5fc9f4bf66", "7d4b8c6f55").replace("86zl7", "dr2ht"),
        (
            "pod-template-hash→pod-hash Name:→Nome: web-→wob- app=web→app=api ReplicaSet→Job "
            "ReplicaSet/web→ReplicaSet/api 5fc9f4bf66→ nginx:1.26→nginx:1.27 Running→Pending"
        ),
    ),
    Chance.CONTAINER_ID: (
        FAILED_EXEC.format(hex=64 * "a"),
        FAILED_EXEC.format(hex=32 * "c1"),
        (
            '"ps"→"ls" 127→126 exec_failed→exec_ended $PATH→$HOME executable→no unknown→known '
            "command→commands OCI→CRI start_exec→start"
        ),
    ),
    Chance.DIGEST: (
        REDIS.format("d81b8ff71cfb150e"),
        REDIS.format("0f31c5c9ce1a7a2b"),
        (
            "7.0.15→7.0.16 00000000→00000001 :0→:1 jemalloc→libc 5.3.0→5.3.1 64→32 build=→built= "
            "Redis→redis v=→w="
        ),
    ),
    Chance.TIME: (
        LISTED,
        LISTED.replace("Nov 28 10:00", "Nov 29 01:12")
        .replace("2026_11_28_10_00_00.123456789", "2026_11_29_01_12_13.3290743112")
        .replace("Jan  1  2026", "Nov 29 01:12"),
        (
            "colour→color ..data→..date ann→bob crew→root 13→14 -rw-r--r--→-rw-rw-r-- ->→=> total_0\n→ "
            "1_ann→2_ann"
        ),
    ),
    Chance.DURATION: (
        PING,
        PING.replace("0.045", "1.203").replace("0.051", "1.300").replace("10.244.1.4", "10.244.0.9"),
        (
            "56→64 seq=0→seq=1 2_packets_tr→3_packets_tr 0%→50% received→lost web→wob 64_bytes→63_bytes "
            "min→mean time=→times="
        ),
    ),
    Chance.ADDRESS: (
        CURL,
        CURL.replace("192.168.1.3", "192.168.1.4"),
        (
            "GET→PUT /menu→/ 404→200 1.26.3→1.26.4 153→154 Not_Found→OK HTTP/1.1→HTTP/2 "
            "Connected→Refused nginx→apache"
        ),
    ),
    Chance.UID: (
        YAML,
        YAML.replace("6f1c2d3e", "7a1b2c3d").replace("1086", "2210").replace("node2", "node1"),
        ("uid→uids v1→v2 Pod→Job web-→wob- 30→31 3\n→4\n phase→phases Running→Failed BestEffort→Burstable"),
    ),
    Chance.VERSION: (
        YAML,
        YAML.replace('"1086"', '"99"').replace("09:20:00", "10:00:01"),
        (
            "resourceVersion→Version generation:_1→generation:_2 v1→v2 name:→nome: replicas→replica "
            "spec→specs kind→kinds status→state terminationGracePeriodSeconds→gracePeriodSeconds"
        ),
    ),
    Chance.NODE: (
        PODS,
        PODS.replace("node2", "node1").replace("node3", "node1"),
        (
            "NODE→HOST node2→<none> <none>→node1 web→wob 1/1→1/3 Running→Unknown "
            "CrashLoopBackOff→Completed api→apu IP→ADDRESS"
        ),
    ),
    Chance.RESTARTS: (
        DESCRIBED.format(hex=64 * "a"),
        DESCRIBED.format(hex=64 * "a").replace("Count:  2", "Count:  5"),
        (
            "Exit_Code:____3→Exit_Code:____1 CrashLoopBackOff→Error Waiting→Running Terminated→Running "
            "False→True Restart_Count→Restarts Image:_→Images:_ 80/TCP→81/TCP nginx:1.26→nginx:1.25"
        ),
    ),
    Chance.PULLED: (
        EVENTS,
        OTHER_EVENTS,
        (
            'nginx:1.26"_in→nginx:1.27"_in Pulled→Failed Normal____Pulled→Warning___Pulled '
            "BackOff→Backoff restarting→starting web-shop→web-ship Warning→Normal "
            "container_nginx→container_apache TYPE→KIND"
        ),
    ),
    Chance.COUNT: (
        EVENTS,
        EVENTS.replace("  3  ", "  9  ").replace("12s", "3m"),
        (
            "COUNT→OFTEN Warning→Normal BackOff→Killing failed→broken nginx_in→api_in web-shop→wob-shop "
            "Pulled→Created LAST_SEEN→FIRST_SEEN MESSAGE→MESSAGES"
        ),
    ),
    Chance.REPEATED: (
        EVENTS,
        OTHER_EVENTS,
        (
            "Back-off→Backoff restarting→started failed→dead container→pod nginx_in→httpd_in "
            "in_pod→on_pod web-shop→web-pods Warning→Error OBJECT→OBJECTS"
        ),
    ),
    Chance.PASSING: (
        ROLLED,
        ROLLED.partition("\n")[2],
        (
            "api→apo "
            "1_out_of_3_new_replicas_have_been_updated...\nerror→"
            "2_out_of_3_new_replicas_have_been_updated...\nerror "
            "of_3_new_replicas_have_been_updated...\nerror→of_4_new_replicas_have_been_updated...\nerror "
            '"web"_success→"wob"_success successfully→nearly timed_out→given_up condition→conditions '
            "error→warning rolled→scaled"
        ),
    ),
    Chance.STEPS: (
        STEPS,
        STEPS.replace("from 3 to 2", "from 3 to 1").replace("from 2 to 0", "from 1 to 0"),
        (
            "0_to_3→0_to_4 up→down web-5→api-5 Normal→Warning ScalingReplicaSet→Scaled "
            "deployment-controller→job-controller replica_set→daemon_set Scaled_down→Scaled_up "
            "Normal__ScalingReplicaSet__9s__deployment-controller__Scaled_up→x"
        ),
    ),
    Chance.MACHINE: (
        DISK,
        DISK.replace("48.9G", "9.8G").replace("12.1G", "1.1G").replace("26%", "11%").replace("vda1", "sda2"),
        (
            "/data→/date /info→/inform tmpfs→overlay Filesystem→Files Mounted→Mount Available→Free "
            "Size→Sizes Used→Use /dev/vda1→none"
        ),
    ),
    Chance.PID: (
        LOGS,
        LOGS.replace("29#29", "31#31").replace("process 29", "process 30").replace("09:20", "10:01"),
        (
            "exiting→started nginx/1.26.3→nginx/1.27.0 404→200 /menu→/ 153→155 Linux→Darwin GET→POST "
            "notice]_29→error]_29 curl/7→curl/8"
        ),
    ),
    Chance.RANDOM: (
        MAPPED.format(12, "10.244.1.4"),
        MAPPED.format(7, "10.244.2.9"),
        (
            "lo→l0 65536→65535 eth0→eth1 1450→1500 UP\n→DOWN\n /24→/16 global→link inet→inet6 "
            "BROADCAST→MULTICAST"
        ),
    ),
    Chance.TALLY: (
        TALLY.format(19, "web-7c5ddbdf54-x7k2p", 22, "web-7c5ddbdf54-k8s2d"),
        TALLY.format(9, "web-7c5ddbdf54-b4d6f", 32, "web-7c5ddbdf54-c6z9m"),
        "web→wob hello→hullo from→by v1→v2 200→500 OK→KO on_port→at_port 80→81 ready→lost",
    ),
    Chance.CERTIFICATE: (
        CERTIFICATE.format(data="LS0tLS1CRUdJTi"),
        CERTIFICATE.format(data="LS0tLS1CRUdJTiBDRVJU"),
        (
            "v1→v2 6443→443 https→http shop→ship pods→default ann→bob current→last server→servers "
            "contexts→context"
        ),
    ),
    Chance.JWT: (
        SIGNED.format("eyJhbGciOiJS.eyJpc3Mi.c2ln"),
        SIGNED.format("eyJhbGciOiJS.eyJzdWIi.c2lu"),
        (
            "3600→600 api→web Token→Secret token:→tokens: spec→specs audiences→audience 1/1→0/1 "
            "ready→steady kind→kinds"
        ),
    ),
}


def changed(text: str) -> list[tuple[str, str]]:
    """The changes that a case writes down: from → to, a space as `_`."""
    pairs = [part.split("→") for part in text.split(" ")]
    return [(old.replace("_", " "), new.replace("_", " ")) for old, new in pairs]


ASKED = {Chance.TALLY: "sort answers.txt | uniq -c"}
"""The kinds that are known by what was asked, too."""


@pytest.mark.parametrize("kind", Chance)
def test_nine_changes_beside_chance_are_seen(kind: Chance) -> None:
    """Names, counts, states, codes, reasons, messages, tags, labels: chance hides none beside it."""
    one, other, changes = CASES[kind]
    asked = ASKED.get(kind, "")
    assert kind in {span.kind for text in (one, other) for span in spans(text, source=asked)}
    assert same([one], [other], sources=[asked])
    assert len(changed(changes)) == 9
    for old, new in changed(changes):
        assert old in one, old
        assert not same([one], [one.replace(old, new, 1)], sources=[asked]), (old, new)


CERTIFIED = "Extra: authentication.kubernetes.io/credential-id   [X509SHA256={}]\n"
BACK_OFF = (
    "Back-off restarting failed container nginx in pod web-7c5ddbdf54-{}_shop"
    "({}2d3e-0b5a-4c8e-9d27-3f4b5a6c7d8e)\n"
)
HOLDER = "coredns   shop_web-7c5ddbdf54-{}_{}2d3e-0b5a-4c8e-9d27-3f4b5a6c7d8e\n"
USAGE = "NAME   CPU({})   MEMORY({})\nweb    {:<12}   {}\n"


@pytest.mark.parametrize(
    ("one", "other", "wrong"),
    [
        (
            f"error: container exec {64 * 'a'}: no such program\n",
            f"error: container exec {64 * 'b'}: no such program\n",
            f"error: container exec {64 * 'a'}: no such user\n",
        ),
        ("RemoteAddr: 10.244.0.1:43210\n", "RemoteAddr: 10.244.0.7:51234\n", "RemoteAddr: 10.244.0.7:8080\n"),
        (
            "read tcp 10.244.0.1:43210->10.244.0.5:80: reset\n",
            "read tcp 10.244.0.1:33333->10.244.0.5:80: reset\n",
            "read tcp 10.244.0.1:33333->10.244.0.5:81: reset\n",
        ),
        (
            "* Established connection to web (10.96.1.2 port 80) from 10.244.0.7 port 43210\n",
            "* Established connection to web (10.96.1.2 port 80) from 10.244.0.7 port 60999\n",
            "* Established connection to web (10.96.1.2 port 81) from 10.244.0.7 port 43210\n",
        ),
        (
            'E1130 07:54:18.773748    4125 memcache.go:265] "Unhandled Error" err="5 of 25"\n',
            'E1130 07:55:19.773749      25 memcache.go:265] "Unhandled Error" err="5 of 25"\n',
            'E1130 07:55:19.773749      25 memcache.go:265] "Unhandled Error" err="5 of 41"\n',
        ),
        (
            "built 5 minutes ago, 2 layers\n",
            "built 14 weeks ago, 2 layers\n",
            "built 5 minutes ago, 3 layers\n",
        ),
        ("built 59 seconds ago\n", "built About a minute ago\n", "built About a month ago\n"),
        ("built 59 minutes ago\n", "built About an hour ago\n", "built About an era ago\n"),
        ("built 1 second ago\n", "built Less than a second ago\n", "built Less than a while ago\n"),
        (CERTIFIED.format(64 * "a"), CERTIFIED.format(64 * "b"), CERTIFIED.format(63 * "b")),
        ("1 row in set (0.01 sec)\n", "1 row in set (1.20 sec)\n", "2 rows in set (0.01 sec)\n"),
        ("copied in 0.012 seconds\n", "copied in 12.3 seconds\n", "copied in 12 seconds\n"),
        (
            USAGE.format("cores", "bytes", "1m", "12Mi"),
            USAGE.format("cores", "bytes", "104m", "9Mi"),
            USAGE.format("cores", "bytes", "<unknown>", "12Mi"),
        ),
        (BACK_OFF.format("x7k2p", "6f1c"), BACK_OFF.format("b4d6f", "7a1b"), BACK_OFF.format("b4d6f", "6f1")),
        (HOLDER.format("x7k2p", "6f1c"), HOLDER.format("b4d6f", "7a1b"), HOLDER.format("mysql", "7a1b")),
        (
            "Started in 2.345 seconds (process running for 2.9)\n",
            "Started in 3.1 seconds (process running for 13.25)\n",
            "Started in 3.1 seconds (process running for 2)\n",
        ),
        (
            USAGE.format("%", "%", "1%", "12%"),
            USAGE.format("%", "%", "97%", "9%"),
            USAGE.format("%", "%", "", ""),
        ),
    ],
)
def test_what_programs_say_beside_is_chance(one: str, other: str, wrong: str) -> None:
    """A client's port, a process, a certificate's digest, how long it took, what it used."""
    assert same([one], [other])
    assert not same([one], [wrong])
    assert not same([one], [other], public=one)


@pytest.mark.parametrize(
    "headers",
    ["", "name   cpu    memory   priority\n", "NAME   AGE    MEM      P\n", "A   DURATION   M   P\n"],
)
def test_no_age_is_in_columns_that_the_page_chose(headers: str) -> None:
    """What is asked for by its path is a quantity or a setting, though it looks like one."""
    asked = ["kubectl get pods -o custom-columns=name:.metadata.name,cpu:.x,memory:.y,priority:.z"]
    one, other = (f"{headers}web    {cpu}   64Mi     0\n" for cpu in ("100m", "200m"))
    assert not same([one], [other], sources=asked)
    listed = ["kubectl get figures --no-headers"]
    assert same([one], [other], sources=listed) is ("DURATION" not in headers)


def test_only_a_job_tells_how_long_it_took() -> None:
    """In a column of another kind, that somebody has defined, a duration is a setting."""
    job = "NAME   STATUS     COMPLETIONS   DURATION   AGE\nback   Complete   1/1           {}         9s\n"
    own = "NAME   DURATION   AGE\nback   {}         9s\n"
    for table, chance in ((job, True), (own, False)):
        assert same([table.format("3s")], [table.format("5s")]) is chance


@pytest.mark.parametrize(
    ("header", "one", "other"),
    [
        (
            "NAME   IP           NODE    AGE",
            "x      10.1.0.1     north   9s",
            "x      10.1.0.1     south   9s",
        ),
        ("NAME   OS-IMAGE", "x      flatcar", "x      talos"),
        ("NAME   STATUS   RESTARTS", "x      Error    1", "x      Error    2"),
        ("NAME   MEMORY(BYTES)", "x      64Mi", "x      32Mi"),
        ("", "x   y   9s   10.1.0.1   north", "x   y   9s   10.1.0.1   south"),
    ],
)
def test_the_columns_of_a_kind_that_somebody_has_defined_are_compared(
    header: str, one: str, other: str
) -> None:
    """Whatever they are called: kubectl's own tables alone say where the scheduler put what."""
    for asked, chance in (
        ("kubectl get lamps", False),
        ("kubectl get lamps.example.com/x -o wide", False),
        ("kubectl get pods -o wide", True),
        ("kubectl get $KIND", True),
        ("kubectl get lamps; kubectl get pods -o wide", True),
    ):
        assert same([f"{header}\n{one}"], [f"{header}\n{other}"], sources=[asked]) is chance
        assert same([f"{header}\n{one}"], [f"{header}\n{one.replace('9s', '2m')}"], sources=[asked])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("LAST DEPLOYED: Mon Nov 30 19:00:00 2026", "LAST DEPLOYED: Fri Jan  1 08:00:01 2027"),
        (
            "[Mon Nov 30 09:20:00.123456 2026] [pid 1:tid 13987654]",
            "[Fri Jan 01 08:20:01.5 2027] [pid 1:tid 24]",
        ),
        ("Nov 30 19:00:00 kubelet: 2048 files", "Dec  1 08:00:01 kubelet: 2048 files"),
        ("[GIN] 2026/11/30 - 19:00:00 | 200", "[GIN] 2027/01/01 - 08:00:01 | 200"),
        ("30-Nov-2026 19:00:00.123 INFO", "01-Jan-2027 08:00:01.42 INFO"),
        ("11/30/2026 19:00:00 started", "01/01/2027 08:00:01 started"),
    ],
)
def test_a_date_beside_a_time_of_day_is_chance_however_it_is_written(one: str, other: str) -> None:
    """As helm, httpd, syslog, Tomcat and others write it; alone it is not."""
    assert same([one], [other])
    assert not same([one], [one + " 2027"])
    assert not same(
        [one.replace(":00:00", "").replace(":20:00", "")], [other.replace(":00:01", "").replace(":20:01", "")]
    )


@pytest.mark.parametrize(
    ("one", "other"), [("INFO", "WARN"), ("GET", "PUT"), ("DOWN", "IDLE"), ("FAIL", "PASS")]
)
def test_what_follows_a_time_of_day_is_no_zone_unless_it_is_one(one: str, other: str) -> None:
    """A log's level, a request's method: capitals, and what the lesson is about."""
    lines = "2026-11-23 09:20:00 {0} /\n10:00:00.123 {0} 2048\n"
    assert not same([lines.format(one)], [lines.format(other)])
    assert same([lines.format("UTC")], [lines.format("CEST")])
    assert not same([lines.format(one)], [lines.format(one).replace("2048", "1024")])


@pytest.mark.parametrize(
    ("one", "other", "wrong"),
    [
        (
            "E1130 07:54:18.77       1 a.go:2] x",
            "E0101 08:55:19.78       1 a.go:2] x",
            "I1130 07:54:18.77       1 a.go:2] x",
        ),
        ("Duration:  5s", "Duration:  2m5s", "Duration:  5 days"),
        ("Duration: 3 days", "Duration: 3 days ", "Duration: 4 days"),
        ("RULE   FROM\nopen   ann, ben", "RULE   FROM\nopen   ann, ben ", "RULE   FROM\nopen   ann, eve"),
    ],
)
def test_what_only_stands_where_chance_does_is_compared(one: str, other: str, wrong: str) -> None:
    """The letter by which a log tells an error; a word of kubectl's that another program says."""
    assert same([one], [other])
    assert not same([one], [wrong])


@pytest.mark.parametrize(
    "said",
    [
        "listening on 0.0.0.0:{}",
        "server started at [::]:{}",
        "dial tcp 10.96.1.2:{}: connect: connection refused",
        "GET http://10.96.1.2:{}/: EOF",
        "* Trying 10.96.1.2:{}...",
    ],
)
def test_the_port_of_a_server_is_no_chance_however_high(said: str) -> None:
    """That of gRPC is 50051 by habit, which clients speak from too."""
    assert not same([said.replace("{}", "50051")], [said.replace("{}", "50052")])


@pytest.mark.parametrize(
    "said",
    [
        "Endpoints:   10.244.1.5:{},10.244.1.6:{}",
        "NAME   ENDPOINTS                           AGE\nweb    10.244.1.5:{},10.244.1.6:{}   9s\n",
        "NAME   ENDPOINTS\nweb    10.244.1.5:{},10.244.1.6:{} + 1 more...\n",
        "shop   web   10.244.1.5:{},10.244.1.6:{}   9s\n",
        "              /   web:80 (10.244.1.5:{},10.244.1.6:{})",
    ],
)
def test_the_port_of_pods_behind_a_service_is_no_chance(said: str) -> None:
    """Clients speak from such numbers, and the API server picks such for nodes: neither is meant here."""
    for one, other in (("50051", "50052"), ("31234", "31235")):
        assert not same([said.replace("{}", one)], [said.replace("{}", other)])


@pytest.mark.parametrize(
    "said",
    [
        "GET http://127.0.0.1:{}/: EOF",
        "accepted 10.244.0.1:{}",
        "NAME   CLIENT             AGE\nweb    10.244.1.5:{}   9s\n",
        "accepted (10.244.0.1:{})",
        "session:ab12 (10.244.0.1:{}) closed",
    ],
)
def test_a_port_that_kubectl_forwards_or_a_client_speaks_from_is_chance(said: str) -> None:
    assert same([said.replace("{}", "50051")], [said.replace("{}", "50052")])
