"""A JUnit report of an edition, for CI: a test case a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from preuve.edition import Edition

UNPRINTABLE = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0, section 2.2."""


def report(edition: Edition) -> str:
    """The edition as JUnit XML: each page a test case, each of its errors a failure; others on the suite."""
    suite = ET.Element("testsuite", name="preuve", tests=str(len(edition.pages)))
    failed = 0
    for name in sorted(edition.pages):
        shown = edition.shown.get(name)
        case = ET.SubElement(suite, "testcase", classname="preuve", name=name, file=name)
        case.set("time", f"{shown.seconds:.3f}" if shown else "0")
        errors = [error for error in edition.errors if error.where and error.where.path == name]
        for error in errors:
            failure = ET.SubElement(case, "failure", type=type(error).__name__)
            failure.set("message", str(error).partition("\n")[0])
            failure.text = _printable(str(error))
        failed += bool(errors)
    elsewhere = [error for error in edition.errors if not (error.where and error.where.path in edition.pages)]
    for error in elsewhere:
        ET.SubElement(suite, "system-err").text = _printable(str(error))
    suite.set("failures", str(failed))
    suite.set("errors", str(len(elsewhere)))
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return UNPRINTABLE.sub("", text)
