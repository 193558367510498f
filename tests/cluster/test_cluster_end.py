"""What is left of an embedded cluster, however it ends: nothing."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from preuve.cluster.embedded import cluster as embedded
from preuve.cluster.embedded.cluster import EmbeddedBackend
from preuve.cluster.embedded.state import StateFolder
from preuve.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from preuve.cluster.embedded.cluster import EmbeddedCluster

pytestmark = [pytest.mark.cluster, pytest.mark.second]

OWNER = """\
import sys
from preuve.cluster.embedded.cluster import EmbeddedBackend
from preuve.progress import Progress

with Progress() as progress, getattr(EmbeddedBackend(), sys.argv[1])(progress) as running:
    print(running.pid, flush=True)
    if sys.stdin.readline() == "raise\\n":
        raise RuntimeError
"""
"""A process that has a cluster as long as its standard input is open."""

LIMIT = 60
"""Seconds for what should happen at once, on a machine that has other things to do."""

PREUVE = (sys.executable, "-c", "from preuve.cli import main; main()", "cluster")

STAGES = ["images of your own", "API server", "nodes", "your images on the nodes", "DNS"]
"""What is told of a start: this repository states an image."""

KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\n")
"""A key, not a program that knows of keys: images have such."""

SUPERVISOR = "preuve.cluster.embedded.supervisor"

DEFAULT_PATHS = (
    *("/etc/cni", "/etc/containerd", "/etc/kubernetes", "/etc/machine-id", "/etc/nftables.conf"),
    *("/etc/resolv.conf", "/opt", "/run/containerd", "/run/netns", "/tmp/hostpath_pv", "/var/lib"),  # noqa: S108
    *("/var/log", "/var/run"),
)
SYSCTLS = (
    *("kernel/keys/root_maxbytes", "kernel/keys/root_maxkeys", "kernel/panic", "kernel/panic_on_oops"),
    *("net/bridge/bridge-nf-call-iptables", "net/ipv4/conf/all/forwarding", "net/ipv4/ip_nonlocal_bind"),
    *("net/netfilter/nf_conntrack_max", "vm/overcommit_memory", "vm/panic_on_oom"),
)


def host() -> dict[str, object]:
    """What a cluster could have changed of the machine."""
    paths = [path for name in DEFAULT_PATHS if (path := Path(name)).exists()]
    return {
        "links": sorted(path.name for path in Path("/sys/class/net").iterdir()),
        "routes": Path("/proc/net/route").read_text(),
        "mounts": Path("/proc/self/mountinfo").read_text(),
        "rules": subprocess.run(("nft", "list", "ruleset"), capture_output=True, check=True).stdout,
        "sysctls": {name: (Path("/proc/sys") / name).read_text() for name in SYSCTLS},
        "hostname": socket.gethostname(),
        "files": {
            str(path): sorted(path.iterdir()) if path.is_dir() else path.read_bytes() for path in paths
        },
    }


def processes(state: StateFolder) -> list[psutil.Process]:
    """Who belongs to the cluster."""
    found = []
    for process in psutil.process_iter():
        with suppress(OSError, psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and (
                f"/{state.name}/" in Path(f"/proc/{process.pid}/cgroup").read_text()
                or str(state.path) in " ".join(process.cmdline())
            ):
                found.append(process)
    return found


def cgroups(state: StateFolder) -> list[str]:
    """The cluster's cgroups, on v2 and on v1; those of other clusters come and go below."""
    root = Path("/sys/fs/cgroup")
    return [str(path) for pattern in (state.name, f"*/{state.name}") for path in root.glob(pattern)]


def await_(done: Callable[[], object], what: str) -> None:
    """Wait for the kernel, or a process, to come to something."""
    end = time.monotonic() + LIMIT
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.01)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[StateFolder]:
    """A place for another cluster than the session's; it must be empty in the end."""
    with tempfile.TemporaryDirectory(prefix="p-", dir="/var/tmp") as home:
        monkeypatch.setenv("XDG_STATE_HOME", home)
        yield StateFolder.of_project()
        embedded.down()


