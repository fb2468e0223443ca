from __future__ import annotations

from lxml import etree

from domcaps.formats.read import read
from domcaps.formats.rng import relax_ng
from domcaps.formats.xml_writer import to_xml
from domcaps.release import Release
from tests.formats.sample import LIBVIRTS_RNG, SAMPLE, needs_libvirts_rng, needs_vectors, recorded

V9 = Release((9, 0, 0))
BEYOND_ITSELF = "<cpu0Id>"
"""What libvirt 9.0.0 writes and its own schema does not have."""


def ours() -> etree.RelaxNG:
    return etree.RelaxNG(etree.fromstring(relax_ng().encode()))


def test_the_sample_fits_and_faults_do_not() -> None:
    schema = ours()
    faults = {
        "an unknown element": SAMPLE.replace("<vcpu max='4096'/>", "<vcpu max='4096'/><new/>"),
        "no verdict": SAMPLE.replace("<tpm supported='no'/>", "<tpm/>"),
        "no number": SAMPLE.replace("<cbitpos>51", "<cbitpos>x"),
        "another order": SAMPLE.replace("<gic supported='no'/>", "").replace(
            "</hyperv>", "</hyperv><gic supported='no'/>"
        ),
        "a mode of another name": SAMPLE.replace("name='maximum'", "name='new'"),
    }
    assert schema.validate(etree.fromstring(SAMPLE))
    assert [name for name, text in faults.items() if schema.validate(etree.fromstring(text))] == []


@needs_vectors
def test_recorded_documents_fit() -> None:
    schema = ours()
    assert [name for name, text in recorded().items() if not schema.validate(etree.fromstring(text))] == []


@needs_vectors
@needs_libvirts_rng
def test_libvirts_own_schema_takes_what_is_written_for_its_release() -> None:
    theirs = etree.RelaxNG(etree.parse(LIBVIRTS_RNG))
    wrong = []
    for name, text in list(recorded().items())[::3]:
        written = to_xml(read(text), V9)
        if BEYOND_ITSELF not in written and not theirs.validate(etree.fromstring(written)):
            wrong.append(f"{name}: {theirs.error_log.last_error}")
    assert not wrong, "\n".join(wrong)


@needs_vectors
@needs_libvirts_rng
def test_both_schemas_agree_on_documents_of_libvirts_release() -> None:
    mine, theirs = ours(), etree.RelaxNG(etree.parse(LIBVIRTS_RNG))
    trees = {
        name: etree.fromstring(text)
        for name, text in recorded().items()
        if name.startswith("libvirt-9.0.0") and BEYOND_ITSELF not in text
    }
    assert [name for name, tree in trees.items() if mine.validate(tree) != theirs.validate(tree)] == []
