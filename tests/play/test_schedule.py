"""Scheduling: pages that meet in the cluster are kept apart, and no other."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preuve.page.plan import plan
from preuve.play.schedule import Claim, claim, following, shard

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = "kind: Service\nspec:\n  ports:\n  - port: 80\n    nodePort: 30008\n"

resources = st.frozensets(st.sampled_from(["port 30008", "port 30009", "Namespace dev"]), max_size=2)
claims = st.lists(
    st.builds(
        Claim,
        st.text(min_size=1, max_size=3),
        st.integers(0, 9).map(float),
        resources,
        st.booleans(),
        resources,
    ),
    unique_by=lambda one: one.page,
    max_size=8,
)


@given(claims, st.integers(1, 4))
def test_all_are_played_and_none_beside_one_that_it_meets(waiting: list[Claim], jobs: int) -> None:
    """Whatever pages claim, each has its turn, alone with what it claims."""
    running: list[Claim] = []
    played = []
    waiting = list(waiting)
    while waiting or running:
        while len(running) < jobs and (one := following(waiting, running)):
            assert not any(one.meets(other) for other in running)
            waiting.remove(one)
            running.append(one)
        played.append(running.pop(0))
    assert len({one.page for one in played}) == len(played)


def test_what_is_not_known_yet_comes_first() -> None:
    """A page that was never played may be the longest; the sooner it begins, the sooner it is known."""
    assert following([Claim("known.md", 90), Claim("new.md")], []) == Claim("new.md")


def test_nothing_begins_beside_an_exclusive_page() -> None:
    """Nor does it beside another: which of the two came first does not matter."""
    page, alone = Claim("page.md"), Claim("alone.md", exclusive=True)
    assert following([page], [alone]) is None
    assert following([alone], [page]) is None


@pytest.mark.parametrize(
    "markdown",
    [
        '```yaml\n--8<-- "x.yaml"\n```\n',
        "```console\n$ kubectl get pods -n shop\n```\n",
        "```console\n$ kubectl --namespace=shop get pods\n```\n",
        '```console\n$ kubectl get pods -n "shop"\n```\n',
        "```console\n$ kubectl get ns shop\n```\n",
        "```console\n$ kubectl describe namespace/shop\n```\n",
        "```console\n$ kubectl run a --image=b -- wget http://web.shop.svc.cluster.local\n```\n",
    ],
)
def test_a_page_is_kept_apart_from_the_one_whose_namespace_it_speaks_of(
    tmp_path: Path, markdown: str
) -> None:
    """What it finds there would be chance; two that speak of a third meet nowhere."""
    (tmp_path / "x.yaml").write_text("kind: RoleBinding\nsubjects: [{name: x, namespace: shop}]\n")
    one, other = (claim(plan(page, markdown, [tmp_path])) for page in ("a.md", "b.md"))
    assert one.meets(Claim("shop.md", resources=frozenset({"Namespace shop"})))
    assert not one.meets(other)
    assert not one.aside().meets(Claim("shop.md", resources=frozenset({"Namespace shop"})))
    assert not one.meets(Claim("web.md", resources=frozenset({"Namespace web"})))


@given(claims, st.integers(1, 5))
def test_shares_are_a_partition(pages: list[Claim], count: int) -> None:
    """The machines of a CI check every page once between them."""
    shares = [one.page for index in range(count) for one in shard(pages, index + 1, count)]
    assert sorted(shares) == sorted(one.page for one in pages)


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (SERVICE, {"port 30008"}),
        (f"kind: List\nitems:\n- {SERVICE.strip().replace(chr(10), chr(10) + '  ')}\n", {"port 30008"}),
        ("kind: Pod\nspec:\n  containers:\n  - ports:\n    - hostPort: 8080\n", {"port 8080"}),
        (
            "kind: Namespace\nmetadata: {name: dev}\n---\nkind: Pod\nmetadata: {name: dev}\n",
            {"Namespace dev"},
        ),
        ("kind: Service\nspec:\n  ports:\n  - port: 80\n", set()),
        ("\tnot yaml: [", set()),
        ("", set()),
    ],
)
def test_a_manifest_claims_what_a_cluster_has_once(tmp_path: Path, manifest: str, expected: set[str]) -> None:
    """Fixed ports of nodes, objects without a namespace; a manifest wrong on purpose claims nothing."""
    (tmp_path / "x.yaml").write_text(manifest)
    assert claim(plan("p.md", '```yaml\n--8<-- "x.yaml"\n```\n', [tmp_path])).resources == expected


@pytest.mark.parametrize(
    "command",
    [
        "kubectl create service nodeport web --tcp=80 --node-port=30008",
        "cat <<EOF | kubectl apply -f -\nspec: {ports: [{nodePort: 30008}]}\nEOF",
        """kubectl patch svc web -p '{"spec":{"ports":[{"port":80,"nodePort":30008}]}}'""",
    ],
)
def test_a_command_claims_the_ports_that_it_names(command: str) -> None:
    """A port written in a command collides as one written in a file does."""
    assert claim(plan("p.md", f"```console\n$ {command}\n```\n", [])).resources == {"port 30008"}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("kubectl apply -f - <<EOF\nkind: Namespace\nmetadata:\n  name: dev\nEOF", {"Namespace dev"}),
        (
            "cat <<'A' | kubectl apply -f -\nkind: Pod\n---\nkind: PersistentVolume\nmetadata: {name: v}\nA",
            {"PersistentVolume v"},
        ),
        (
            "kubectl apply -f - <<-EOF && date\n\tkind: StorageClass\n\tmetadata: {name: fast}\n\tEOF",
            {"StorageClass fast"},
        ),
        ("cat > day.txt <<EOF\nday: 2026-13-45\nEOF", set()),
        ("cat > x.txt <<EOF\n\tkind: Namespace [\nEOF", set()),
        ("kubectl create namespace dev", {"Namespace dev"}),
        ("kubectl create ns dev --dry-run=client -o yaml | kubectl apply -f -", {"Namespace dev"}),
        ("kubectl create clusterrole reader --verb=get --resource=pods", {"ClusterRole reader"}),
        ("kubectl create clusterrolebinding all --clusterrole=view --group=g", {"ClusterRoleBinding all"}),
        ("x=1; kubectl -n web create priorityclass high --value=9", {"PriorityClass high"}),
        ("kubectl create role reader --verb=get --resource=pods", set()),
        ("kubectl create deployment namespace --image=nginx", set()),
        ("kubectl get namespace dev", set()),
        ("kubectl port-forward svc/web 8080:80 :443 >/dev/null 2>&1 &", {"local port 8080"}),
        ("kubectl proxy &", {"local port 8001"}),
    ],
)
def test_a_command_claims_what_it_makes_of_what_a_cluster_has_once(command: str, expected: set[str]) -> None:
    """A Namespace that is typed collides as one in a file does."""
    assert claim(plan("p.md", f"```console\n$ {command}\n```\n", [])).resources == expected


def test_a_thousand_pages_are_scheduled_at_once() -> None:
    """Each has its own namespace, as all have; while one is chosen, the others wait."""
    waiting = [Claim(f"{n}.md", float(n % 90), frozenset({f"Namespace {n}"})) for n in range(1000)]
    began = process_time()
    while one := following(waiting, []):
        waiting.remove(one)
    assert process_time() - began < 20  # 1.3 on a busy machine, and 90 where each is compared with all others
