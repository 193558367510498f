"""What others write, as it is read: commands, outputs, and which belongs to which."""

from __future__ import annotations

import pytest

from preuve.audit.pages import read

TYPED = {
    "prompts": ("```console\n$ date\nMonday\n$ pwd\n```", [("date", ("Monday",)), ("pwd", None)]),
    "no prompts": ("```sh\nkubectl get pods\nNAME\nweb\n```", [("kubectl get pods", ("NAME", "web"))]),
    "several": ("```bash\nkubectl get pods\ncurl x\n```", [("kubectl get pods", None), ("curl x", None)]),
    "comments": ("```bash\n# first\nls # all\n\n# then\npwd\n```", [("ls # all", None), ("pwd", None)]),
    "root": ("```console\n# kubectl get pods\nNAME\n```", [("kubectl get pods", ("NAME",))]),
    "somebody": ("```console\nme@host:~/src$ pwd\n/home\n```", [("pwd", ("/home",))]),
    "next fence": ("```sh\npwd\n```\nThe output is:\n```\n/home\n```", [("pwd", ("/home",))]),
    "adjacent": ("```sh\npwd\n```\n```none\n/home\n```", [("pwd", ("/home",))]),
    "unrelated": ("```sh\npwd\n```\nNow a file:\n```\n/home\n```", [("pwd", None)]),
    "heading": ("```sh\npwd\n```\n# Output\n```\n/home\n```", [("pwd", None)]),
    "yaml": ("```sh\nx -o json\n```\nOutput:\n```json\n{}\n```", [("x -o json", ("{}",))]),
    "indented": ("1. Do:\n\n        kubectl x\n\n    Shows:\n\n        NAME\n", [("kubectl x", ("NAME",))]),
    "list": ("1. Do:\n   ```shell\n   pwd\n   ```\n", [("pwd", None)]),
    "continued": ("```sh\nkubectl \\\n  get pods\n```", [("kubectl \\\n  get pods", None)]),
    "document": ("```sh\ncat <<E > x\nls\nE\npwd\n```", [("cat <<E > x\nls\nE", None), ("pwd", None)]),
    "variable": ("```sh\nPOD=$(ls x)\nexport A=1\n```", [("POD=$(ls x)", None), ("export A=1", None)]),
    "output alone": ("The output is:\n```shell\nvery charm\n```", []),
    "output, unsaid": ("```sh\npwd\n```\nYes.\n```sh\npod/web made\n```", [("pwd", ("pod/web made",))]),
    "a file": ("Its lines:\n```shell\nlives=3\nenemies.cheat=true\n```", []),
    "written": ("```sh\nls > x\n```\nOutput:\n```\na\n```", [("ls > x", None)]),
    "said within": ("```sh\npwd\n# Output:\n/home\n```", [("pwd", ("/home",))]),
    "info": ("```bash {linenos=true}\npwd\n```", [("pwd", None)]),
    "shortcodes": ("{{< note >}}\n```shell\npwd\n```\n{{< /note >}}", [("pwd", None)]),
    "admonition": ("!!! note\n\n    ```bash\n    pwd\n    ```\n", [("pwd", None)]),
    "comment": ("<!--\n```bash\npwd\n```\n-->", []),
    "front matter": ("---\ntitle: x\n---\n```bash\npwd\n```", [("pwd", None)]),
    "program": ("```go\nfunc main() {}\n```", []),
}  # fmt: skip


@pytest.mark.parametrize("name", TYPED)
def test_reads_commands_and_outputs(name: str) -> None:
    text, found = TYPED[name]
    assert [(one.source, one.output) for one in read("p.md", text).typed] == found


def test_says_where_they_stand() -> None:
    [one] = read(
        "p.md", "---\na: 1\n---\n\n1. Do:\n   ```sh\n   pwd\n   ```\n   It shows:\n   ```\n   /home\n   ```\n"
    ).typed
    assert (str(one.where), str(one.shown)) == ("p.md:7", "p.md:11")


def test_a_page_says_that_an_output_is_only_similar() -> None:
    text = "```sh\nkubectl get pods\n```\nThe output is {}this:\n```\nNAME\n```"
    assert [read("p.md", text.format(words)).typed[0].loose for words in ("", "similar to ")] == [False, True]


def test_an_output_below_several_commands_may_be_of_all() -> None:
    text = "```sh\ndate\npwd\n```\nThe output is:\n```\nMonday\n/home\n```"
    assert [one.shared for one in read("p.md", text).typed] == [1, 2]


def test_a_manifest_has_the_name_that_the_page_gives_it() -> None:
    text = 'Save as `pod.yaml`:\n\n```yaml\nkind: Pod\n```\n\n```yaml title="svc.yaml"\nkind: Service\n```\n'
    assert read("p.md", text).manifests == {"pod.yaml": "kind: Pod\n", "svc.yaml": "kind: Service\n"}


def test_what_is_typed_inside_a_container_is_no_command_of_the_page() -> None:
    [one] = read("p.md", "```shell\nroot@web:/# ls /\n```").typed
    assert (one.source, one.unread) == ("ls /", "inside")


def test_what_is_indented_without_end_is_read() -> None:
    """A block of an admonition in an admonition is one; nobody goes down a thousand of them."""
    within = "!!! note\n\n    !!! note\n\n        ```bash\n        pwd\n        ```\n"
    assert [one.source for one in read("p.md", within).typed] == ["pwd"]
    stairs = "".join(f"{' ' * 4 * n}```bash\n\n" for n in range(1, 400))
    for deep in (f"{' ' * 40_000}```bash\n", stairs):
        assert read("p.md", deep).name == "p.md"
