"""Laws over the tables of exports: every row points into the schema, and every name has a source."""

from __future__ import annotations

from domcaps.cpu.shipped import load, releases
from domcaps.errors import InputError
from domcaps.exports.rows import Row, Source
from domcaps.exports.tables import kubevirt, openstack, ovirt, prometheus
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import find

ROWS: tuple[Row, ...] = (*kubevirt.PROTECTION, kubevirt.SEV_SNP, *kubevirt.HYPERV, *openstack.TRAITS)
NOT_LIBVIRTS = {"sse3"}
"""Feature names of other projects that libvirt's map does not have, which is said beside them."""


def sources() -> list[Source]:
    named = [value for module in (kubevirt, openstack, ovirt, prometheus) for value in vars(module).values()]
    found = [value for value in named if isinstance(value, Source)]
    return [*found, *(row.source for row in ROWS), *(row.source for row in kubevirt.ARCHES.values())]


def test_every_row_points_at_something_that_the_schema_has() -> None:
    violations = []
    for row in ROWS:
        for path, value in ((row.path, row.value), *row.needs):
            try:
                last = find(DomainCapabilities, path)[-1]
            except InputError as fault:
                violations.append(f"{row.name}: {fault}")
                continue
            if value is not None and value not in set(last.words or ()):
                violations.append(f"{row.name}: {path} has no word {value}")
    assert not violations, "\n" + "\n".join(violations)


def test_every_table_names_a_project_a_file_and_a_version() -> None:
    assert all(source.project and source.file and source.version for source in sources())
    assert {source.project for source in sources()} >= {"kubevirt", "nova", "os-traits", "vdsm", "prometheus"}


def test_cpu_features_are_spelled_as_libvirt_spells_them() -> None:
    known = {feature.name for release in releases() for feature in load(release).x86.features}
    assert set(openstack.CPU_FEATURES) - known == NOT_LIBVIRTS


def test_obsolete_models_are_models() -> None:
    known = {model.name for release in releases() for model in load(release).x86.models}
    assert {name for name in kubevirt.OBSOLETE if not name.endswith("-v1")} <= known | {"n270", "phenom"}
