"""Reading the Wesnoth Markup Language, as far as describing a unit needs it.

    [tag] ... [/tag]            nested blocks
    key=value  key=_"text"      values, quoted where they span lines; `_` marks text for translation, `""` is a quote
    # comment                   to the end of the line
    #define NAME ... #enddef    macros, used as {NAME}

Macros are not expanded in place: what a unit needs from them are lists of sound files, which `definitions` gives by
name. A block that is never closed, or closed twice, does no harm.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""
      (?P<comment> \# [^\n]* )
    | \[ (?P<tag> [+/]? \w+ ) \]
    | (?P<key> \w+ ) [ \t]* = (?P<value> (?: "(?:[^"]|"")*" | [^"\n\#] )* )
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_DEFINE = re.compile(r"#define\s+(\S+)[^\n]*\n(.*?)#enddef", re.DOTALL)


@dataclass(slots=True)
class Block:
    """A block: its own keys, and the blocks in it.

    Args:
        tag: Its name.
        keys: Its values; the last one of a key counts.
        blocks: Its blocks, in order.
    """

    tag: str
    keys: dict[str, str] = field(default_factory=dict)
    blocks: list["Block"] = field(default_factory=list)

    def find(self, tag: str) -> Iterator["Block"]:
        """Its own blocks of that name."""
        return (block for block in self.blocks if block.tag == tag)


def read_wml(text: str) -> Block:
    """Parse a file into a block without a name that holds all of its blocks.

    Args:
        text: The file.

    Example:
        >>> next(read_wml('[unit_type] name= _ "Elvish Archer" [/unit_type]').find("unit_type")).keys
        {'name': 'Elvish Archer'}
    """
    open_blocks = [Block("")]
    for token in _TOKEN.finditer(text):
        tag, key = token["tag"], token["key"]
        if key:
            open_blocks[-1].keys[key] = _plain(token["value"])
        elif tag and tag.startswith("/"):
            if len(open_blocks) > 1 and open_blocks[-1].tag == tag[1:]:
                open_blocks.pop()
        elif tag:
            block = Block(tag.lstrip("+"))
            open_blocks[-1].blocks.append(block)
            open_blocks.append(block)
    return open_blocks[0]


def definitions(text: str) -> dict[str, str]:
    """Bodies of the macros that a file defines, by name, without comments."""
    return {name: re.sub(r"#[^\n]*", "", body).strip() for name, body in _DEFINE.findall(text)}


def _plain(value: str) -> str:
    """A value as the game shows it: quoted parts joined, or else the bare word."""
    parts = _QUOTED.findall(value)
    text = "".join(part.replace('""', '"') for part in parts) if parts else value
    # What stands before ^ tells translators apart equal words ("female^Elvish Archer").
    return text.rsplit("^", maxsplit=1)[-1].strip() if text.count("^") == 1 else text.strip()
