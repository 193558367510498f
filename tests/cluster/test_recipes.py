"""What images there are, and what a mistake in their file is told as."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from preuve.cluster.embedded import recipes
from preuve.errors import PreuveError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
exclude = ["usr/share/doc/*"]

[image.web] # as one types it
packages = ["nginx"]
versions = { trixie = "1.26" }
[image.web.config]
Cmd = ["nginx"]

[binary."registry.k8s.io/pause:3.10"]
binary = "catatonit"
path = "pause"
config.Entrypoint = ["/pause"]
"""


def load(folder: Path, text: str) -> recipes.Recipes:
    path = folder / "images.toml"
    path.write_text(text)
    return recipes.load(path)


def test_the_repository_has_the_images_that_lessons_use() -> None:
    """Nearly all in two versions, one of each Debian release, so that a rollout has somewhere to go."""
    versions = {recipe.name: recipe.versions for recipe in recipes.load().images}
    for name in ("nginx", "redis", "python", "curlimages/curl"):
        assert versions[name].keys() == {"bookworm", "trixie"}, name
        assert len(set(versions[name].values())) == 2, name
    assert versions["busybox"] == {"trixie": "1.37"}  # bookworm's wget has no timeout


def test_coredns_is_tagged_with_the_version_that_is_compiled() -> None:
    """The tag of the image is the version that sources/coredns requires."""
    gomod = recipes.FILE.with_name("coredns") / "go.mod"
    required = re.search(r"github\.com/coredns/coredns (v[\d.]+)", gomod.read_text())
    assert required
    names = [image.name for image in recipes.load().binaries if image.binary == "coredns"]
    assert names == [f"registry.k8s.io/coredns/coredns:{required[1]}"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("packages =", "package =", 5, "unknown key 'package' in [image.web]: did you mean 'packages'?"),
        ("Cmd =", "Cmds =", 8, "unknown key 'Cmds' in [image.web.config]: did you mean 'Cmd'?"),
        ("[image.web]", "[images.web]", 4, "unknown key 'images'"),
        ('packages = ["nginx"]', 'packages = "nginx"', 5, "'packages' in [image.web] is a list, not 'nginx'"),
        ('packages = ["nginx"]', "packages = []", 5, "name the package that the image is about"),
        ('versions = { trixie = "1.26" }', "", 4, "[image.web] lacks the key 'versions'"),
        ('{ trixie = "1.26" }', "{ trixie = 1.26 }", 6, "write '1.26' in quotes"),
        ('path = "pause"', "", 10, "[binary.registry.k8s.io/pause:3.10] lacks the key 'path'"),
        ("config.Entrypoint", "config.Entrypoints", 13, "unknown key 'Entrypoints'"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_is(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    """An unknown key, a wrong type, a missing key: told with the file, the line, and the way out."""
    with pytest.raises(PreuveError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert any(
        told.startswith(f"{tmp_path}/images.toml:{line}: ") and words in told
        for told in str(caught.value).splitlines()
    )


def test_all_that_does_not_fit_is_told_at_once(tmp_path: Path) -> None:
    """One run tells every mistake, in the order of the lines."""
    with pytest.raises(PreuveError) as caught:
        load(tmp_path, GOOD.replace("packages", "package").replace("binary =", "binari ="))
    told = str(caught.value).splitlines()
    assert [line.removeprefix(f"{tmp_path}/").split()[0] for line in told] == [
        "images.toml:4:",
        "images.toml:5:",
        "images.toml:10:",
        "images.toml:11:",
    ]


def test_what_is_not_toml_is_refused(tmp_path: Path) -> None:
    """A syntax error is told as one."""
    with pytest.raises(PreuveError, match=r"is not TOML: .*line 1"):
        load(tmp_path, "exclude [")


def test_identity_is_what_the_recipes_mean(tmp_path: Path) -> None:
    """Comments and spaces make no page stale; a recipe does."""
    identity = load(tmp_path, GOOD).identity
    assert load(tmp_path, "# images\n" + GOOD.replace(" = ", "=")).identity == identity
    assert load(tmp_path, GOOD.replace("1.26", "1.27")).identity != identity


def test_the_newest_version_has_the_short_tags() -> None:
    """A short tag is the newest version that begins so, by number and not by letter."""
    tags = recipes.tags(["3.9.2", "3.13.5"])
    assert tags == {
        "latest": "3.13.5",
        "3": "3.13.5",
        "3.9": "3.9.2",
        "3.9.2": "3.9.2",
        "3.13": "3.13.5",
        "3.13.5": "3.13.5",
    }
