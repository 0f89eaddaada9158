"""The words for encoders: what a family is, where its files are, what it takes to use it."""

from __future__ import annotations

from mmdemo.encoders import EncoderSpec
from mmdemo.engine.encoder_files import Files, size_of
from mmdemo.types import Modality
from mmdemo.ui.modality import look, word
from mmdemo.ui.text import _, markdown_literal, size


def named(modality: Modality) -> str:
    """A modality with its icon and colour: a picture's square, "picture"."""
    shown = look(modality)
    return f":{shown.name}[{shown.material} {word(modality).capitalize()}]"


def line(name: str, words: str) -> str:
    """A choice and what it is; unlike the captions of Streamlit's radio buttons, which fade below 4.5:1."""
    return f"**{name}** :gray[:small[{words}]]"


def about(spec: EncoderSpec, files: Files) -> str:
    """One family in two sentences: what it is, and its licence, size and files."""
    return f"{markdown_literal(spec.summary)} {facts(spec, files)}"


def facts(spec: EncoderSpec, files: Files) -> str:
    """Licence, size and where the files are."""
    byte_count = size_of(spec.name, spec.modality)
    said = [markdown_literal(spec.licence), *([size(byte_count)] if byte_count else []), where(files)]
    return " · ".join(said)


def where(files: Files) -> str:
    """Where the files of an encoder are."""
    return {
        Files.HERE: _("on this machine"),
        Files.REGISTRY: _("from the package registry when first used"),
        Files.HUB: _("fetched when first used, or from a folder of yours"),
        Files.UNNAMED: _("you say which model"),
        Files.GONE: _("its files are gone"),
    }[files]


def option(name: str) -> str:
    """What an option does."""
    if name == "int8":
        return _("8-bit weights (int8)")
    return _("{share}% of the inner width removed").format(share=name.removeprefix("pruned"))


def example(spec: EncoderSpec) -> str:
    """What a source may look like."""
    if spec.default_source:
        return _("{default} (taken where nothing is written)").format(default=spec.default_source)
    return _("/models/mine, or owner/name of a hub") if spec.origin == "hub" else _("/models/mine")


def changes(before: dict[Modality, str], after: dict[Modality, str]) -> list[str]:
    """What differs, a line a modality."""
    return [
        f"{named(modality)}: `{before.get(modality, '–')}` → `{after.get(modality, '–')}`"
        for modality in Modality
        if before.get(modality) != after.get(modality)
    ]
