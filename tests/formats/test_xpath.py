from __future__ import annotations

import shutil
import subprocess

import pytest

from domcaps.errors import InputError
from domcaps.formats.xpath import select
from tests.formats.sample import SAMPLE

needs_virsh = pytest.mark.skipif(shutil.which("virsh") is None, reason="virsh is not installed")

EXPRESSIONS = [
    "//name",
    "//name/text()",
    "//domain/@type",
    "//@*",
    "//nothing",
    "//os/*",
    "//os",
    "/",
    "//name|//os/@*|//name/text()",
    "//text()",
    "//disk/@*|//disk/*",
]


@needs_virsh
@pytest.mark.parametrize("wrap", [False, True], ids=["bare", "wrapped"])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_nodes_are_printed_as_virsh_prints_them(expression: str, wrap: bool) -> None:
    virsh = ["virsh", "-q", "-c", "test:///default", "dumpxml", "test"]
    xml = subprocess.run(virsh, capture_output=True, text=True, check=True).stdout
    options = ["--xpath", expression, *(["--wrap"] if wrap else [])]
    expected = subprocess.run([*virsh, *options], capture_output=True, text=True, check=True).stdout
    assert select(xml, expression, wrap=wrap).rstrip("\n") == expected.rstrip("\n")


def test_nodes_of_a_document() -> None:
    assert select(SAMPLE, "//vcpu/@max") == ' max="4096"\n'
    assert select(SAMPLE, "//disk/enum[@name='bus']/value/text()") == "virtio\n"
    assert select(SAMPLE, "//tpm|//gic", wrap=True) == (
        '<nodes>\n  <tpm supported="no"/>\n  <gic supported="no"/>\n</nodes>\n'
    )
    assert not select(SAMPLE, "//nothing")
    assert select(SAMPLE, "//nothing", wrap=True) == "<nodes/>\n"


def test_a_prefix_that_is_not_declared_cannot_be_searched() -> None:
    with pytest.raises(InputError, match="cannot be searched: Namespace prefix x on y is not defined"):
        select("<domainCapabilities><x:y/></domainCapabilities>", "//*")


@pytest.mark.parametrize("expression", ["count(//*)", "//[", "nothing()", "", "string(//path)", "1 = 1", "//a:b"])
def test_what_selects_no_nodes_is_refused(expression: str) -> None:
    with pytest.raises(InputError, match=r"xpath|XPath"):
        select(SAMPLE, expression)
