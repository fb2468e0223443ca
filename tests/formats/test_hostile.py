"""Input that is made to hurt: a sentence, within a second and 64 MiB over the input."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.formats.sample import SAMPLE

START, END = b"<domainCapabilities>", b"</domainCapabilities>\n"

HOSTILE = {
    "a quarter of a gigabyte": "b' ' * (1 << 28)",
    "10^5 levels": "S + b'<a>' * 10**5 + b'</a>' * 10**5 + E",
    "10^5 levels, cut short": "S + b'<a>' * 10**5",
    "more elements than any document": "S + b'<a/>' * 10**5 + E",
    "as many elements as are read": "S + b'<a/>' * 49_000 + E",
    "as many attributes as are read": "S + b'<a ' + b' '.join(b'a%d=\"\"' % n for n in range(49_000)) + b'/>' + E",
    "as many models as are read": (
        "S + b'<cpu><mode name=\"custom\">' + b'<model>a</model>' * 49_000 + b'</mode></cpu>' + E"
    ),
    "text between elements": "S + b'a<b/>' * 49_000 + E",
    "a million short documents": "(S + E) * 10**6",
    "documents in a bad layout": "(S + b'<a/>' * 400 + E) * 1200",
    "comments that never end": "b'<!--' * (8 << 20)",
    "comments that never end between documents": "b'<domainCapabilities/><!--' * 9_999",
    "tags that never end": "b'<' * (16 << 20)",
    "features in libvirt's layout": "(L + b'host-model\\'>\\n' + F * 20_000 + M)[:-1] * 16",
    "models in libvirt's layout": "(L + b'custom\\'>\\n' + b'      <model/>\\n' * 50_000 + M)[:-1] * 20",
    "blockers in libvirt's layout": (
        "(L + b'custom\\'>\\n      <model>a</model>\\n      <blockers model=\\'a\\'>\\n'"
        " + b'        <feature name=\\'a\\'/>\\n' * 25_000 + b'      </blockers>\\n' + M)[:-1] * 18"
    ),
    "blockers in libvirt's layout without end": (
        "L + b'custom\\'>\\n' + b'      <model>a</model>\\n      <blockers model=\\'a\\'>\\n' * 15_000 + M"
    ),
    "large documents": "DOCUMENT * (16_000_000 // len(DOCUMENT))",
    "starts that never end": "b'<domainCapabilities ' * 10**6",
    "end tags without their end": "S + b'</a\\n' * 200_000 + E",
    "one text deep down": "S + b'<a>' * 190 + b'x' * 10**6 + b'</a>' * 190 + E",
    "a text in pieces": "S + b'<path>' + b'x<![CDATA[y]]>' * 70_000 + b'</path>' + E",
    "a text of lines": "S + b'<path>' + b'a\\n' * 500_000 + b'</path>' + E",
    "wide characters": "S + b'<path>' + '\\U0001f600'.encode() * 250_000 + b'</path>' + E",
    "billion laughs": "b'<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>' + S + b'&b;' + E",
    "a long number": "S + b'<vcpu max=\"' + b'9' * 10**6 + b'\"/>' + E",
    "JSON of 10^6 levels": "b'[' * 10**6",
    "JSON of levels in an unknown key": "b'{\"a\":' + b'[' * 10**6",
    "JSON of many documents": "b'[' + b'{},' * 10**6 + b'{}]'",
    "JSON of many words": 'b\'{"devices":{"disk":{"bus":[\' + b\'"ab",\' * 800_000 + b\'""]}}}\'',
}

PROGRAM = """
import resource, sys, time
from domcaps.errors import InputError
from domcaps.analysis.validate import validate
from domcaps.formats.read import read_documents
S, E = {start!r}, {end!r}
L = S + b"\\n  <cpu>\\n    <mode name='"
F = b"      <feature policy='require' name='a'/>\\n"
M = b"    </mode>\\n  </cpu>\\n" + E + b" "
DOCUMENT = {sample!r}
read_documents.__globals__["_read_slowly"] = 10**9  # so that libvirt's layout takes the fast way at once
data = {expression}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begun = time.process_time()
try:
    {verb}(data, notes=lambda note: None)
    said = "read"
except InputError as error:
    said = str(error)
took = time.process_time() - begun
print(int(took * 1000), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, said[:200])
"""


@pytest.mark.parametrize("verb", ["read_documents", "validate"])
@pytest.mark.parametrize("expression", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_and_memory_are_bounded(expression: str, verb: str) -> None:
    program = PROGRAM.format(verb=verb, start=START, end=END, sample=SAMPLE.encode(), expression=expression)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    milliseconds, kilobytes, said = done.stdout.split(" ", 2)
    # The bounds are a promise about hostile input, not a benchmark: a slow or busy machine gets thrice the second.
    assert int(milliseconds) < 3000, said
    assert int(kilobytes) < 64 * 1024, said
