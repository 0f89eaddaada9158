"""The alignment methods: one module each, and their table. Modules are imported when they are first used."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import cast

from mmdemo.align.towers import MethodModule, Setting
from mmdemo.errors import SpaceMismatchError


@dataclass(frozen=True, slots=True)
class Method:
    """One way into the shared space.

    Args:
        name: On the command line, in manifests, and the name of its space.
        title: For people.
        summary: What it does, in one sentence.
        reference: The source paper.
        module: Module of this package; by default the name with "_" for "-".
        settings: Hyper-parameters to choose from by cross-validation.
        trained: False where nothing is fitted to pairs.
        independent: True where each modality's map is fitted without the others, so each can have its own setting.
        inner_folds: Folds of that cross-validation; methods that train slowly hold out one fifth, once.
    """

    name: str
    title: str
    summary: str
    reference: str
    module: str = ""
    settings: tuple[Setting, ...] = ({},)
    trained: bool = True
    independent: bool = False
    inner_folds: int = 5

    def load(self) -> MethodModule:
        """The module that fits it."""
        return cast(MethodModule, importlib.import_module(f"{__name__}.{self.module or self.name.replace('-', '_')}"))


_PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
METHODS: Mapping[str, Method] = MappingProxyType(
    {
        method.name: method
        for method in (
            Method(
                "zero-shot",
                "Zero-shot text pivot",
                "puts a picture or a sound where the names of its classes lie, weighted by their probabilities, or "
                "where its encoder's own text tower says; needs no pairs",
                "Norouzi et al. 2014, arXiv:1312.5650 (ConSE); Wang et al. 2023, arXiv:2305.14381 (C-MCR)",
                trained=False,
            ),
            Method(
                "ridge",
                "Ridge regression",
                "one linear map a modality into the text space, kept small by a penalty",
                "Hoerl & Kennard 1970, Technometrics 12(1)",
                settings=tuple({"penalty": penalty} for penalty in _PENALTIES),
                independent=True,
            ),
            Method(
                "kernel",
                "Kernel ridge regression",
                "like ridge, but similar inputs count more than far ones, so the map may bend",
                "Saunders et al. 1998, ICML; Rasmussen & Williams 2006, eq. 2.25",
                settings=tuple(
                    {"penalty": penalty, "gamma": gamma} for penalty, gamma in product((0.1, 0.5), (1.0, 2.0, 3.0))
                ),
                independent=True,
            ),
            Method(
                "cca",
                "Canonical correlation",
                "finds the coordinates on which all modalities agree most",
                "Hotelling 1936; Kettenring 1971 (MAXVAR, any number of modalities)",
                settings=tuple({"penalty": penalty} for penalty in (1.0, 3.0, 10.0)),
            ),
            Method(
                "procrustes",
                "Orthogonal Procrustes",
                "turns each modality towards the texts without stretching it",
                "Schönemann 1966, Psychometrika 31(1)",
                settings=tuple({"components": components} for components in (64, 128, 256)),
                independent=True,
            ),
            Method(
                "contrastive",
                "Contrastive",
                "trains a map a modality so that an item's modalities find each other among other items",
                "Radford et al. 2021, arXiv:2103.00020; Robinson et al. 2021, arXiv:2010.04592",
                settings=({"hardness": 0.0},),
                inner_folds=1,
            ),
            Method(
                "adversarial",
                "Adversarial",
                "trains each map until a second network cannot tell what it makes from a text",
                "Goodfellow et al. 2014, arXiv:1406.2661; Miyato et al. 2018, arXiv:1802.05957",
                settings=({"pairing": 10.0},),
                independent=True,
                inner_folds=1,
            ),
            Method(
                "variational",
                "Variational",
                "finds hidden causes that all modalities share, with how sure it is; can impute a missing modality",
                "Kingma & Welling 2014, arXiv:1312.6114; Wu & Goodman 2018, arXiv:1802.05335",
                inner_folds=1,
            ),
            Method(
                "attention",
                "Attention",
                "lets a few tokens of each modality attend to each other in one Transformer block",
                "Vaswani et al. 2017, arXiv:1706.03762",
                inner_folds=1,
            ),
        )
    }
)


def find(name: str) -> Method:
    """A method by name.

    Raises:
        SpaceMismatchError: There is no such method.
    """
    if name not in METHODS:
        raise SpaceMismatchError(
            f"alignment '{name}'", expected=f"one of {', '.join(METHODS)} is needed", remedy="choose one of these"
        )
    return METHODS[name]
