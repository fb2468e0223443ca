"""The forms in which a document is shown, by the name that `--format` has for them."""

from __future__ import annotations

from domcaps.release import Release
from domcaps.schema.document import DomainCapabilities

FORMS = ("xml", "json", "yaml", "text")
_PIPE_WIDTH = 100


def write(document: DomainCapabilities, form: str, libvirt: Release | None = None, *, terminal: bool = False) -> str:
    """A document in a form, with a line break at its end.

    Args:
        document: what to write.
        form: one of `FORMS`.
        libvirt: as in `to_xml`: leave out what that release does not print.
        terminal: whether a person's terminal shows it: JSON is indented, the text form takes the terminal's width and
            colours (unless `NO_COLOR` is set, or the terminal is a dumb one).

    Raises:
        ValueError: there is no such form.
    """
    if form == "xml":
        from domcaps.formats.xml_writer import to_xml  # noqa: PLC0415 - start-up: only the chosen form is loaded

        return to_xml(document, libvirt)
    if libvirt is not None:
        from domcaps.schema.filter import as_of  # noqa: PLC0415 - as above

        document = as_of(document, libvirt)
    if form == "json":
        from domcaps.formats.json_format import to_json  # noqa: PLC0415 - as above

        return to_json(document, pretty=terminal) + "\n"
    if form == "yaml":
        from domcaps.formats.yaml_format import to_yaml  # noqa: PLC0415 - as above

        return to_yaml(document)
    if form != "text":
        raise ValueError(form)
    from domcaps.formats.text import to_text  # noqa: PLC0415 - as above

    if not terminal:
        return to_text(document, width=_PIPE_WIDTH)
    import os  # noqa: PLC0415 - as above
    import shutil  # noqa: PLC0415 - as above

    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return to_text(document, width=shutil.get_terminal_size().columns, colour=colour)
