"""CPU definitions: which are found in a file, how they are read, what is refused, and how ours are written."""

from __future__ import annotations

import pytest

from domcaps.cpu.definition import as_input, find_definitions, host_cpu_warning, of_model, write_definition
from domcaps.cpu.model import FeaturePolicy, GuestCpu, InputCpu, InputKind, Policy
from domcaps.errors import InputError, RequestError
from tests.cpu.small import R9, R11, R12, policies


def read(text: str) -> list[InputCpu]:
    return [definition.read() for definition in find_definitions(text.encode(), "file.xml")]


def test_definitions_are_found_in_every_kind_of_document_and_in_document_order() -> None:
    text = """<?xml version='1.0' encoding='UTF-8'?>
        <capabilities><host><cpu><arch>x86_64</arch><model>A</model></cpu></host></capabilities>
        <cpu><model>B</model></cpu>
        <?xml version='1.0'?>
        <domainCapabilities><cpu>
          <mode name='host-passthrough' supported='yes'/>
          <mode name='host-model' supported='yes'><model fallback='forbid'>C</model></mode>
          <mode name='custom' supported='yes'><model>X</model></mode>
        </cpu></domainCapabilities>
        <domain type='kvm'><cpu mode='host-model'/></domain>
        <domain type='kvm'><cpu><model>D</model></cpu></domain>"""
    assert [(cpu.model, cpu.kind, cpu.mode) for cpu in read(text)] == [
        ("A", InputKind.HOST, "custom"),
        ("B", InputKind.GUEST, "custom"),
        ("C", InputKind.GUEST, "custom"),
        (None, InputKind.GUEST, "host-model"),
        ("D", InputKind.GUEST, "custom"),
    ]


def test_a_guest_s_definition_is_read_whole() -> None:
    assert read(
        """<cpu mode='custom' match='strict'><model fallback='forbid'>New</model><vendor>Intel</vendor>
        <maxphysaddr mode='passthrough' limit='46'/>
        <feature policy='disable' name='a'/><feature name='b'/><feature policy='forbid' name='c'/></cpu>"""
    ) == [
        InputCpu(
            match="strict",
            model="New",
            fallback="forbid",
            vendor="Intel",
            features=policies("-a +b ^c"),
            max_phys_bits=46,
        )
    ]


def test_a_host_s_features_have_no_policy() -> None:
    cpu = read("<cpu><arch>x86_64</arch><model>New</model><feature name='a' policy='disable'/></cpu>")[0]
    assert (cpu.arch, cpu.features) == ("x86_64", (FeaturePolicy(None, "a"),))


HOST = "<arch>x86_64</arch>"


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        (
            f"<cpu mode='custom'>{HOST}<model>A</model></cpu>",
            "unsupported configuration",
            "Attribute mode is only allowed for guest CPU",
        ),
        (
            "<cpu><model>A</model><feature name='aes'/><feature name='aes'/></cpu>",
            "XML error",
            "CPU feature 'aes' specified more than once",
        ),
        (
            "<cpu><feature name='aes'/></cpu>",
            "XML error",
            "Non-empty feature list specified without CPU model",
        ),
        ("<cpu><vendor>Intel</vendor></cpu>", "XML error", "CPU vendor specified without CPU model"),
        (f"<cpu>{HOST}</cpu>", "XML error", "Missing CPU model name"),
        ("<cpu><model>A</model><feature/></cpu>", "XML error", "Invalid CPU feature name"),
        ("<cpu><model>A</model><feature name='a' policy='x'/></cpu>", "XML error", "Invalid CPU feature policy"),
        ("<cpu mode='x'/>", "XML error", "Invalid value for attribute 'mode' in element 'cpu': 'x'."),
        ("<cpu match='x'/>", "XML error", "Invalid value for attribute 'match' in element 'cpu': 'x'."),
        (
            "<cpu><model fallback='x'>A</model></cpu>",
            "XML error",
            "Invalid value for attribute 'fallback' in element 'model': 'x'.",
        ),
        (
            "<cpu><model>A</model><maxphysaddr limit='-1'/></cpu>",
            "XML error",
            "Invalid value for attribute 'limit' in element 'maxphysaddr': '-1'.",
        ),
    ],
)
def test_what_libvirt_refuses_is_refused_in_its_words(text: str, kind: str, message: str) -> None:
    with pytest.raises(RequestError) as refusal:
        read(text)
    assert (refusal.value.kind, str(refusal.value)) == (kind, message)


