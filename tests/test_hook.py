"""The hook in a foreign site: a real `mkdocs` process, and a site that only lists it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from mkdocs.config import load_config
from mkdocs.structure.files import get_files

from folder import Folder
from preuve.project import find

HOOK = Path(__file__).parents[1] / "hooks" / "main.py"
POD = "kind: Pod\n"
PAGE = """# Pods

```yaml
--8<-- "pods/pod.yaml"
```

```console
$ kubectl get pods
typed by hand
```
"""


@dataclass(frozen=True, slots=True)
class Site(Folder):
    """A project in a temporary folder."""

    def build(self, mode: str = "replay", *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `mkdocs build` there, or Python with other arguments."""
        return subprocess.run(
            [sys.executable, *(arguments or ("-m", "mkdocs", "build", "--strict"))],
            cwd=self.root,
            env=os.environ | {"PREUVE_MODE": mode, "NO_MKDOCS_2_WARNING": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )

    def read(self, path: str) -> str:
        """A file of the built site."""
        return (self.root / "site" / path).read_text()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site that only lists the hook, with one page and one manifest."""
    (tmp_path / "mkdocs.yml").write_text(
        f"site_name: foreign\nhooks: [{HOOK}]\nextra: {{preuve: {{cluster: embedded}}}}\n"
        "markdown_extensions:\n- pymdownx.snippets: {base_path: [includes]}\n"
    )
    (tmp_path / "includes" / "pods").mkdir(parents=True)
    (tmp_path / "includes" / "pods" / "pod.yaml").write_text(POD)
    one = Site(tmp_path)
    one.write("index.md", PAGE)
    return one


def test_a_site_needs_only_to_list_the_hook(site: Site) -> None:
    """Outputs, version, manifest, script, style and script of the page are there; what was typed is not."""
    site.feign("NAME   READY\nweb    1/1\n")
    built = site.build()
    assert built.returncode == 0, built.stdout
    html = site.read("index.html")
    assert "web    1/1" in html
    assert "typed by hand" not in html
    assert "v1.37.2" in html
    assert site.read("manifests/pods/pod.yaml") == POD
    assert "kubectl get pods" in site.read("scripts/index.sh")
    assert site.read("transcripts/index.txt") == (site.root / "transcripts" / "index.txt").read_text()
    assert 'href="transcripts/index.txt"' in html
    assert ">source</a>" not in html, "nobody said where it is to be read"
    assert "assets/preuve/preuve.css" in html
    assert site.read("assets/preuve/preuve.js")


def test_a_page_leads_to_its_source_where_there_is_a_repository(site: Site) -> None:
    mkdocs = site.root / "mkdocs.yml"
    mkdocs.write_text(mkdocs.read_text() + "repo_url: https://github.com/someone/site\n")
    site.feign("web\n")
    assert site.build().returncode == 0
    html = site.read("index.html")
    assert 'href="https://github.com/someone/site/blob/master/docs/index.md">source</a>' in html


def test_a_site_may_account_for_its_proofs(site: Site) -> None:
    """And link to a block, which MkDocs then knows; a link to a block that is gone is told."""
    extra = '\n```{ .console exec=no why="not here" }\n$ minikube start\n```\n'
    site.write("index.md", PAGE + extra)
    site.write("proofs.md", "# Proofs\n\n```proofs\npages\n```\n\n```proofs\nskipped\n```\n")
    mkdocs = site.root / "mkdocs.yml"
    mkdocs.write_text(mkdocs.read_text() + "validation: {anchors: warn}\n")
    site.feign("web\n")
    built = site.build()
    assert built.returncode == 0, built.stdout
    assert 'href="../#cmd-minikube-start"' in site.read("proofs/index.html")
    assert "Not run: not here" in site.read("index.html")
    assert "v1.37.2" in site.read("proofs/index.html")
    site.write("other.md", "[gone](index.md#cmd-kind-create-cluster)\n")
    built = site.build()
    assert built.returncode == 1
    assert "does not contain an anchor '#cmd-kind-create-cluster'" in built.stdout


def test_a_site_that_lists_no_extension_includes_too(site: Site) -> None:
    """What is applied is shown: includes are read with the defaults of pymdownx.snippets."""
    (site.root / "mkdocs.yml").write_text(f"site_name: bare\nhooks: [{HOOK}]\n")
    site.write("index.md", PAGE.replace("pods/pod.yaml", "includes/pods/pod.yaml"))
    site.feign('--8<-- "no.yaml"\n')
    assert site.build().returncode == 0
    html = site.read("index.html")
    assert "kind" in html.split("kubectl apply -f pod.yaml")[0]
    assert "8&lt;-- &quot;includes" not in html
    assert ">;--8" not in html
    assert "--8&lt;-- &quot;no.yaml&quot;" in html


def test_an_output_cannot_break_the_page(site: Site) -> None:
    """HTML that a command prints is text in the site, and so is what would include a file."""
    (site.root / "includes" / "secret.txt").write_text("nobody's business\n")
    site.feign('</code></pre><script>alert(1)</script>\n--8<-- "secret.txt"\n--8<--\nsecret.txt\n--8<--\n')
    assert site.build().returncode == 0
    html = site.read("index.html")
    assert "nobody's business" not in html
    assert html.count("secret.txt") == 4, "of each action both lines"
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_a_page_that_was_never_played_fails_a_replay(site: Site) -> None:
    """The build is red, names the page and the remedy, and shows no traceback."""
    built = site.build()
    assert built.returncode == 1
    assert "index.md:1: this page was never played" in built.stdout
    assert "preuve play index.md" in built.stdout
    assert "Traceback" not in built.stdout


def test_all_mistakes_of_all_pages_are_told_at_once(site: Site) -> None:
    """Each at its page and line, before anything is played."""
    site.write("a/one.md", "```{ .console exti=1 }\n$ a\n```\n")
    site.write("two.md", "# T\n\n```cluster\npodz\n```\n")
    built = site.build("auto")
    assert built.returncode == 1
    assert "a/one.md:1: " in built.stdout
    assert "did you mean 'exit'?" in built.stdout
    assert "two.md:3: " in built.stdout
    assert "Traceback" not in built.stdout


def test_a_setting_that_does_not_fit_is_told_at_its_line(site: Site) -> None:
    """By a build as by the command line; one that another file gives has no line here."""
    mkdocs = site.root / "mkdocs.yml"
    config = mkdocs.read_text()
    mkdocs.write_text(config.replace("{preuve: {cluster: embedded}}", "\n  preuve:\n    klaster: x"))
    said = "unknown setting 'extra.preuve.klaster'"
    for tool in ((), ("-m", "preuve.cli", "status")):
        assert f"mkdocs.yml:5: {said}" in site.build("replay", *tool).stdout
    mkdocs.rename(site.root / "base.yml")
    mkdocs.write_text("INHERIT: base.yml\n")
    assert f" {said}" in site.build().stdout


def test_settings_that_stand_apart_are_told(site: Site) -> None:
    """YAML takes the last `extra`: pages would be played on another cluster than is named."""
    mkdocs = site.root / "mkdocs.yml"
    mkdocs.write_text(mkdocs.read_text() + "extra:\n  social: []\n")
    for tool in ((), ("-m", "preuve.cli", "status")):
        assert "mkdocs.yml:6: extra stands here and at line 3" in site.build("replay", *tool).stdout


def test_what_mkdocs_inherits_the_command_line_reads_too(site: Site) -> None:
    """Else each would take the other's transcripts for stale: another Kubernetes, no manifest."""
    mkdocs = site.root / "mkdocs.yml"
    base = mkdocs.read_text().replace("{cluster: embedded}", '{kubernetes: "1.36"}')
    (site.root / "base.yml").write_text(base)
    mkdocs.write_text("INHERIT: base.yml\nextra: {preuve: {cluster: embedded}}\n")
    site.feign("web    1/1\n")
    built = site.build()
    assert built.returncode == 0, built.stdout
    assert "web    1/1" in site.read("index.html")


@pytest.mark.parametrize(
    "given", ["", "exclude_docs: |\n  /drafts/\n  !/templates/\n"], ids=["by itself", "as told"]
)
def test_the_command_line_has_the_pages_that_mkdocs_builds(site: Site, given: str) -> None:
    """Else a page is never played and fails every build, or is played and no reader sees it."""
    settings = site.root / "mkdocs.yml"
    settings.write_text(f"{settings.read_text()}{given}")
    others = ("README.md", "alone/README.md", "a.markdown", "drafts/x.md", "templates/x.md", ".git/x.md")
    for page in (*others, "deep/.hidden/x.md", "deep/templates/x.md", "deep/x.txt"):
        site.write(page, PAGE)
    elsewhere = site.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "x.md").write_text(PAGE)
    (site.root / "docs" / "linked").symlink_to(elsewhere)
    (site.root / "docs" / "file.md").symlink_to(elsewhere / "x.md")
    built = {file.src_uri for file in get_files(load_config(str(settings))).documentation_pages()}
    assert find(site.root).names() == sorted(built)
    site.feign("web    1/1\n")
    told = site.build("replay", "-m", "mkdocs", "build")  # not strict: MkDocs warns of the README
    assert told.returncode == 0, told.stdout
    for name in ("docs/file.md", "docs/linked/x.md", "docs/a.markdown"):
        assert site.build("replay", "-m", "preuve.cli", "status", name).returncode == 0


