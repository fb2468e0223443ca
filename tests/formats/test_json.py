from __future__ import annotations

from typing import Any

import msgspec
import pytest

from domcaps.errors import InputError
from domcaps.formats.json_format import from_json, json_schema, to_json
from domcaps.formats.read import read, read_documents
from domcaps.formats.xml_writer import to_xml
from tests.formats.sample import SAMPLE, needs_vectors, recorded

jsonschema = pytest.importorskip("jsonschema")


def test_the_keys_are_the_names_of_the_xml() -> None:
    found = msgspec.json.decode(to_json(read(SAMPLE)))
    assert found["devices"]["disk"] == {"supported": True, "diskDevice": ["disk", "lun"], "bus": ["virtio"]}
    assert found["devices"]["hostdev"]["pciBackend"] == []
    assert found["cpu"]["host-model"]["feature"][1] == {"policy": "disable", "name": "svm"}
    assert found["features"]["sgx"]["section_size"] == {"unit": "KiB", "size": 524288}
    assert "rng" not in found["devices"]


@pytest.mark.parametrize("pretty", [False, True])
def test_json_reads_back(pretty: bool) -> None:
    caps = read(SAMPLE.replace("<tpm supported='no'/>", "<tpm supported='no' x='1'/>\n    <new/>"))
    text = to_json(caps, pretty=pretty)
    assert to_xml(from_json(text)) == to_xml(caps)
    assert read(text) == read(text.encode()) == read(f"\ufeff{text}") == caps


def test_documents_on_a_line_each_are_several() -> None:
    lines = f"{to_json(read(SAMPLE))}\r\n{{}} \n{to_json(read(SAMPLE))}\n\n"
    assert [caps.domain for caps in read_documents(lines.encode())] == ["kvm", None, "kvm"]
    with pytest.raises(InputError, match=r"^\$\[1\]\.vcpu\.max: expected"):
        read_documents(b'{"domain":"a"}\n{"vcpu":{"max":"b"}}')
    with pytest.raises(InputError, match=r"^line 2: JSON is malformed"):
        read_documents(b'{"domain":"a"}\n{"domain":b}')


def test_an_array_holds_several_documents() -> None:
    text = f"[{to_json(read(SAMPLE))}, {{}}]"
    assert [caps.domain for caps in read_documents(text.encode())] == ["kvm", None]
    with pytest.raises(InputError, match="this holds 2 documents"):
        from_json(text)


@needs_vectors
def test_recorded_documents_read_into_json_and_back_and_fit_the_schema() -> None:
    schema = jsonschema.Draft202012Validator(json_schema())
    wrong = []
    for number, (name, text) in enumerate(recorded().items()):
        caps = read(text)
        written = to_json(caps)
        if to_xml(from_json(written)) != text:
            wrong.append(f"{name}: not the same document")
        if number % 40 == 0:
            wrong += [f"{name}: {error.message}" for error in schema.iter_errors(msgspec.json.decode(written))]
    assert not wrong, "\n".join(wrong)


def test_the_schema_is_one_and_describes_every_key() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    bare = [
        f"{name}.{key}"
        for name, entry in schema["$defs"].items()
        for key, field in entry["properties"].items()
        if not field.get("description")
    ]
    assert not bare
    bus: dict[str, Any] = schema["$defs"]["Disk"]["properties"]["bus"]
    assert "virtio" in bus["examples"][0]
    assert "devices/disk/target/@bus" in bus["description"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"vcpu":{"max":"4"}}', "$.vcpu.max: expected `int | null`, got `str`"),
        ('{"vcpu":{"max":-1}}', "$.vcpu.max: expected a number"),
        ('{"cpu":{"custom":{"model":[{},{"name":1}]}}}', "$.cpu.custom.model[1].name: expected"),
        ('\n{"domain":\ntru}', "line 3: JSON is malformed"),
        ('{"domain":', "Input data was truncated"),
        ("[]", "$: this holds no document"),
        ('{"name":"x","version":1}', "$: this is JSON, and no document: it has name, version instead"),
        ('[{"domain":"kvm"},{"a":{"domain":1}}]', "$: this is JSON, and no document: it has a instead"),
        ('{"kept":["<a"]}', "$.kept: this cannot be kept: "),
        ('{"kept":["<a/><b/>"]}', "$.kept: this cannot be kept: '<a/><b/>' is not one element"),
        ('{"os":{"kept":["@a"]}}', "$.os.kept: this cannot be kept: '@a' is no attribute"),
        ('{"os":{"kept":["@a=\'1\' b=\'&c;\'"]}}', "$.os.kept: this cannot be kept: "),
        ('{"vcpu":{"max":1,"kept":["@max=\'2\'"]}}', "$.vcpu.kept: this cannot be kept: the attribute 'max' is there"),
        ('{"os":{"kept":["@a=\'1\'","@a=\'2\'"]}}', "$.os.kept: this cannot be kept: the attribute 'a' is there"),
        ('{"cpu":{"custom":{"kept":["@name=\'1\'"]}}}', "$.cpu.custom.kept: this cannot be kept: the attribute 'name'"),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_documents(text.encode())
    assert str(refused.value).startswith(said)


def test_what_is_listed_twice_is_written_once() -> None:
    caps = from_json('{"path":"/a","kept":["path","<new/>","path"],"vcpu":{"max":1,"kept":["@a=\'2\'","max","max"]}}')
    inside = "<path>/a</path>\n  <new/>\n  <vcpu a='2' max='1'/>"
    assert to_xml(caps) == f"<domainCapabilities>\n  {inside}\n</domainCapabilities>\n"


def test_a_key_that_the_schema_does_not_have_is_said() -> None:
    said: list[str] = []
    from_json('{"new":1,"cpu":{"custom":{"model":[{"newer":2}]}},"kept":[]}', "f", notes=said.append)
    assert said == [
        "f, $.new: left out what the schema does not have",
        "f, $.cpu.custom.model.newer: left out what the schema does not have",
    ]
