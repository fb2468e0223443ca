"""The `<cpu>` of the document: the four modes, and what stands in them."""

from __future__ import annotations

from domcaps.schema import words as w
from domcaps.schema.declare import (
    Block,
    Codec,
    Words,
    attribute,
    child,
    content,
    enum,
    items,
    names_after,
    text,
    yes_no,
)


class HostPassthrough(Block):
    """The host's CPU as it is."""

    supported: bool | None = yes_no()
    host_passthrough_migratable: Words = enum(
        "hostPassthroughMigratable",
        w.OnOff,
        "6.5",
        "cpu[@mode='host-passthrough']/@migratable",
        "whether features that block migration can be left out",
    )


class Maximum(Block):
    """All that the hypervisor can offer."""

    supported: bool | None = yes_no()
    maximum_migratable: Words = enum(
        "maximumMigratable",
        w.OnOff,
        "7.1",
        "cpu[@mode='maximum']/@migratable",
        "whether features that block migration can be left out",
    )


class HostModelName(Block):
    """The named model nearest to the host's CPU."""

    fallback: str | None = attribute(
        "fallback", Codec.STRING, "2.3", "cpu/model/@fallback", "forbid: this is exact", choices=("allow", "forbid")
    )
    name: str | None = content("the model's name")


class MaxPhysAddr(Block):
    """The size of a physical address."""

    mode: str | None = attribute(
        "mode",
        Codec.STRING,
        "9.3",
        "cpu/maxphysaddr/@mode",
        "passthrough: as the host's",
        always=True,
        choices=("passthrough", "emulate"),
    )
    limit: int | None = attribute(
        "limit", Codec.NUMBER, "9.3", "cpu/maxphysaddr/@limit", "the host's, in bits", pattern="[0-9]+"
    )


class CpuFeature(Block):
    """A feature by which the host's CPU differs from the named model."""

    policy: str | None = attribute(
        "policy",
        Codec.STRING,
        "2.3",
        "cpu/feature/@policy",
        "require or disable",
        verdict=True,
        always=True,
        choices=("require", "disable", "force", "optional", "forbid"),
    )
    name: str | None = attribute(
        "name", Codec.STRING, "2.3", "cpu/feature/@name", "the feature", always=True, pattern=r"[a-zA-Z0-9\-_\.]+"
    )


class HostModel(Block):
    """The CPU that a guest with `mode='host-model'` gets."""

    supported: bool | None = yes_no()
    model: HostModelName | None = child("model", HostModelName, "2.3", "cpu/model", always=True)
    vendor: str | None = text("vendor", Codec.STRING, "2.3", "cpu/vendor", "the CPU's maker")
    maxphysaddr: MaxPhysAddr | None = child("maxphysaddr", MaxPhysAddr, "9.3", "cpu/maxphysaddr")
    feature: tuple[CpuFeature, ...] = items("feature", CpuFeature, "2.3", "cpu/feature", complete=False)


class CustomModel(Block):
    """A named CPU model."""

    usable: str | None = attribute(
        "usable",
        Codec.STRING,
        "2.3",
        "",
        "yes, no, or unknown: whether this host can run it with all its features",
        verdict=True,
        always=True,
        choices=("yes", "no", "unknown"),
    )
    deprecated: bool | None = attribute("deprecated", Codec.YES_NO, "7.1", "", "the hypervisor advises against it")
    vendor: str | None = attribute("vendor", Codec.STRING, "8.9", "", "the CPU's maker, or unknown")
    canonical: str | None = attribute("canonical", Codec.STRING, "10.10", "", "the versioned model that it stands for")
    name: str | None = content("the model's name")
    blockers: Words = names_after(
        "blockers", "10.9", link="model", item=("feature", "name"), meaning="the features that this host lacks"
    )


class Custom(Block):
    """CPU models by name."""

    supported: bool | None = yes_no()
    model: tuple[CustomModel, ...] = items("model", CustomModel, "2.3", "cpu/model", "the models")


class Cpu(Block):
    """The ways to define a guest's CPU."""

    host_passthrough: HostPassthrough | None = child(
        "mode",
        HostPassthrough,
        "2.3",
        "cpu[@mode='host-passthrough']",
        selector=("name", "host-passthrough"),
        always=True,
    )
    maximum: Maximum | None = child(
        "mode", Maximum, "7.1", "cpu[@mode='maximum']", selector=("name", "maximum"), always=True
    )
    host_model: HostModel | None = child(
        "mode", HostModel, "2.3", "cpu[@mode='host-model']", selector=("name", "host-model"), always=True
    )
    custom: Custom | None = child(
        "mode", Custom, "2.3", "cpu[@mode='custom']", selector=("name", "custom"), always=True
    )
