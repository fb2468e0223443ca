"""The error that code written against libvirt-python catches, and how domcaps' own errors become it.

Where the program has loaded libvirt-python, the error is also of that module's class, so that its `except` clauses
catch it.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TypeVar

from domcaps.errors import DomcapsError, InputError, ProbeError, RequestError, UnsupportedError
from domcaps.libvirt.constants import CODES, DOMAINS, LEVELS

T = TypeVar("T", bound=type)

CODE_OF_KIND = {
    "invalid argument": "VIR_ERR_INVALID_ARG",
    "unsupported configuration": "VIR_ERR_CONFIG_UNSUPPORTED",
    "internal error": "VIR_ERR_INTERNAL_ERROR",
    "operation failed": "VIR_ERR_OPERATION_FAILED",
    "XML error": "VIR_ERR_XML_ERROR",
    "Operation not supported": "VIR_ERR_OPERATION_UNSUPPORTED",
    "Requested operation is not valid": "VIR_ERR_OPERATION_INVALID",
    "this function is not supported by the connection driver": "VIR_ERR_NO_SUPPORT",
    "no connection driver available for": "VIR_ERR_NO_CONNECT",
    "the CPU is incompatible with host CPU": "VIR_ERR_CPU_INCOMPATIBLE",
}
"""The words that libvirt begins a message with, and the code that goes with them."""

_JOINTS = {"no connection driver available for": " "}
"""What stands between those words and the rest, where it is no colon."""

Parts = tuple[int, int, str, int, str | None, str | None, str | None, int, int]
"""libvirt-python's `err`: code, domain, message, level, three texts and two numbers."""


class libvirtError(DomcapsError):  # noqa: N801 - the name is libvirt-python's
    """A refusal or a failure, with libvirt-python's ways to ask for its parts."""

    def __init__(self, defmsg: str, *objects: object, err: Parts | None = None) -> None:  # noqa: ARG002 - libvirt-python's
        """Make an error of a message; what libvirt says of it is in `err`."""
        Exception.__init__(self, defmsg if err is None else err[2])
        self.err = err

    def get_error_code(self) -> int | None:
        """One of the `VIR_ERR_*` codes."""
        return None if self.err is None else self.err[0]

    def get_error_domain(self) -> int | None:
        """One of the `VIR_FROM_*` numbers: the part of libvirt that it would have come from."""
        return None if self.err is None else self.err[1]

    def get_error_message(self) -> str | None:
        """The sentence."""
        return None if self.err is None else self.err[2]

    def get_error_level(self) -> int | None:
        """`VIR_ERR_ERROR`."""
        return None if self.err is None else self.err[3]

    def get_str1(self) -> str | None:
        """libvirt's pattern of the sentence."""
        return None if self.err is None else self.err[4]

    def get_str2(self) -> str | None:
        """What is filled in there."""
        return None if self.err is None else self.err[5]

    def get_str3(self) -> str | None:
        """Nothing."""
        return None if self.err is None else self.err[6]

    def get_int1(self) -> int | None:
        """No number: -1."""
        return None if self.err is None else self.err[7]

    def get_int2(self) -> int | None:
        """No number: -1."""
        return None if self.err is None else self.err[8]


_joint_classes: dict[tuple[type, type], type] = {}


def libvirt_python() -> ModuleType | None:
    """libvirt-python, where the program has loaded it (and not ours in its place)."""
    module = sys.modules.get("libvirt")
    return module if module is not None and hasattr(module, "libvirtError") and not _is_ours(module) else None


def _is_ours(module: ModuleType) -> bool:
    return getattr(module, "libvirtError", None) is libvirtError


def with_theirs(ours: T, name: str, extra: dict[str, object] | None = None) -> T:
    """Our class or, where libvirt-python is loaded, one that is also its class of that name."""
    theirs = getattr(libvirt_python(), name, None)
    if not isinstance(theirs, type):
        return ours
    if (ours, theirs) not in _joint_classes:
        _joint_classes[ours, theirs] = type(ours.__name__, (ours, theirs), dict(extra or {}))
    return _joint_classes[ours, theirs]  # type: ignore[return-value] # a subclass of ours


def refusal(code: str, domain: str, message: str) -> libvirtError:
    """An error of libvirt's with that code (`VIR_ERR_…`), domain (`VIR_FROM_…`) and whole sentence."""
    kind, _, rest = message.partition(": ")
    pattern, filled = (f"{kind}: %s", rest) if kind in CODE_OF_KIND else ("%s", message)
    err = (CODES[code], DOMAINS[domain], message, LEVELS["VIR_ERR_ERROR"], pattern, filled, None, -1, -1)
    return with_theirs(libvirtError, "libvirtError")(message, err=err)


def from_domcaps(error: DomcapsError, domain: str) -> libvirtError:
    """One of domcaps' own errors as libvirt-python's.

    Args:
        error: what happened.
        domain: `VIR_FROM_…`, the part of libvirt that would have told it.
    """
    if isinstance(error, libvirtError):
        return error
    text = str(error)
    if isinstance(error, RequestError):
        code = CODE_OF_KIND.get(error.kind, "VIR_ERR_INTERNAL_ERROR")
        begun = not error.kind or text.startswith(error.kind)
        return refusal(code, domain, text if begun else f"{error.kind}{_JOINTS.get(error.kind, ': ')}{text}")
    if isinstance(error, ProbeError):
        of_system = text.endswith(("No such file or directory", "Permission denied"))
        return refusal("VIR_ERR_SYSTEM_ERROR" if of_system else "VIR_ERR_INTERNAL_ERROR", domain, text)
    if isinstance(error, UnsupportedError):
        return refusal("VIR_ERR_NO_SUPPORT", domain, text)
    return refusal("VIR_ERR_INVALID_ARG" if isinstance(error, InputError) else "VIR_ERR_INTERNAL_ERROR", domain, text)
