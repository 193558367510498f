"""Settings: each value is read or refused, and all refusals are told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from preuve.cluster import identity
from preuve.cluster.embedded import binaries
from preuve.errors import PreuveError, Where
from preuve.project import find
from preuve.settings import MINORS, Mode, Settings, settings

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_written_is_the_embedded_cluster() -> None:
    """A site that says nothing replays what is current and plays the rest on the embedded cluster."""
    assert settings(None, {}) == Settings("embedded", "1.37", allow_exclusive=False, mode=Mode.AUTO)


def test_the_variables_come_before_the_file() -> None:
    """CI says what to do without editing mkdocs.yml; an empty variable says nothing."""
    chosen = settings(
        {"preuve": {"cluster": "embedded"}}, {"PREUVE_MODE": "check", "PREUVE_CLUSTER": "context:kind-x"}
    )
    assert (chosen.mode, chosen.context) == (Mode.CHECK, "kind-x")
    assert (
        settings({"preuve": {"cluster": "context:a"}}, {"PREUVE_CLUSTER": "", "PREUVE_MODE": ""}).context
        == "a"
    )


def test_a_namespace_is_given_on_a_cluster_of_the_user_s() -> None:
    """The variable comes before the file; on the embedded cluster, where each page has its own, none is."""
    written = {"preuve": {"cluster": "context:a", "namespace": "team-a"}}
    assert settings(written, {}).namespace == "team-a"
    assert settings(written, {"PREUVE_NAMESPACE": "team-b"}).namespace == "team-b"
    assert settings(written, {"PREUVE_CLUSTER": "embedded"}).namespace == ""
    assert (
        settings({"preuve": {"namespace": "team-a"}}, {"PREUVE_CLUSTER": "context:a"}).namespace == "team-a"
    )
    told = r"mkdocs\.yml:3: extra\.preuve\.namespace: 'Team A': write the name"
    with pytest.raises(PreuveError, match=told):
        settings({"preuve": {"namespace": "Team A"}}, {}, lambda *_: Where("mkdocs.yml", 3))


def test_transcripts_are_answers_of_the_namespace_that_the_file_names() -> None:
    """Whatever the variables say; where none is named, nothing is other than it was."""
    one = settings({"preuve": {"cluster": "context:a", "namespace": "team-a"}}, {"PREUVE_NAMESPACE": "b"})
    assert identity(one) == "context:a, namespace team-a"
    assert identity(settings({"preuve": {"cluster": "context:a"}}, {"PREUVE_NAMESPACE": "b"})) == "context:a"
    embedded = {"PREUVE_CLUSTER": "context:a"}
    assert identity(settings({"preuve": {"namespace": "b"}}, embedded)) == identity(settings(None, {}))


def test_all_that_does_not_fit_is_told_at_once() -> None:
    """Each value is named with what to write instead."""
    written = {"klaster": "x", "allow_exclusive": "yes", "cluster": "kind"}
    with pytest.raises(PreuveError) as told:
        settings({"preuve": written}, {"PREUVE_MODE": "replya"})
    text = str(told.value)
    assert "did you mean 'cluster'?" in text
    assert "extra.preuve.allow_exclusive: 'yes': write true or false" in text
    assert "context:NAME" in text
    assert "did you mean 'replay'?" in text
    assert told.value.exit_code == 2


def test_a_variable_that_does_not_fit_is_named() -> None:
    """Who reads the message, in CI say, may not know that it is set."""
    with pytest.raises(PreuveError) as told:
        settings(None, {"PREUVE_CLUSTER": "kind", "PREUVE_NAMESPACE": "Team A"})
    assert [str(each).partition(": ")[0] for each in told.value.each] == [
        "PREUVE_CLUSTER 'kind'",
        "PREUVE_NAMESPACE 'Team A'",
    ]


def test_a_version_that_cannot_be_had_is_told_at_its_line() -> None:
    """`preuve status` would call all pages stale, and a build name no line."""
    assert set(MINORS) == binaries.VERSIONS.keys()
    with pytest.raises(PreuveError) as told:
        settings({"preuve": {"kubernetes": 1.35}}, {}, lambda *_: Where("mkdocs.yml", 3))
    assert str(told.value) == "mkdocs.yml:3: extra.preuve.kubernetes: '1.35': write '1.37' or '1.36'"


@pytest.mark.parametrize(
    ("plugins", "line"),
    [
        ("[search, {preuve: {cluster: 'context:a'}}]", 2),
        ("{preuve: {cluster: 'context:a'}}", 2),
        ("\n  - search\n  - preuve:\n      cluster: context:a", 5),
    ],
)
def test_settings_that_the_plugin_is_given_are_told(tmp_path: Path, plugins: str, line: int) -> None:
    """A build refuses them; without one, pages would be played on another cluster than is named."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text(f"site_name: x\nplugins: {plugins}\n")
    with pytest.raises(PreuveError) as told:
        find(tmp_path)
    where = f"mkdocs.yml:{line}: plugins.preuve: "
    assert str(told.value) == f"{where}the settings of preuve are under `extra.preuve`: move 'cluster' there"