OTHERS = """
from pathlib import Path
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

@event_priority(-100)
def on_files(files, config):
    assert all(Path(file.abs_src_path).is_file() for file in files), "as mkdocs-static-i18n asks"
    page = Path(config.config_file_path).with_name("made.md")
    files.append(File.generated(config, "made.md", abs_src_path=str(page)))
    return files
"""


def test_pages_that_another_plugin_makes_are_known_wherever_it_is_listed(site: Site) -> None:
    """They are like the others; and no plugin meets our files, which are on no disk."""
    (site.root / "others.py").write_text(OTHERS)
    (site.root / "made.md").write_text(PAGE)
    settings = site.root / "mkdocs.yml"
    settings.write_text(settings.read_text().replace("main.py]", "main.py, others.py]"))
    site.feign("web    1/1\n")
    told = site.build().stdout
    assert "made.md:1: this page was never played" in told
    assert "Traceback" not in told


def test_a_link_that_goes_in_circles_ends(site: Site) -> None:
    (site.root / "docs" / "round").symlink_to(site.root)
    (site.root / "docs" / "again").symlink_to(site.root / "docs")
    assert find(site.root).names() == ["index.md"]


def test_settings_that_end_in_yaml_are_read_too(site: Site) -> None:
    """MkDocs does; `preuve init` would write others beside them, and MkDocs read those."""
    (site.root / "mkdocs.yml").rename(site.root / "mkdocs.yaml")
    site.feign("web    1/1\n")
    assert site.build().returncode == 0
    assert site.build("replay", "-m", "preuve.cli", "status").returncode == 0
    assert "kept     mkdocs.yaml" in site.build("replay", "-m", "preuve.cli", "init").stdout
    assert not (site.root / "mkdocs.yml").exists()


