"""Tiny random checkpoints in the transformers library's own format: a sentence encoder, CLAP."""

import json
from pathlib import Path
from typing import Any

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_WORDS = ["a", "red", "fox", "in", "the", "snow", "tide", "comes", "and", "sound", "of", "dog", "rain", "on", "roof"]


def word_pieces(folder: Path, *, longest: int = 512) -> None:
    """A WordPiece tokenizer as BERT's: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3."""
    from transformers import BertTokenizerFast

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_ALPHABET, *(f"##{letter}" for letter in _ALPHABET)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys([*pieces, *_WORDS]))}
    BertTokenizerFast(vocab=vocabulary, model_max_length=longest).save_pretrained(folder)


def byte_pairs(folder: Path, *, longest: int = 512) -> int:
    """A byte-level BPE tokenizer as RoBERTa's: <s> 0, <pad> 1, </s> 2; returns the size of its vocabulary."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import RobertaTokenizerFast

    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    trained.train_from_iterator([" ".join(_WORDS)] * 3, trainer)
    model = json.loads(trained.to_str())["model"]
    merges = [tuple(pair) for pair in model["merges"]]
    RobertaTokenizerFast(vocab=model["vocab"], merges=merges, model_max_length=longest).save_pretrained(folder)
    return len(model["vocab"])


def excited(network: Any, *, seed: int) -> Any:
    """Weights large enough that inputs, positions and layers tell in the outputs."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(parameter + 0.1 * noise if parameter.ndim < 2 else 0.25 * noise)
    return network.eval()


def tiny_bert(folder: Path, *, positions: int = 32) -> None:
    """BERT with its tokenizer and without the files of sentence-transformers."""
    from transformers import BertConfig, BertModel

    word_pieces(folder)
    config = BertConfig(
        vocab_size=len(json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=positions,
    )
    excited(BertModel(config), seed=0).save_pretrained(folder)


def tiny_hf_text(folder: Path) -> None:
    """A sentence encoder: BERT, mean and CLS side by side, a dense layer, scaling."""
    import torch
    from safetensors.torch import save_file

    tiny_bert(folder)
    declare(folder, ["Pooling", "Dense", "Normalize"], pooling_mode_cls_token=True, pooling_mode_mean_tokens=True)
    (folder / "2_Dense").mkdir()
    activation = "torch.nn.modules.activation.Tanh"
    dense = {"in_features": 32, "out_features": 8, "bias": True, "activation_function": activation}
    (folder / "2_Dense" / "config.json").write_text(json.dumps(dense))
    generator = torch.Generator().manual_seed(1)
    weight, bias = torch.randn(8, 32, generator=generator), torch.randn(8, generator=generator)
    tensors = {"linear.weight": 0.3 * weight, "linear.bias": 0.1 * bias}
    save_file(tensors, folder / "2_Dense" / "model.safetensors")


def declare(folder: Path, modules: list[str], *, longest: int = 24, **pooling: Any) -> None:
    """Write sentence-transformers' files: which modules follow, and how the pooling is done."""
    names = [("", "Transformer"), *((f"{number}_{kind}", kind) for number, kind in enumerate(modules, start=1))]
    entries = [
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for number, (path, kind) in enumerate(names)
    ]
    (folder / "modules.json").write_text(json.dumps(entries))
    limits = {"max_seq_length": longest, "do_lower_case": False}
    (folder / "sentence_bert_config.json").write_text(json.dumps(limits))
    if "Pooling" in modules:
        (folder / "1_Pooling").mkdir(exist_ok=True)
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 16, **pooling}))


def tiny_clap(folder: Path, *, fusion: bool = False) -> None:
    """CLAP with both towers: RoBERTa, and HTSAT over 64 x 64 pictures of 16 mel bands; 10 s at 48 kHz."""
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    text = {
        "vocab_size": byte_pairs(folder),
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 34,
    }
    audio = {
        "window_size": 8,
        "num_mel_bins": 16,
        "spec_size": 64,
        "hidden_size": 16,
        "patch_embeds_hidden_size": 8,
        "depths": [2, 2],
        "num_attention_heads": [2, 4],
        "num_hidden_layers": 2,
        "enable_fusion": fusion,
        "fusion_type": None,
        "aff_block_r": 2,
    }
    config = ClapConfig(text_config=text, audio_config=audio, projection_dim=12)
    excited(ClapModel(config), seed=3).save_pretrained(folder)
    ClapFeatureExtractor(
        feature_size=16,
        hop_length=1920,
        fft_window_size=4096,
        frequency_min=50,
        truncation="fusion" if fusion else "rand_trunc",
    ).save_pretrained(folder)
