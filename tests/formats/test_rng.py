from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial

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


ANOTHER_RELEASES = {
    ("path", "left out"): "libvirt's schema asks for a path until 9.10; ch and bhyve may have none",
    ("cpu/mode[maximum]", "left out"): "came with 7.1",
    ("cpu/mode[custom]/model/@vendor", "left out"): "came with 8.9",
}
"""Where our schema, which is that of all releases, takes more than libvirt's own of one release."""

TEXTS = ("", "maybe", "yes", "on", "KiB", "-1", "1.5", "007", "+1", " 1 ", "9" * 11, "9" * 23, "a b", "/x", "x/y")


def name_of(element: etree._Element) -> str:
    ways = [*reversed([*element.iterancestors()]), element][1:]
    return "/".join(str(way.tag) + (f"[{way.get('name')}]" if way.tag == "mode" else "") for way in ways)


Change = Callable[[etree._Element], object]  # noqa: SLF001 - lxml has no other name for the type


def broken(root: etree._Element) -> Iterator[tuple[str, str, etree._Element]]:
    """A document in every way in which one thing of it can be wrong, once for each kind of element."""
    done = set()
    for place, element in enumerate(root.iter()):
        kind = (name_of(element), *element.attrib)
        if kind in done:
            continue
        done.add(kind)
        for where, what, change in changes(element):
            changed = deepcopy(root)
            change(list(changed.iter())[place])
            yield f"{kind[0]}{where}", what, etree.fromstring(etree.tostring(changed))


def changes(element: etree._Element) -> Iterator[tuple[str, str, Change]]:
    yield "", "a text in it", partial(set_text, text=f"{element.text or ''}junk")
    yield "", "an unknown element in it", lambda it: etree.SubElement(it, "new")
    yield "", "an enum in it", lambda it: etree.SubElement(it, "enum", name="new")
    yield "", "an unknown attribute", partial(set_attribute, name="new", text="1")
    if element.getparent() is not None:
        yield "", "left out", lambda it: above(it).remove(it)
        yield "", "twice", lambda it: it.addnext(deepcopy(it))
        yield "", "first", lambda it: above(it).insert(0, it)
        yield "", "last", lambda it: above(it).append(it)
    for name in map(str, element.attrib):
        yield f"/@{name}", "left out", partial(set_attribute, name=name, text=None)
        for text in TEXTS:
            yield f"/@{name}", f"is {text!r}", partial(set_attribute, name=name, text=text)
    for text in TEXTS if not len(element) else ():
        yield "", f"is {text!r}", partial(set_text, text=text)


def set_text(element: etree._Element, text: str) -> None:
    element.text = text


def set_attribute(element: etree._Element, name: str, text: str | None) -> None:
    if text is None:
        del element.attrib[name]
    else:
        element.set(name, text)


def above(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    assert parent is not None
    return parent


@needs_vectors
@needs_libvirts_rng
def test_both_schemas_agree_on_what_is_wrong() -> None:
    mine, theirs = ours(), etree.RelaxNG(etree.parse(LIBVIRTS_RNG))
    seen: set[tuple[str, ...]] = set()
    differ = set()
    for name, text in recorded().items():
        if not name.startswith("libvirt-9.0.0") or BEYOND_ITSELF in text:
            continue
        root = etree.fromstring(text)
        kinds = {(name_of(element), *map(str, element.attrib)) for element in root.iter()}
        if kinds <= seen:
            continue
        seen |= kinds
        differ |= {
            (where, what) for where, what, changed in broken(root) if mine.validate(changed) != theirs.validate(changed)
        }
    assert differ <= set(ANOTHER_RELEASES)  # of which the schema that is installed here may have taken one up
