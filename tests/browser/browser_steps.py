"""What a person does on the pages, for all browser tests."""

import io

import numpy as np
import soundfile
from PIL import Image

CARD = '[role="img"][aria-label^="What each part added"]'


def picture(seed: int) -> bytes:
    """A PNG of coloured blocks; every seed another one."""
    blocks = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(blocks.repeat(40, axis=0).repeat(40, axis=1)).save(buffer, format="PNG")
    return buffer.getvalue()


def sound(seed: int) -> bytes:
    """A WAV of one second; every seed another tone."""
    tone = 0.5 * np.sin(2 * np.pi * (200 + 37 * seed) * np.arange(22050) / 22050)
    buffer = io.BytesIO()
    soundfile.write(buffer, tone, 22050, format="WAV")
    return buffer.getvalue()


def upload(page, **files: bytes) -> None:
    """Attach files to the composer and send them."""
    page.locator('[data-testid="stChatInputFileUploadButton"] input, input[type="file"]').first.set_input_files(
        [{"name": name.replace("_", "."), "mimeType": "", "buffer": data} for name, data in files.items()]
    )
    page.locator('[data-testid="stChatInputSubmitButton"]:not([disabled])').click()


def say(page, words: str) -> None:
    """Type words into the composer and send them."""
    box = page.locator('[data-testid="stChatInputTextArea"]')
    box.fill(words)
    box.press("Enter")


def wait_for_cards(page, *labels: str, count: int = 12) -> list[str]:
    """What the cards say each part added, once all `count` of them mention all of `labels`."""
    wanted = "".join(f'[aria-label*="{label}"]' for label in labels)
    page.wait_for_function(
        "([cards, count]) => document.querySelectorAll(cards).length === count", arg=[CARD + wanted, count]
    )
    return [card.get_attribute("aria-label") or "" for card in page.locator(CARD).all()]
