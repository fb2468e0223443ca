"""A document as metrics in Prometheus' text format, for the textfile collector of its node exporter.

Pure code; metrics stand in `tables.prometheus`. Every series carries the document's identity (emulator, virt type,
architecture, machine), so several documents go into one file. All metrics are gauges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domcaps.cpu.model import CpuMap
from domcaps.exports.subject import Subject, guest_features, host_model, model_name
from domcaps.exports.tables import prometheus as table
from domcaps.schema.cpu import CustomModel
from domcaps.schema.declare import Block, Declaration, Kind
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import verdict

Labels = Mapping[str, str]
Sample = tuple[str, Labels, int]

_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", '"': '\\"'})


def metrics(subject: Subject, cpu_map: CpuMap) -> str:
    """The metrics of all documents of a subject; each metric's series stand together, under its HELP and TYPE."""
    by_metric: dict[str, list[str]] = {}
    for document in subject.documents:
        identity = _identity(document)
        for metric, labels, value in _samples(document, guest_features(document, cpu_map)):
            by_metric.setdefault(metric, []).append(_line(metric, {**identity, **labels}, value))
    lines: list[str] = []
    for metric, text in _helps().items():
        if metric in by_metric:
            lines += [f"# HELP {metric} {text}", f"# TYPE {metric} gauge", *dict.fromkeys(by_metric[metric])]
    return "".join(f"{line}\n" for line in lines)


def _helps() -> dict[str, str]:
    return {**table.HELP, **{number.metric: number.help for number in table.NUMBERS.values()}}


def _identity(document: DomainCapabilities) -> dict[str, str]:
    said = {
        "emulator": document.path,
        "virt_type": document.domain,
        "arch": document.arch,
        "machine": document.machine,
    }
    return {name: value for name, value in said.items() if value}


def _samples(document: DomainCapabilities, features: tuple[str, ...]) -> Iterator[Sample]:
    yield table.INFO, {}, 1
    for path, declaration, value in document.paths():
        yield from _of_path(path, declaration, value)
    host = host_model(document)
    if host is not None:
        yield table.HOST_MODEL, {"model": model_name(host) or "", "vendor": host.vendor or ""}, 1
    for feature in features:
        yield table.FEATURE, {"feature": feature}, 1


def _of_path(path: str, declaration: Declaration, value: object) -> Iterator[Sample]:
    number = table.NUMBERS.get(path)
    if number is not None and isinstance(value, int):
        yield number.metric, {}, value * number.factor
    elif isinstance(value, Block):
        if "supported" in type(value).declarations and verdict(value) is not None:
            yield table.SUPPORTED, {"path": path}, int(bool(verdict(value)))
    elif isinstance(value, bool) and not declaration.verdict:
        yield table.SUPPORTED, {"path": path}, int(value)
    elif isinstance(value, tuple):
        yield from _of_list(path, declaration, value)


def _of_list(path: str, declaration: Declaration, value: tuple[object, ...]) -> Iterator[Sample]:
    if declaration.kind in {Kind.ENUM, Kind.VALUES}:
        known = [str(word) for word in declaration.words or ()]
        for word in dict.fromkeys([*known, *map(str, value)]):
            yield table.VALUE, {"path": path, "value": word}, int(word in value)
    for item in value:
        if isinstance(item, CustomModel):
            yield from _of_model(item)


def _of_model(model: CustomModel) -> Iterator[Sample]:
    if model.name and model.usable in {"yes", "no"}:
        yield table.MODEL_USABLE, {"model": model.name}, int(model.usable == "yes")
    if model.name and model.deprecated:
        yield table.MODEL_DEPRECATED, {"model": model.name}, 1


def _line(metric: str, labels: Labels, value: int) -> str:
    inside = ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels.items())
    return f"{metric}{{{inside}}} {value}"
