"""Questions to QEMU's QMP schema."""

from __future__ import annotations

import msgspec
import pytest

from domcaps.drivers.qemu.qmp_schema import QmpSchema

SCHEMA = QmpSchema(
    msgspec.json.encode(
        [
            {"name": "netdev_add", "meta-type": "command", "arg-type": "1", "ret-type": "9", "features": ["coloured"]},
            {"name": "RESET", "meta-type": "event", "arg-type": "5"},
            {
                "name": "1",
                "meta-type": "object",
                "members": [
                    {"name": "id", "type": "str"},
                    {"name": "speed", "type": "int", "default": None, "features": ["unstable"]},
                    {"name": "peers", "type": "[1]", "default": None},
                    {"name": "kind", "type": "2"},
                    {"name": "either", "type": "4"},
                ],
                "variants": [{"case": "user", "type": "3"}, {"case": "gone", "type": "missing"}],
                "tag": "kind",
            },
            {"name": "[1]", "meta-type": "array", "element-type": "1"},
            {
                "name": "2",
                "meta-type": "enum",
                "values": ["user", "tap"],
                "members": [{"name": "user"}, {"name": "tap", "features": ["deprecated"]}],
            },
            {"name": "3", "meta-type": "object", "members": [{"name": "ipv6", "type": "bool"}]},
            {"name": "4", "meta-type": "alternate", "members": [{"type": "str"}, {"type": "3"}]},
            {"name": "5", "meta-type": "object", "members": []},
            {"name": "6", "meta-type": "enum", "values": ["old"]},
            {"name": "9", "meta-type": "object", "members": [{"name": "age", "type": "6"}]},
            {"name": "str", "meta-type": "builtin", "json-type": "string"},
            {"name": "int", "meta-type": "builtin", "json-type": "int"},
            {"name": "bool", "meta-type": "builtin", "json-type": "boolean"},
        ]
    )
)


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("netdev_add", True),
        ("RESET", True),
        ("netdev_del", False),
        ("1", False),
        ("netdev_add/arg-type/id", True),
        ("netdev_add/arg-type/id/!string", True),
        ("netdev_add/arg-type/id/!int", False),
        ("netdev_add/arg-type/*id", False),
        ("netdev_add/arg-type/*speed", True),
        ("netdev_add/arg-type/speed/$unstable", True),
        ("netdev_add/arg-type/speed/$stable", False),
        ("netdev_add/arg-type/peers/id", True),
        ("netdev_add/arg-type/+user", True),
        ("netdev_add/arg-type/+user/ipv6", True),
        ("netdev_add/arg-type/+tap", False),
        ("netdev_add/arg-type/+gone", False),
        ("netdev_add/arg-type/kind/^tap", True),
        ("netdev_add/arg-type/kind/^tap/$deprecated", True),
        ("netdev_add/arg-type/kind/^user/$deprecated", False),
        ("netdev_add/arg-type/kind/tap", False),
        ("netdev_add/arg-type/either/ipv6", True),
        ("netdev_add/ret-type/age/^old", True),
        ("netdev_add/ret-type/age/^new", False),
        ("netdev_add/$coloured", True),
        ("netdev_add/$coloured/more", False),
        ("netdev_add/nonsense", False),
        ("RESET/arg-type", True),
        ("RESET/ret-type", False),
    ],
)
def test_path(path: str, holds: bool) -> None:
    assert SCHEMA.holds(path) is holds
