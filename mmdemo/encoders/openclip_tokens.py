"""Texts to the word pieces that an OpenCLIP text tower takes, in windows of its context length."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.openclip_files import OpenClipFiles
from mmdemo.errors import EncoderError
from mmdemo.types import FloatArray


class Tokens(ABC):
    """A tokenizer without truncation.

    Args:
        before: Marks before the pieces of every window.
        after: Marks after them.
        context: Positions of the tower.
        padding: What fills the rest.
    """

    def __init__(self, *, before: Sequence[int], after: Sequence[int], context: int, padding: int) -> None:
        self.before, self.after = tuple(before), tuple(after)
        self.context, self.padding = context, padding
        self.room = context - len(before) - len(after)
        if self.room < 1:
            raise EncoderError(
                f"the text tower takes {context} word pieces",
                expected=f"more than its {context - self.room} marks must fit",
                remedy="name another model",
            )

    @abstractmethod
    def pieces(self, text: str) -> list[int]:
        """Word pieces of a text, however long, without marks."""

    @abstractmethod
    def words(self, text: str, pieces: Sequence[int]) -> list[str]:
        """The characters that each piece of the text stands for; empty for a part of a character."""

    def window(self, pieces: Sequence[int]) -> npt.NDArray[np.int64]:
        """Pieces between their marks, not filled up."""
        return np.array([*self.before, *pieces, *self.after], np.int64)


class ClipTokens(Tokens):
    """open_clip's own byte-pair tokenizer."""

    def __init__(self, *, context: int, clean: str) -> None:
        from open_clip import SimpleTokenizer

        self._tokenizer = SimpleTokenizer(context_length=context, clean=clean)
        start, end = self._tokenizer.sot_token_id, self._tokenizer.eot_token_id
        super().__init__(before=(start,), after=(end,), context=context, padding=0)

    def pieces(self, text: str) -> list[int]:
        """Word pieces of a text; see `Tokens.pieces`."""
        return self._tokenizer.encode(text)

    def words(self, text: str, pieces: Sequence[int]) -> list[str]:  # noqa: ARG002 - the pieces say it all
        """The characters of each piece; those of a character cut into several go to its last."""
        words, waiting = [], b""
        for piece in pieces:
            stored = self._tokenizer.decoder[piece].removesuffix("</w>")
            waiting += bytes(self._tokenizer.byte_decoder[letter] for letter in stored)
            try:
                words.append(waiting.decode("utf-8"))
                waiting = b""
            except UnicodeDecodeError:
                words.append("")
        return words


class HubTokens(Tokens):
    """A tokenizer of the transformers library, from the files beside the weights."""

    def __init__(self, files: OpenClipFiles, *, context: int, options: dict[str, Any]) -> None:
        from open_clip.tokenizer import get_clean_fn
        from transformers import AutoTokenizer

        strip = bool(options.pop("strip_sep_token", False))
        self._clean = get_clean_fn(options.pop("clean", "whitespace"))
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(
                files.weights.parent, local_files_only=True, trust_remote_code=False, **options
            )
        except (OSError, ValueError, TypeError, ImportError, KeyError, AttributeError) as error:
            raise EncoderError(
                f"the tokenizer of {files.source} cannot be read ({' '.join(str(error).split())[:200]})",
                expected=f"tokenizer.json and tokenizer_config.json are needed in {files.weights.parent}",
                remedy="put them there, or name a model that comes with them",
            ) from error
        self._lock = threading.Lock()  # one of these cannot serve two threads at once
        alone, marked = self._encode("a", False), self._encode("a", True)
        start = next((n for n in range(len(marked)) if marked[n : n + len(alone)] == alone), 0)
        before, after = marked[:start], marked[start + len(alone) :]
        if strip:
            separator = self._tokenizer.sep_token_id
            before, after = ([0 if mark == separator else mark for mark in marks] for marks in (before, after))
        super().__init__(before=before, after=after, context=context, padding=self._tokenizer.pad_token_id or 0)

    def _encode(self, text: str, marks: bool) -> list[int]:
        with self._lock:
            return self._tokenizer(text, add_special_tokens=marks, truncation=False, padding=False).input_ids

    def pieces(self, text: str) -> list[int]:
        """Word pieces of a text; see `Tokens.pieces`."""
        return self._encode(self._clean(text), False)

    def words(self, text: str, pieces: Sequence[int]) -> list[str]:
        """The characters of each piece, as the tokenizer says or, where it cannot, as the piece itself reads."""
        cleaned = self._clean(text)
        with self._lock:
            if self._tokenizer.is_fast:
                found = self._tokenizer(cleaned, add_special_tokens=False, return_offsets_mapping=True)
                return [cleaned[start:end].strip() for start, end in found["offset_mapping"]]
            return [self._tokenizer.decode([piece]).strip() for piece in pieces]


def tokens_of(files: OpenClipFiles) -> Tokens:
    """The tokenizer that goes with a text tower.

    Raises:
        EncoderError: Its files are missing, or it works in a way that is not supported.
    """
    text = files.model["text_cfg"]
    context = int(text.get("context_length", 77))
    options = dict(text.get("tokenizer_kwargs") or {})
    if text.get("tokenizer_mode"):
        raise EncoderError(
            f"{files.source} asks for the tokenizer mode '{text['tokenizer_mode']}'",
            expected="a tokenizer without such a mode is needed",
            remedy="name another model",
        )
    if text.get("hf_tokenizer_name"):
        return HubTokens(files, context=context, options=options)
    # `reduction_mask`, an option of training, leaves pieces out at random; windows keep them all.
    return ClipTokens(context=context, clean=options.get("clean", "lower"))


def find_places(text: str, words: Sequence[str]) -> FloatArray:
    """First and past-the-end character (T, 2) of each piece in a text, NaN where cleaning made it another text.

    Args:
        text: As the user wrote it.
        words: (T) characters of each piece in order, perhaps in lower case and without punctuation.
    """
    lowered = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    places = np.full((len(words), 2), np.nan, np.float32)
    reached = 0
    for number, word in enumerate(words):
        found = lowered.find(word.lower(), reached) if word else -1
        if found >= 0 and found - reached <= _FARTHEST:
            places[number] = found, found + len(word)
            reached = found + len(word)
    return places


_FARTHEST = 16  # characters that cleaning may have dropped between two pieces; beyond, it is another place's word
