"""Which files a Hugging Face text encoder is read from, and which are refused."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hub_server import running_hub
from tiny_transformers import declare, tiny_bert, tiny_hf_text, word_pieces

from mmdemo.encoders import find, load
from mmdemo.encoders.hf_tokens import HfTokens
from mmdemo.errors import EncoderError, WeightError

TEXTS = ["a red fox in the snow", "rain", "the sound of a dog"]
LONG = "the tide comes and " * 30


def load_from(folder):
    return load(f"hf-text:{folder}", device="cpu")


@pytest.fixture
def bert(tmp_path):
    tiny_bert(tmp_path)
    return tmp_path


class TestFiles:
    def test_it_needs_a_source(self):
        with pytest.raises(EncoderError, match="hf-text:SOURCE"):
            find("hf-text")

    def test_weights_in_pieces_give_the_same_vectors(self, bert, tmp_path_factory):
        from transformers import BertModel

        pieces = tmp_path_factory.mktemp("pieces")
        tiny_bert(pieces)
        (pieces / "model.safetensors").unlink()
        BertModel.from_pretrained(bert).save_pretrained(pieces, max_shard_size="10KB")
        assert len(list(pieces.glob("*.safetensors"))) > 1
        np.testing.assert_array_equal(load_from(pieces).encode(TEXTS), load_from(bert).encode(TEXTS))

    def test_pytorch_weights_are_read_as_numbers_only(self, bert, tmp_path_factory):
        from safetensors.torch import load_file

        plain = tmp_path_factory.mktemp("plain")
        shutil.copytree(bert, plain, dirs_exist_ok=True)
        (plain / "model.safetensors").unlink()
        torch.save(load_file(bert / "model.safetensors"), plain / "pytorch_model.bin")
        np.testing.assert_array_equal(load_from(plain).encode(TEXTS), load_from(bert).encode(TEXTS))
        torch.save({"embeddings.word_embeddings.weight": print}, plain / "pytorch_model.bin")
        with pytest.raises(EncoderError, match="cannot be read"):
            load(f"hf-text:{plain}/.", device="cpu")

    def test_the_key_follows_weights_pooling_and_tokenizer(self, bert, tmp_path_factory):
        keys = {load_from(bert).key}
        changed = tmp_path_factory.mktemp("changed")
        for name in ("pooling", "tokenizer"):
            shutil.copytree(bert, changed / name)
        declare(changed / "pooling", ["Pooling"], pooling_mode_cls_token=True)
        word_pieces(changed / "tokenizer", longest=10)
        keys |= {load_from(changed / name).key for name in ("pooling", "tokenizer")}
        assert len(keys) == 3


class TestHub:
    def test_a_repository_gives_the_vectors_of_the_same_folder_and_nothing_else_is_fetched(self, tmp_path, monkeypatch):
        folder = tmp_path / "folder"
        folder.mkdir()
        tiny_hf_text(folder)
        (folder / "mine.py").write_text("raise SystemExit")
        content = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
        with running_hub(monkeypatch) as hub:
            hub.files["someone/sentences"] = {"a" * 40: content}
            fetched = load("hf-text:someone/sentences", device="cpu")
        here = load_from(folder)
        np.testing.assert_array_equal(fetched.encode(TEXTS), here.encode(TEXTS))
        assert fetched.key == here.key
        names = {path.name for path in (tmp_path / "cache" / "hub").rglob("*") if path.is_file()}
        assert names - {".pins.json"} == {path.rpartition("/")[2] for path in content} - {"mine.py"}


class TestRefusals:
    def test_offline_and_not_here_is_told_before_anything_heavy_is_loaded(self):
        code = (
            "import sys\n"
            "from mmdemo.encoders import load\n"
            "from mmdemo.errors import WeightError\n"
            "try:\n"
            "    load('hf-text:nobody/nothing')\n"
            "except WeightError as error:\n"
            "    print(error, 'torch' in sys.modules, 'transformers' in sys.modules)\n"
        )
        nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "MMDEMO_CACHE": "nowhere"}
        answer = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | nowhere, capture_output=True, text=True, check=True
        )
        assert "nobody/nothing is not on this machine" in answer.stdout
        assert answer.stdout.endswith("False False\n")

    @pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
    def test_a_missing_file_is_named(self, bert, name):
        (bert / name).unlink()
        with pytest.raises(WeightError, match=name.replace(".", r"\.")):
            load_from(bert)

    def test_a_missing_tokenizer_is_named(self, bert):
        (bert / "tokenizer.json").unlink()
        with pytest.raises(EncoderError, match=r"no tokenizer.*tokenizer\.json"):
            load_from(bert)

    def test_cut_off_weights_are_refused(self, bert):
        whole = (bert / "model.safetensors").read_bytes()
        (bert / "model.safetensors").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(EncoderError, match="cannot be read as a text encoder"):
            load_from(bert)

    def test_weights_of_another_network_are_refused_instead_of_drawn_at_random(self, bert):
        from safetensors.torch import save_file

        save_file({"something.else": torch.ones(2)}, bert / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(EncoderError, match=r"lack .* tensors of a text encoder"):
            load_from(bert)

    def test_a_network_that_takes_pictures_is_refused(self, bert):
        from transformers import ViTConfig

        ViTConfig(hidden_size=16).save_pretrained(bert)
        with pytest.raises(EncoderError, match="'vit', which takes pixel_values"):
            load_from(bert)

    def test_a_network_of_several_modalities_is_refused(self, bert):
        from transformers import CLIPConfig

        CLIPConfig().save_pretrained(bert)
        with pytest.raises(EncoderError, match="'clip', which takes several modalities"):
            load_from(bert)

    def test_code_that_comes_with_a_model_is_not_run(self, bert):
        config = json.loads((bert / "config.json").read_text())
        config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Mine", "AutoModel": "mine.Mine"}}
        (bert / "config.json").write_text(json.dumps(config))
        (bert / "mine.py").write_text("raise SystemExit('it was run')")
        with pytest.raises(EncoderError, match="cannot be read"):
            load_from(bert)

    @pytest.mark.parametrize(
        ("modules", "pooling", "said"),
        [
            (["Pooling"], {}, "pooling .* is none"),
            (["Pooling"], {"pooling_mode": "median"}, "pooling .* is median"),
            (["Pooling", "LSTM"], {"pooling_mode": "mean"}, "LSTM in '2_LSTM' as module 3"),
        ],
    )
    def test_modules_that_cannot_be_run_are_refused(self, bert, modules, pooling, said):
        declare(bert, modules, **pooling)
        with pytest.raises(EncoderError, match=said):
            load_from(bert)

    def test_a_module_outside_the_folder_is_refused(self, bert):
        declare(bert, ["Pooling"], pooling_mode="mean")
        entries = json.loads((bert / "modules.json").read_text())
        entries[1]["path"] = "../elsewhere"
        (bert / "modules.json").write_text(json.dumps(entries))
        with pytest.raises(EncoderError, match="elsewhere"):
            load_from(bert)

    def test_a_damaged_declaration_is_refused(self, bert):
        (bert / "modules.json").write_text("[{")
        with pytest.raises(EncoderError, match=r"modules\.json cannot be read"):
            load_from(bert)


class TestTokens:
    def test_a_tokenizer_that_keeps_no_places_and_adds_no_marks_still_cuts(self, tmp_path):
        vocabulary = {"<unk>": 0, "f@@": 1, "o@@": 2, "x": 3, "a": 4}
        (tmp_path / "vocab.json").write_text(json.dumps(vocabulary))
        (tmp_path / "merges.txt").write_text("#version: 0.2\n")
        (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CTRLTokenizer"}))
        tokens = HfTokens(tmp_path, limit=3)
        windows = tokens.windows("a fox")
        assert [window.ids.tolist() for window in windows] == [[4, 1], [2, 3]]
        assert all(np.isnan(window.places).all() for window in windows)
        assert tokens.label(1) == "f@@"
        (nothing,) = tokens.windows("")
        assert nothing.ids.tolist() == [0]

    def test_threads_may_cut_texts_together(self, bert):
        encoder = load_from(bert)
        expected = [window.tolist() for window in encoder.prepare(LONG).windows]
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: [w.tolist() for w in encoder.prepare(LONG).windows], range(64)))
        assert found == [expected] * 64

    def test_no_room_beside_the_marks_is_refused(self, bert):
        with pytest.raises(EncoderError, match="takes 2 tokens"):
            HfTokens(bert, limit=2)