@contextmanager
def owner(which: str = "shared") -> Iterator[subprocess.Popen[str]]:
    """A process that has a cluster, in a session of its own; it still starts."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, which],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def preuve(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*PREUVE, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=3 * LIMIT, check=False)


def launcher(process: subprocess.Popen[str]) -> psutil.Process:
    """The unshare(1) between an owner and its supervisor."""
    found: list[psutil.Process] = []

    def look() -> bool:
        assert process.poll() is None, "the owner is gone"
        for child in psutil.Process(process.pid).children():
            with suppress(psutil.Error):
                if SUPERVISOR in child.cmdline():
                    found.append(child)
        return bool(found)

    await_(look, "no supervisor was started")
    return found[0]


def supervisor(process: subprocess.Popen[str]) -> psutil.Process:
    above = launcher(process)
    await_(above.children, "no supervisor was started")
    return above.children()[0]


def closing(process: subprocess.Popen[str]) -> None:
    """The block ends."""
    process.communicate("end\n")


def raising(process: subprocess.Popen[str]) -> None:
    """An exception leaves the block."""
    process.communicate("raise\n")


def interrupting(process: subprocess.Popen[str]) -> None:
    """Ctrl-C, to the owner's process group as a terminal has it."""
    os.killpg(process.pid, signal.SIGINT)


def terminating(process: subprocess.Popen[str]) -> None:
    """SIGTERM to the owner, which Python dies of at once."""
    process.terminate()


def killing(process: subprocess.Popen[str]) -> None:
    """SIGKILL to the owner."""
    process.kill()


def ordering(process: subprocess.Popen[str]) -> None:
    """`preuve cluster down`, from elsewhere."""
    assert preuve("down").returncode == 0
    process.communicate()


def terminating_supervisor(process: subprocess.Popen[str]) -> None:
    """SIGTERM to the supervisor."""
    supervisor(process).terminate()
    process.communicate()


