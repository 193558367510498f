"""A JUnit report of an edition, for CI: a test case for each page that has something to play.

It keeps to what Jenkins' ``junit-10.xsd`` (xunit-plugin) and Surefire's ``surefire-test-report.xsd`` have in
common: neither knows a ``file`` on a test case, so its name is the path, and the lines stand in the texts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preuve.errors import PreuveError
    from preuve.show.edition import Edition

UNPRINTABLE = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""The characters that XML cannot hold (1.0, section 2.2)."""


def report(edition: Edition) -> str:
    """The edition as JUnit XML.

    A page that was played and is wrong is a failure, with all that is wrong with it; one that was not played
    is an error. What went wrong elsewhere is told with each page that was not played, else by itself.
    """
    suite = ET.Element("testsuite", name="preuve")
    for name in sorted({page.name for page in edition.asked} | edition.wrong.keys()):
        wrong = edition.wrong.get(name, [])
        played = edition.played.get(name)
        path = edition.project.in_repository(name)
        case = _case(suite, path, played or 0.0)
        if played is None:
            _tell(case, "error", [*wrong, *edition.elsewhere], name, path)
        elif wrong:
            _tell(case, "failure", wrong, name, path)
    if edition.elsewhere and not suite.findall("testcase/error"):
        _tell(_case(suite, "preuve", 0.0), "error", edition.elsewhere)
    counts = {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error"}
    for attribute, path in counts.items():
        suite.set(attribute, str(len(suite.findall(path))))
    suite.set("skipped", "0")
    suite.set("time", f"{sum(edition.played.values()):.3f}")
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, name: str, seconds: float) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname="preuve", name=name, time=f"{seconds:.3f}")


def _tell(case: ET.Element, how: str, errors: Sequence[PreuveError], page: str = "", path: str = "") -> None:
    """Tell errors; those of the page name it by its path in the repository."""
    texts = [
        str(error).replace(page, path, 1) if error.where and error.where.path == page else str(error)
        for error in errors
    ]
    text = UNPRINTABLE.sub("", "\n".join(texts) or "it was not played")
    kind = type(errors[0]).__name__ if errors else "StaleError"
    ET.SubElement(case, how, type=kind, message=text.partition("\n")[0]).text = text
