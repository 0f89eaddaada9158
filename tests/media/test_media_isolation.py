import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from media_samples import everything, images, png, sounds, videos
from PIL import Image

from mmdemo.errors import MediaError
from mmdemo.media import Limits, decode, isolation
from mmdemo.media.decoding import decode_here
from mmdemo.types import Video, Waveform


@pytest.mark.parametrize("name", everything())
def test_the_guarded_process_gives_what_this_one_would(name: str) -> None:
    here, there = decode_here(everything()[name]), decode(everything()[name])
    assert (here.modality, here.sha256, here.mime) == (there.modality, there.sha256, there.mime)
    if isinstance(here.media, Waveform) and isinstance(there.media, Waveform):
        assert here.media.sample_rate_hz == there.media.sample_rate_hz
        np.testing.assert_array_equal(here.media.samples, there.media.samples)
        assert there.media.samples.flags.writeable
    elif isinstance(here.media, Video) and isinstance(there.media, Video):
        assert here.media.frames.fps == there.media.frames.fps
        np.testing.assert_array_equal(here.media.frames.pixels, there.media.frames.pixels)
        assert (here.media.sound is None) == (there.media.sound is None)
        if here.media.sound is not None and there.media.sound is not None:
            np.testing.assert_array_equal(here.media.sound.samples, there.media.sound.samples)
    elif isinstance(here.media, Image.Image) and isinstance(there.media, Image.Image):
        assert type(here.media) is type(there.media) is Image.Image
        assert (here.media.size, here.media.tobytes()) == (there.media.size, there.media.tobytes())
        assert here.media.info == {}
    else:
        assert here.media == there.media


def test_threads_get_their_own_answers() -> None:
    files = [png(Image.new("RGB", (20 + i, 30), (i, 2 * i, 3 * i))) for i in range(40)]
    with ThreadPoolExecutor(8) as threads:
        pictures = [decoded.media for decoded in threads.map(decode, files)]
    for i, picture in enumerate(pictures):
        assert isinstance(picture, Image.Image)
        assert picture.size == (20 + i, 30)
        assert picture.getpixel((0, 0)) == (i, 2 * i, 3 * i)


def test_a_decoder_that_dies_is_an_error_and_the_next_file_gets_another() -> None:
    worker = isolation._Worker()
    worker._process.kill()
    worker._process.wait()
    with pytest.raises(MediaError, match="crashed its decoder"):
        worker.decode(images()["png"], None, Limits())
    assert not worker.is_usable()

    decoders = isolation.Decoders(most=1)
    decoders.decode(images()["png"], expect=None, limits=Limits())
    decoders._idle[0]._process.kill()
    decoders._idle[0]._process.wait()
    assert decoders.decode(images()["png"], expect=None, limits=Limits()).mime == "image/png"
    decoders.close()


def test_a_decoder_that_does_not_answer_in_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_START_SECONDS", 0.0)
    worker = isolation._Worker()
    with pytest.raises(MediaError, match="still decoding after 0\\.001 s"):
        worker.decode(videos()["mp4"], None, Limits(decode_seconds=0.001))
    assert not worker.is_usable()


def test_errors_keep_their_three_parts_across_processes() -> None:
    with pytest.raises(MediaError) as caught:
        decode(sounds()["wav"], limits=Limits(max_audio_s=0.2))
    assert caught.value.given == "the sound is longer than 0.2 s"
    assert caught.value.expected.startswith("at most 0.2 s")
    assert caught.value.remedy == "cut out the part that matters"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_uses_decoders_of_its_own() -> None:
    code = """
import os, sys
from mmdemo.media import decode, isolation
data = sys.stdin.buffer.read()
decode(data)
mine = isolation.DECODERS
pid = os.fork()
if pid == 0:
    os._exit(0 if isolation.DECODERS is not mine and decode(data).mime == "image/png" else 1)
assert os.waitpid(pid, 0)[1] == 0
assert decode(data).mime == "image/png"
"""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=images()["png"],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": path},
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_importing_media_loads_no_decoder() -> None:
    heavy = ("av", "soundfile", "soxr", "torch", "scipy")
    code = f"import sys, mmdemo.media; print([m for m in {heavy} if m in sys.modules])"
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    env = {**os.environ, "PYTHONPATH": path}
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=env).stdout == b"[]\n"
