"""QEMU's answer to `query-qmp-schema`, and questions to it.

A question is a path: `netdev_add/arg-type/+user` asks whether the arguments of the command `netdev_add` have a variant
`user`. The words, after the first, which names a command or an event:

- `arg-type`, `ret-type`: the type of a command's arguments or of its answer;
- `name`: an object's member (`*name`: only if it is optional); `+case`: an object's variant;
- `^value`: an enum's value; `$feature`: a feature of what has been reached; `!json-type`: the JSON type of a builtin.

Arrays and alternates are passed through. (QEMU's docs/devel/qapi-code-gen.rst, "Client JSON Protocol introspection".)
"""

from __future__ import annotations

import msgspec


class _Member(msgspec.Struct, frozen=True):
    name: str = ""
    type: str = ""
    case: str = ""
    default: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    features: tuple[str, ...] = ()


class _Entry(msgspec.Struct, frozen=True, rename="kebab"):
    name: str
    meta_type: str
    arg_type: str = ""
    ret_type: str = ""
    json_type: str = ""
    element_type: str = ""
    members: tuple[_Member, ...] = ()
    variants: tuple[_Member, ...] = ()
    values: tuple[str, ...] = ()
    features: tuple[str, ...] = ()


_DECODER = msgspec.json.Decoder(tuple[_Entry, ...])


class QmpSchema:
    """The schema of one QEMU."""

    __slots__ = ("_entries",)

    def __init__(self, reply: bytes | msgspec.Raw) -> None:
        """Read a reply.

        Raises:
            msgspec.MsgspecError: it is no such reply.
        """
        self._entries = {entry.name: entry for entry in _DECODER.decode(reply)}

    def holds(self, path: str) -> bool:
        """Whether the schema has what a path asks for."""
        first, *rest = path.split("/")
        entry = self._entries.get(first)
        return entry is not None and entry.meta_type in {"command", "event"} and self._walk(entry, rest)

    def _walk(self, entry: _Entry, words: list[str]) -> bool:
        if entry.meta_type == "array":
            return self._reach(entry.element_type, words)
        if entry.meta_type == "alternate":
            return any(self._reach(member.type, words) for member in entry.members)
        if not words:
            return True
        word, *rest = words
        if word.startswith("$"):
            return word[1:] in entry.features and not rest
        match entry.meta_type:
            case "command" | "event":
                target = {"arg-type": entry.arg_type, "ret-type": entry.ret_type}.get(word, "")
                return self._reach(target, rest)
            case "object":
                return self._member(entry, word, rest)
            case "enum":
                return self._value(entry, word, rest)
            case "builtin":
                return word == f"!{entry.json_type}" and not rest
        return False

    def _reach(self, name: str, words: list[str]) -> bool:
        entry = self._entries.get(name)
        return entry is not None and self._walk(entry, words)

    def _member(self, entry: _Entry, word: str, rest: list[str]) -> bool:
        if word.startswith("+"):
            return any(variant.case == word[1:] and self._reach(variant.type, rest) for variant in entry.variants)
        optional = word.startswith("*")
        name = word[1:] if optional else word
        for member in entry.members:
            if member.name == name:
                return not (optional and member.default is msgspec.UNSET) and self._feature_or_type(member, rest)
        return False

    def _feature_or_type(self, member: _Member, rest: list[str]) -> bool:
        if rest and rest[0].startswith("$"):
            return rest[0][1:] in member.features and len(rest) == 1
        return self._reach(member.type, rest)

    def _value(self, entry: _Entry, word: str, rest: list[str]) -> bool:
        if not word.startswith("^"):
            return False
        if entry.members:
            found = next((member for member in entry.members if member.name == word[1:]), None)
            return found is not None and (not rest or (rest[0][:1] == "$" and rest[0][1:] in found.features))
        return word[1:] in entry.values and not rest