def test_a_page_that_is_not_utf_8_is_told_with_the_others(site: Site) -> None:
    """Saved by an old editor: no traceback, and the other pages' mistakes are told too."""
    site.write("two.md", "```{ .console exti=1 }\n$ a\n```\n")
    (site.root / "docs" / "latin.md").write_bytes("# Été\n".encode("latin-1"))
    built = site.build("auto")
    assert built.returncode == 1
    assert "latin.md:1: not UTF-8 at byte 2" in built.stdout
    assert "two.md:1: " in built.stdout
    assert "Traceback" not in built.stdout


ONE_BUILD_OF_SERVE = """
from mkdocs.commands.build import build
from mkdocs.config import load_config
config = load_config("mkdocs.yml")
config.plugins.on_startup(command="serve", dirty=False)
build(config)
"""


def test_while_serving_a_mistake_is_told_and_the_server_goes_on(site: Site) -> None:
    """A build that stops leaves the browser hanging: the page is shown as written, as not run."""
    site.feign("played\n")
    site.write("two.md", "```console\n$ echo 'open\n```\n")
    built = site.build("replay", "-c", ONE_BUILD_OF_SERVE)
    assert built.returncode == 0, built.stdout
    assert "two.md:2: this command never ends" in built.stdout
    assert "Not run" in site.read("two/index.html")
    assert "played" in site.read("index.html")


def test_a_site_in_english_speaks_english(site: Site) -> None:
    """The reader's words follow theme.language; a theme that has none is in English."""
    site.feign("x\n")
    site.build()
    assert "Run on Kubernetes" in site.read("index.html")


def test_the_docs_folder_is_never_written(site: Site) -> None:
    """A build puts nothing beside what the author wrote."""
    site.feign("x\n")
    site.build()
    assert [path.name for path in (site.root / "docs").rglob("*")] == ["index.md"]
    assert (site.root / "docs" / "index.md").read_text() == PAGE