@pytest.mark.parametrize(
    "end", [closing, raising, interrupting, terminating, killing, ordering, terminating_supervisor]
)
def test_an_end_leaves_nothing(
    state: StateFolder, end: Callable[[subprocess.Popen[str]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a process, a cgroup, a mount, a file; and the host is never touched, not even meanwhile.

    A namespace without a name lives in processes and mounts: it is gone when these are.
    """
    before = host()
    temporary = state.path.parents[1] / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with owner() as process:
        assert process.stdout
        assert process.stdout.readline().strip().isdecimal()
        assert host() == before
        lived = processes(state)
        assert len(lived) > 15
        end(process)
        process.wait(LIMIT)
        await_(lambda: not state.path.exists(), "the state directory is still there")
    await_(lambda: not processes(state), f"still alive: {processes(state)}")
    assert cgroups(state) == []
    assert host() == before
    assert not any(temporary.iterdir())


@pytest.mark.parametrize("whom", [launcher, supervisor])
def test_sigkill_ends_every_process(
    state: StateFolder, whom: Callable[[subprocess.Popen[str]], psutil.Process]
) -> None:
    """The kernel ends what the supervisor cannot; the next start, or `down`, reaps files and cgroups."""
    before = host()
    with owner() as process:
        assert process.stdout
        process.stdout.readline()
        whom(process).kill()
        await_(lambda: not processes(state), "processes are left")
    assert host() == before
    assert embedded.find() is None
    assert preuve("down").stdout == "the cluster is gone\n"
    assert cgroups(state) == []
    assert not state.path.exists()


def moments(count: int) -> Iterator[tuple[int, float]]:
    """Numbered seconds after the beginning of a start, all along, the last ones after its end."""
    with owner() as process:
        began = time.monotonic()
        assert process.stdout
        process.stdout.readline()
        whole = 1.1 * (time.monotonic() - began)
        closing(process)
    for number in range(count):
        yield number, whole * random.uniform(number, number + 1) / count  # noqa: S311 - no secret


def test_sigkill_at_any_moment_of_the_start(state: StateFolder) -> None:
    """Twenty starts are cut off, all along; each next one gets by what the one before left."""
    before = host()
    for number, moment in moments(20):
        with owner() as process:
            began = time.monotonic()
            victim = (supervisor, launcher)[number % 2](process)
            time.sleep(max(0, began + moment - time.monotonic()))
            victim.kill()
            came_up, _ = process.communicate(timeout=LIMIT)
            assert came_up or process.returncode, f"cut off after {moment:.2f} s, and not told"
        await_(lambda: not processes(state), f"processes are left of a start cut off after {moment:.2f} s")
    assert host() == before
    with Progress() as progress, EmbeddedBackend().shared(progress):
        pass
    assert not state.path.exists()
    assert cgroups(state) == []


def test_an_end_at_any_moment_of_the_start(state: StateFolder) -> None:
    """Ctrl-C, SIGTERM and the owner's death leave nothing, whatever is being made just then."""
    before = host()
    ends = (interrupting, terminating, killing, terminating_supervisor)
    for number, moment in moments(20):
        with owner() as process:
            began = time.monotonic()
            supervisor(process)
            time.sleep(max(0, began + moment - time.monotonic()))
            end = ends[number % len(ends)]
            end(process)
            process.communicate(timeout=LIMIT)
        told = f"{end.__name__} after {moment:.2f} s"
        await_(lambda: not processes(state), f"processes are left: {told}")
        assert not state.path.exists(), told
        assert cgroups(state) == [], told
    assert host() == before


def test_an_owner_that_dies_before_it_reads_leaves_nothing(state: StateFolder) -> None:
    """The connection breaks differently when something is left in it."""
    with owner() as process:
        supervisor(process)
        process.send_signal(signal.SIGSTOP)
        log = state.log / "supervisor.log"
        await_(lambda: log.exists() and "nodes" in log.read_text(), "no stage was told")
        process.kill()
        process.communicate(timeout=LIMIT)
    await_(lambda: not processes(state), "processes are left")
    assert not state.path.exists()


def test_a_full_disk_is_told_and_leaves_nothing(state: StateFolder) -> None:
    """Not even the cgroups, which are not on it."""
    home = state.path.parents[1]
    full = f'mount -t tmpfs -o size=64k tmpfs {home} && exec "$@"'
    up = subprocess.run(
        ("unshare", "--mount", "sh", "-c", full, "sh", *PREUVE, "up"),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert up.returncode == 2
    assert re.search(rf"preuve: .*{state.path}.*: No space left on device: make room, or set XDG_", up.stderr)
    await_(lambda: not processes(state), "processes are left")
    assert cgroups(state) == []


def test_a_death_within_is_told(state: StateFolder) -> None:
    """When a component dies, the cluster goes down, says which and why, and keeps its logs for a while."""
    up = preuve("up")
    assert up.returncode == 0
    stages = [re.fullmatch(r"(.+)  \d+\.\d s", line) for line in up.stderr.splitlines()]
    assert [stage and stage[1] for stage in stages] == STAGES
    kubelet = next(process for process in processes(state) if process.name() == "kubelet")
    kubelet.kill()
    await_(lambda: not processes(state), "processes are left")
    status = preuve("status").stdout
    assert "kubelet was killed by SIGKILL" in status
    assert str(state.log) in status
    refused = preuve("kubectl", "get", "nodes")
    assert refused.returncode == 2
    assert "kubelet was killed by SIGKILL" in refused.stderr
    assert cgroups(state) == []
    assert preuve("down").returncode == 0
    assert not state.path.exists()


def test_up_stays_and_down_goes(state: StateFolder) -> None:
    """`up` twice, even at the same time, is one cluster, which others find; `down` twice is nothing."""
    with subprocess.Popen(
        [sys.executable, "-c", "from preuve.cli import main; main()", "cluster", "up"]
    ) as other:
        assert preuve("up").returncode == 0
        assert other.wait(2 * LIMIT) == 0
    assert preuve("up").returncode == 0
    assert len([p for p in processes(state) if SUPERVISOR in p.cmdline() and p.name() != "unshare"]) == 1
    told = json.loads(preuve("status", "--json").stdout)
    running = embedded.find()
    assert running
    assert told["running"] is True
    assert told["version"] == running.version
    assert told["pid"] == running.pid
    assert told["nodes"] == ["node1", "node2", "node3"]
    assert told["kubeconfig"] == str(running.kubeconfig)
    assert told["state_dir"] == str(state.path)
    assert 200e6 < told["memory_bytes"] < 2e9
    assert told["started"] == running.started
    script = (
        "create",
        "job",
        "j",
        "--image=busybox",
        "--dry-run=client",
        "-oname",
        "--",
        "sh",
        "-c",
        "exit 3",
    )
    assert preuve("kubectl", *script).stdout == "job.batch/j\n"
    assert preuve("kubectl", "--", *script).stdout == "job.batch/j\n"
    other_version = preuve("up", "--kubernetes", "1.36")
    assert other_version.returncode == 2
    assert "preuve cluster down" in other_version.stderr
    assert preuve("down").stdout == "the cluster is gone\n"
    assert preuve("down").stdout == "no cluster was running\n"
    status = preuve("status", "--json")
    assert status.returncode == 1
    told = json.loads(status.stdout)
    assert told["running"] is False
    assert set(told) >= {"version", "pid", "nodes", "kubeconfig", "started", "memory_bytes", "state_dir"}


def test_the_command_line_of_a_running_cluster(cluster: EmbeddedCluster) -> None:
    """Others use the cluster that runs and leave it running; its state is told to a person, in words."""
    with Progress() as progress, EmbeddedBackend().shared(progress) as same:
        assert same == cluster
    told = dict(line.split(maxsplit=1) for line in preuve("status").stdout.splitlines())
    assert told["version"] == cluster.version
    assert re.fullmatch(r"\d+ (s|min|h)", told["age"])
    assert re.fullmatch(r"\d\.\d GB", told["memory"])
    assert told["nodes"] == "node1, node2, node3"
    assert preuve("node", "stop", "node2").stdout == "node2 is off\n"
    try:
        assert "node1, node2 (off), node3" in preuve("status").stdout
        assert json.loads(preuve("status", "--json").stdout)["off"] == ["node2"]
    finally:
        assert preuve("node", "start", "node2").stdout == "node2 is on\n"
    ready = preuve("kubectl", "wait", "--for=condition=Ready", "node/node2", "--timeout=60s")
    assert ready.returncode == 0
    for wrong, said in (("node1", "carries the control plane"), ("node4", "node1, node2, node3")):
        refused = preuve("node", "stop", wrong)
        assert refused.returncode == 2
        assert said in refused.stderr


def test_a_node_that_crashes_at_once_takes_nothing_with_it(cluster: EmbeddedCluster) -> None:
    """While it still fetches its own images, and is asked for by its kubelet; the cluster goes on."""
    for _ in range(12):
        cluster.stop_node("node2")
        cluster.start_node("node2")
    assert preuve("kubectl", "wait", "--for=condition=Ready", "node/node2", "--timeout=60s").returncode == 0
    assert not cluster.off()


def test_a_start_that_is_held_up_goes_on(state: StateFolder) -> None:
    """However late whoever starts it goes on once the API server is there: on a busy machine that is seconds.

    An API server that cannot reach its own address when it is up ends a minute later, for a list of Services.
    """
    with subprocess.Popen((*PREUVE, "up"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as up:
        log = state.log / "kube-apiserver.log"
        await_(log.exists, "no API server is started")
        [supervisor] = (
            one for one in processes(state) if SUPERVISOR in one.cmdline() and one.name() != "unshare"
        )
        supervisor.suspend()
        try:
            begun = "Starting ipallocator-repair-controller"
            await_(lambda: begun in log.read_text(), "the API server does not begin")
        finally:
            supervisor.resume()
        told, _ = up.communicate(timeout=180)
    assert up.returncode == 0, told
    assert "network is unreachable" not in log.read_text()


def test_ctrl_c_ends_a_start_with_a_sentence(state: StateFolder) -> None:
    """It says what is left, nothing, which is true; and what a shell says of an interrupted command."""
    with subprocess.Popen(
        [*PREUVE, "up"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as up:
        await_(state.path.exists, "nothing was started")
        os.killpg(up.pid, signal.SIGINT)
        said = up.communicate(timeout=LIMIT)
    assert up.returncode == 130
    assert "nothing is left of what was started" in said[1]
    assert "Traceback" not in said[1]
    assert not state.path.exists()


def test_two_clusters_side_by_side(cluster: EmbeddedCluster, state: StateFolder) -> None:
    """They have nothing in common but their addresses: the end of one is nothing to the other."""

    def uid(of: EmbeddedCluster) -> str:
        kubectl = (
            "nsenter",
            f"--net={of.network_path()}",
            of.binaries.kubectl,
            f"--kubeconfig={of.kubeconfig}",
        )
        get = ("get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}")
        return subprocess.run((*kubectl, *get), capture_output=True, text=True, check=True).stdout

    with Progress() as progress, EmbeddedBackend().shared(progress) as another:
        assert another.state == state.path
        assert uid(another) != uid(cluster)
    assert uid(cluster)


def test_down_ends_clusters_of_one_page_too(state: StateFolder) -> None:
    """They belong to the project as the shared one does, and each has a directory of its own."""
    with ExitStack() as stack:
        progress = stack.enter_context(Progress())
        own = [stack.enter_context(EmbeddedBackend().own(progress)) for _ in range(2)]
        assert len({one.state for one in own} | {state.path}) == 3
        assert embedded.find() is None
        assert all(len(processes(StateFolder(one.state))) > 15 for one in own)
        assert preuve("down").stdout == "the cluster is gone\n"
        assert not any(processes(StateFolder(one.state)) for one in own)
    assert not any(one.state.exists() for one in own)


@pytest.mark.usefixtures("state")
def test_a_killed_cluster_of_one_page_is_reaped_at_the_next_start() -> None:
    """Of whatever cluster of the project; one that lives is left alone."""
    with Progress() as progress, EmbeddedBackend().own(progress) as lives:
        with owner("own") as process:
            assert process.stdout
            assert process.stdout.readline()
            [killed] = [one for one in StateFolder.others() if one.path != lives.state]
            launcher(process).kill()
            await_(lambda: not processes(killed), "processes are left")
        assert killed.path.exists()
        with EmbeddedBackend().shared(progress):
            assert not killed.path.exists()
            assert cgroups(killed) == []
        assert embedded.find(StateFolder(lives.state)) == lives
    assert StateFolder.others() == []


def test_nothing_is_open_to_others(cluster: EmbeddedCluster) -> None:
    """The directory is its owner's alone, so are its secrets; nothing listens on the host's network."""
    assert stat.S_IMODE(cluster.state.stat().st_mode) == 0o700
    secrets = [
        path
        for path in cluster.state.glob("**/*")
        if path.is_file() and not path.is_symlink() and KEY.search(path.read_bytes()[:100_000])
    ]
    configs = [cluster.kubeconfig, *cluster.state.glob("**/*.conf")]
    secrets += [path for path in configs if path.is_file() and "client-key-data" in path.read_text()]
    assert len(secrets) > 10
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    state = StateFolder(cluster.state)
    listening = {
        line.split()[9]
        for table in ("tcp", "tcp6", "udp", "udp6")
        for line in Path("/proc/net", table).read_text().splitlines()[1:]
        if table.startswith("udp") or line.split()[3] == "0A"
    }
    theirs = set()
    for process in processes(state):
        with suppress(OSError):  # it has ended
            for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
                with suppress(OSError):  # it was closed
                    theirs.add(str(descriptor.readlink()))
    assert theirs
    assert not {f"socket:[{inode}]" for inode in listening} & theirs
