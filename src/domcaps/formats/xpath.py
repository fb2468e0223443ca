"""`--xpath` and `--wrap` as virsh 9.0 has them, over a document's XML.

Rules kept here (tried with virsh 9.0.0):

- each node that matches is printed on its own, with a line break after it: an element indented anew and with double
  quotes, an attribute as ` name="value"` with a blank before it, a text as it is in XML;
- `--wrap` puts all nodes into one `<nodes>`, where an attribute becomes an attribute and the last of a name wins;
- no match is no error: nothing is printed, or `<nodes/>`;
- an expression that gives a number, a string or a boolean is refused, as virsh refuses it; one that is no XPath is
  refused too, where virsh prints nothing.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from domcaps.errors import InputError

if TYPE_CHECKING:
    from lxml import etree

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def select(xml: str, expression: str, *, wrap: bool = False) -> str:
    """The nodes of an XML document that an XPath 1.0 expression selects, as virsh prints them.

    Args:
        xml: a well-formed document, such as the writer's.
        expression: the XPath.
        wrap: put the nodes into `<nodes>`.

    Raises:
        InputError: the expression is no XPath, or selects no nodes but computes a value; or the document uses a
            namespace's prefix that it does not declare.
    """
    from lxml import etree  # noqa: PLC0415 - start-up: only --xpath needs it

    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as fault:  # what reads without namespaces may not read with them
        raise InputError(f"the document cannot be searched: {fault.msg}") from None
    namespaces = {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
    try:
        found = root.getroottree().xpath(expression, namespaces=namespaces)
    except (etree.XPathError, ValueError) as fault:
        raise InputError(f"'{expression}' is no XPath expression: {fault}") from None
    if not isinstance(found, list):
        raise InputError(f"Incorrect xpath '{expression}': it gives a value, not nodes")
    document = bool(root.getroottree().xpath(f"boolean(({expression})[not(..)])", namespaces=namespaces))
    nodes = [etree.tostring(root, pretty_print=True, encoding=str)] if document else []
    if wrap:
        return _wrap([_DECLARATION + node for node in nodes], found)
    return "".join([*(f"{_DECLARATION}{node}\n" for node in nodes), *(f"{_spell(node)}\n" for node in found)])


def _spell(node: Any) -> str:  # noqa: ANN401 - what lxml's XPath gives: elements and marked strings
    from lxml import etree  # noqa: PLC0415 - as above

    if isinstance(node, etree._Element):  # noqa: SLF001 - lxml has no other name for the type
        return etree.tostring(node, pretty_print=True, encoding=str, with_tail=False).removesuffix("\n")
    holder = _holder(node)
    if getattr(node, "is_attribute", False):
        return etree.tostring(holder, encoding=str)[len("<a") : -len("/>")]
    return etree.tostring(holder, encoding=str)[len("<a>") : -len("</a>")]


def _holder(node: Any) -> etree._Element:  # noqa: ANN401 - as above
    """An element with nothing but the attribute or the text, so that lxml escapes it."""
    from lxml import etree  # noqa: PLC0415 - as above

    holder = etree.Element("a")
    if getattr(node, "is_attribute", False):
        holder.set(node.attrname, str(node))
    else:
        holder.text = str(node) or None
    return holder


def _wrap(documents: list[str], found: list[Any]) -> str:
    from lxml import etree  # noqa: PLC0415 - as above

    nodes = etree.Element("nodes")
    for node in found:
        if isinstance(node, etree._Element):  # noqa: SLF001 - lxml has no other name for the type
            twin = deepcopy(node)
            twin.tail = None
            nodes.append(twin)
        elif getattr(node, "is_attribute", False):
            if node.attrname in nodes.attrib:
                del nodes.attrib[node.attrname]
            nodes.set(node.attrname, str(node))
        elif len(nodes):
            nodes[-1].tail = (nodes[-1].tail or "") + str(node)
        else:
            nodes.text = (nodes.text or "") + str(node)
    text = etree.tostring(nodes, pretty_print=True, encoding=str)
    if not documents:
        return text
    opened = text if found else text.replace("<nodes/>", "<nodes>\n</nodes>")
    return opened.replace("<nodes>\n", f"<nodes>\n{''.join(documents)}\n", 1)
