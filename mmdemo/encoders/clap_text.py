"""Text: CLAP's text tower, in one space with its sounds.

Wu et al. 2023, "Large-scale contrastive language-audio pretraining with feature fusion and keyword-to-caption
augmentation", section 3. Deviation: a text longer than the tower takes is encoded in windows and averaged, never cut.
"""

from mmdemo.encoders.base import LoadSettings
from mmdemo.encoders.clap_files import locate_clap, read_tower
from mmdemo.encoders.hf_backbone import positions
from mmdemo.encoders.hf_files import MARK_FILES
from mmdemo.encoders.hf_token_encoder import HfTokenEncoder
from mmdemo.encoders.hf_tokens import HfTokens


class ClapText(HfTokenEncoder):
    """Vectors of texts in CLAP's joint space.

    Args:
        settings: The source is a folder or a repository of the hub.

    Raises:
        WeightError: Its files are neither here nor within reach.
        EncoderError: It holds no CLAP model, or a damaged one.
    """

    name = "clap-text"

    def __init__(self, settings: LoadSettings) -> None:
        files = locate_clap(
            settings.source,
            files=["tokenizer.json"],
            optional=MARK_FILES,
            family=self.name,
            meanwhile="minilm",
            progress=settings.progress,
        )
        model = read_tower(files.folder, "text")

        from mmdemo.encoders.clap_network import ClapTextTower

        self.dim = model.config.projection_dim
        tokens = HfTokens(files.folder, limit=positions(model))
        super().__init__(ClapTextTower(model), tokens, device=settings.device)
        self.key = f"{self.name}/1/{files.sha256[:16]}"