@pytest.mark.parametrize("plugins", ["[preuve]", "[{preuve: {}}]", "{preuve: }", "", "3"])
def test_a_plugin_that_is_given_nothing_is_fine(tmp_path: Path, plugins: str) -> None:
    """What is no list of plugins is MkDocs' to tell."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text(f"site_name: x\nplugins: {plugins}\n")
    assert find(tmp_path).settings == Settings(root=tmp_path)


@pytest.mark.parametrize("written", ["embedded", ["cluster"], {"cluster": True}, {1: 2}])
def test_a_value_of_another_kind_is_refused(written: object) -> None:
    """YAML gives lists and numbers where names are wanted: a message, not a traceback."""
    with pytest.raises(PreuveError):
        settings({"preuve": written}, {})


def test_recipes_are_a_file_beside_mkdocs_yml(tmp_path: Path) -> None:
    """One that is not there is told where it is named; `root` is no setting."""
    (tmp_path / "images.toml").touch()
    chosen = settings({"preuve": {"recipes": "images.toml"}}, {}, root=tmp_path)
    assert (chosen.root / chosen.recipes).is_file()
    with pytest.raises(PreuveError, match=r"mkdocs\.yml:3: .*: there is no file image\.toml"):
        settings({"preuve": {"recipes": "image.toml"}}, {}, lambda *_: Where("mkdocs.yml", 3), root=tmp_path)
    with pytest.raises(PreuveError, match=r"unknown setting 'extra\.preuve\.root'"):
        settings({"preuve": {"root": "x"}}, {})


@pytest.mark.parametrize("name", ["prueve", "preuves"])
def test_settings_under_a_slip_of_the_name_are_not_lost(name: str) -> None:
    """They would say nothing to anybody; what only looks like the name is none of our business."""
    with pytest.raises(PreuveError, match=f"'extra.{name}': did you mean 'extra.preuve'"):
        settings({name: {"cluster": "context:a"}}, {})
    assert settings({name: {"link": "a"}, "social": {"cluster": "b"}, 1: {"cluster": "c"}}, {}).context == ""


BASE = """\
docs_dir: pages
theme: {language: fr}
nav: [a.md]
extra: { preuve: { kubernetes: "1.36", cluster: "context:theirs" }, other: 1 }
markdown_extensions: [{ pymdownx.snippets: { base_path: [manifests], restrict_base_path: false } }]
"""


def test_what_mkdocs_inherits_counts(tmp_path: Path) -> None:
    """As for MkDocs: what a file says itself stands, mappings go together, lists do not."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "all.yml").write_text(BASE)
    (tmp_path / "base.yml").write_text("INHERIT: shared/all.yml\nnav: [b.md]\n")
    (tmp_path / "mkdocs.yml").write_text(
        "INHERIT: base.yml\nsite_name: x\nextra: {preuve: {cluster: embedded}}\n"
    )
    found = find(tmp_path)
    assert (found.docs, found.language, found.nav, found.bases, found.restricted) == (
        tmp_path / "pages", "fr", ("b.md",), (tmp_path / "manifests",), False,
    )  # fmt: skip
    assert (found.settings.kubernetes, found.settings.cluster) == ("1.36", "embedded")


