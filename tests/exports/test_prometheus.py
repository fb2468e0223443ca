"""Metrics: their text, and that Prometheus' own reader takes it."""

from __future__ import annotations

import re

import pytest

from domcaps.cpu.shipped import load
from domcaps.exports.ask import of_documents
from domcaps.exports.prometheus import metrics
from domcaps.exports.tables import prometheus as table
from domcaps.formats.read import read
from domcaps.release import NEWEST
from domcaps.schema.declare import Codec
from domcaps.schema.devices import Devices, Disk
from domcaps.schema.document import DomainCapabilities, Vcpu
from domcaps.schema.features import Features, Sgx, SgxSize
from domcaps.schema.paths import all_paths
from tests.exports.documents import documents_here

CPU_MAP = load(NEWEST)
LINE = re.compile(r'(# (HELP|TYPE) domcaps_\w+ .+)|(domcaps_\w+\{(\w+="(\\[\\"n]|[^"\\\n])*",?)*\} -?\d+)')


def lines(*documents: DomainCapabilities) -> list[str]:
    return metrics(of_documents(documents, CPU_MAP), CPU_MAP).splitlines()


def test_a_listed_value_is_1_and_a_known_one_that_is_not_is_0() -> None:
    found = lines(DomainCapabilities(devices=Devices(disk=Disk(supported=True, bus=("sata", "floppynet")))))
    assert 'domcaps_value_listed{path="devices/disk/bus",value="sata"} 1' in found
    assert 'domcaps_value_listed{path="devices/disk/bus",value="ide"} 0' in found
    assert 'domcaps_value_listed{path="devices/disk/bus",value="floppynet"} 1' in found


def test_an_element_says_yes_or_no_or_has_no_series() -> None:
    found = lines(DomainCapabilities(devices=Devices(disk=Disk(supported=False))))
    assert [line for line in found if line.startswith("domcaps_supported")] == [
        'domcaps_supported{path="devices/disk"} 0'
    ]


def test_numbers_are_in_base_units() -> None:
    features = Features(sgx=Sgx(supported=True, flc=False, section_size=SgxSize(unit="KiB", size=2)))
    found = lines(DomainCapabilities(vcpu=Vcpu(max=255), features=features))
    assert "domcaps_vcpus_max{} 255" in found
    assert "domcaps_sgx_enclave_page_cache_bytes{} 2048" in found
    assert 'domcaps_supported{path="features/sgx/flc"} 0' in found


def test_labels_are_escaped() -> None:
    assert r'domcaps_info{emulator="/a\"b\\c\nd"} 1' in lines(DomainCapabilities(path='/a"b\\c\nd'))


def test_the_series_of_a_metric_stand_together_whatever_the_documents() -> None:
    found = lines(DomainCapabilities(machine="a", vcpu=Vcpu(max=1)), DomainCapabilities(machine="b", vcpu=Vcpu(max=2)))
    heads = [line.split()[2] for line in found if line.startswith("# TYPE")]
    assert len(heads) == len(set(heads))
    assert found[-2:] == ['domcaps_vcpus_max{machine="a"} 1', 'domcaps_vcpus_max{machine="b"} 2']


def test_every_number_of_the_schema_is_a_metric_or_says_why_not() -> None:
    numbers = {path for path, declaration in all_paths(DomainCapabilities) if declaration.codec is Codec.NUMBER}
    assert numbers == set(table.NUMBERS) | set(table.NOT_EXPORTED)


def test_every_line_of_recorded_documents_is_in_the_text_format() -> None:
    violations = [
        f"{path.name}: {line}" for path in documents_here() for line in lines(read(path)) if not LINE.fullmatch(line)
    ]
    assert not violations, "\n" + "\n".join(violations[:20])


def test_prometheus_own_reader_takes_it() -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="prometheus_client is not installed")
    for path in documents_here():
        text = "".join(f"{line}\n" for line in lines(read(path)))
        families = list(parser.text_string_to_metric_families(text))
        samples = sum(len(family.samples) for family in families)
        assert samples == sum(not line.startswith("#") for line in text.splitlines())
        assert {family.type for family in families} == {"gauge"}