def test_features_without_a_model_are_no_fault_where_no_model_is_needed() -> None:
    assert read("<cpu mode='host-passthrough'><feature name='aes' policy='disable'/></cpu>")[0].model is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("<domain><name>x</name></domain>", id="a domain without CPU"),
        pytest.param("<network><cpu/></network>", id="a document of another kind"),
        pytest.param(
            "<domainCapabilities><cpu><mode name='host-model' supported='no'/></cpu></domainCapabilities>",
            id="a host without host-model",
        ),
    ],
)
def test_a_file_without_definitions_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"File 'file\.xml' does not contain any <cpu> element"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<cpu><model>A</cpu>", id="tags that do not match"),
        pytest.param("\n</inputs><cpu/><inputs>", id="a way out of our element"),
        pytest.param("<!DOCTYPE cpu [<!ENTITY e 'x'>]>\n<cpu><model>&e;</model></cpu>", id="a document type"),
        pytest.param("<cpu><model>&e;</model></cpu>", id="an entity"),
        pytest.param("<cpu>" * 1000 + "</cpu>" * 1000, id="nested too deep"),
        pytest.param("\x00", id="no text"),
    ],
)
def test_hostile_or_broken_xml_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InputError, match=r"^file\.xml, line \d+: not XML: "):
        read(text)


def test_the_warning_of_host_definitions_is_the_release_s() -> None:
    bare = "<cpu><model>A</model><feature name='a'/></cpu>"
    complete = "<cpu><model>A</model><feature policy='require' name='a'/></cpu>"
    assert [d.has_bare_feature for d in find_definitions((bare + complete).encode(), "")] == [True, False]
    assert host_cpu_warning(R9) is None
    assert str(host_cpu_warning(R11)).startswith("error: using host CPU")
    assert str(host_cpu_warning(R12)).startswith("warning: using host CPU")


def test_a_named_model_is_the_bare_definition() -> None:
    assert of_model("New") == read("<cpu><model>New</model></cpu>")[0]


def test_a_definition_is_written_as_libvirt_writes_it() -> None:
    cpu = GuestCpu(model="New", vendor="A & B", features=policies("+a -b"), max_phys_bits=46)
    assert write_definition(cpu) == (
        "<cpu mode='custom' match='exact'>\n"
        "  <model fallback='forbid'>New</model>\n"
        "  <vendor>A &amp; B</vendor>\n"
        "  <maxphysaddr mode='passthrough' limit='46'/>\n"
        "  <feature policy='require' name='a'/>\n"
        "  <feature policy='disable' name='b'/>\n"
        "</cpu>\n"
    )


def test_a_definition_without_fallback_has_no_attributes() -> None:
    cpu = GuestCpu(model="z14-base", fallback=None, features=(FeaturePolicy(None, "vx"),))
    assert write_definition(cpu) == "<cpu>\n  <model>z14-base</model>\n  <feature name='vx'/>\n</cpu>\n"


def test_comments_and_instructions_are_no_text() -> None:
    assert read("<cpu><model>N<!-- o -->e<?x y?>w</model></cpu>")[0].model == "New"


def test_what_is_written_reads_back_as_the_same_input() -> None:
    cpu = GuestCpu(model="New", vendor="Intel", features=policies("+a -b"), max_phys_bits=46)
    assert read(write_definition(cpu)) == [as_input(cpu)]
    assert Policy.REQUIRE is cpu.features[0].policy