def test_a_variable_counts_as_for_mkdocs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``!ENV``: the first that is set, as YAML has its value; else the default."""
    (tmp_path / "pages").mkdir()
    monkeypatch.setenv("MINOR", "1.36")
    (tmp_path / "mkdocs.yml").write_text(
        "docs_dir: !ENV [NO_SUCH, pages]\n"
        "extra: {preuve: {kubernetes: !ENV [NO_SUCH, MINOR, '1.37'], allow_exclusive: !ENV [NO_SUCH, yes]}}\n"
    )
    found = find(tmp_path)
    assert found.docs == tmp_path / "pages"
    assert (found.settings.kubernetes, found.settings.allow_exclusive) == ("1.36", True)


@pytest.mark.parametrize("name", ["docs_dir", "site_dir", "theme", "nav", "extra", "markdown_extensions"])
@pytest.mark.parametrize("nothing", ["", "null", "!ENV NO_SUCH"])
def test_nothing_under_a_name_is_the_default_as_for_mkdocs(tmp_path: Path, name: str, nothing: str) -> None:
    """A variable that is not set says nothing."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: x\n")
    stated = find(tmp_path)
    (tmp_path / "mkdocs.yml").write_text(f"site_name: x\n{name}: {nothing}\n")
    assert find(tmp_path) == stated


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("INHERIT: 3", "INHERIT: 3: write a file"),
        ("INHERIT: [a]", "INHERIT: ['a']: write a file"),
        ("INHERIT: {a: b}", "INHERIT: {'a': 'b'}: write a file"),
        ("INHERIT: null", "INHERIT: None: write a file"),
        ("docs_dir: 3", "docs_dir: 3: write a folder"),
        ("docs_dir: [a]", "docs_dir: ['a']: write a folder"),
        ("docs_dir: {a: b}", "docs_dir: {'a': 'b'}: write a folder"),
        ("theme: 3", "theme: 3: write a name, or names and values"),
        ("theme: [fr]", "theme: ['fr']: write a name, or names and values"),
        ("extra: 3", "extra: 3: write names and values"),
        ("extra: [preuve]", "extra: ['preuve']: write names and values"),
        ("nav: 3", "nav: 3: write a list"),
        ("nav: {a: b.md}", "nav: {'a': 'b.md'}: write a list"),
        ("markdown_extensions: 3", "markdown_extensions: 3: write a list"),
        ("markdown_extensions: pymdownx.snippets", "markdown_extensions: 'pymdownx.snippets': write a list"),
        *(
            (
                f"markdown_extensions: {{pymdownx.snippets: {{base_path: {value}}}}}",
                f"base_path of pymdownx.snippets: {value}: write a folder, or a list of them",
            )
            for value in ("3", "[3]", "[['a']]", "{'a': 'b'}")
        ),
    ],
)
def test_what_is_of_another_kind_is_told_at_its_line(tmp_path: Path, written: str, told: str) -> None:
    """In mkdocs.yml, and in what that inherits; a build says so too."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "base.yml").write_text(f"a: 1\nb: 2\n{written}\n")
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nINHERIT: base.yml\n")
    with pytest.raises(PreuveError) as error:
        find(tmp_path)
    assert str(error.value) == f"base.yml:3: {told}"


def test_all_that_is_of_another_kind_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_text("nav: 3\nextra: [a]\n")
    with pytest.raises(PreuveError) as error:
        find(tmp_path)
    assert sorted(str(each) for each in error.value.each) == [
        "mkdocs.yml:1: nav: 3: write a list",
        "mkdocs.yml:2: extra: ['a']: write names and values",
    ]


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("INHERIT: mkdocs.yml\n", "base.yml:1: INHERIT: it inherits itself"),
        ("a: 1\nINHERIT: ../no.yml\n", "base.yml:2: INHERIT: '../no.yml' cannot be read: No such file"),
        ("a: 1\nb: [\n", "base.yml:3: this is not YAML"),
        ("a: 1\nextra:\n  preuve: {clustr: x}\n", "base.yml:3: unknown setting 'extra.preuve.clustr'"),
    ],
)
def test_what_cannot_be_inherited_is_told_at_its_line(tmp_path: Path, base: str, told: str) -> None:
    """Of whichever file says so."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "base.yml").write_text(base)
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nINHERIT: base.yml\n")
    with pytest.raises(PreuveError) as error:
        find(tmp_path)
    assert str(error.value).startswith(told)
