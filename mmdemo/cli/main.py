"""Arguments of `mmdemo`, and what each command runs."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mmdemo import __version__
from mmdemo.errors import CancelledError, MmdemoError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 done; 1 an error the user can mend, told on standard error; 130 interrupted.
    """
    parsed = _parser().parse_args(arguments)
    module, _, function = parsed.command.partition(".")
    try:
        return getattr(importlib.import_module(f"mmdemo.cli.{module}"), function)(parsed)
    except MmdemoError as error:
        print(f"mmdemo: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, CancelledError):
        print("mmdemo: stopped; nothing half-written was kept, and running it again resumes", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mmdemo", description="Cross-modal recommendation: words, pictures, sounds.")
    parser.add_argument("--version", action="version", version=f"mmdemo {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_recommend(commands)
    _add_import(commands)
    _add_interactions(commands)
    _add_index(commands)
    _add_align(commands)
    _add_tune(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_map(commands)
    _add_feedback(commands)
    _add_setup(commands)
    _add_run(commands)
    _add_doctor(commands)
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: str,
    summary: str,
) -> argparse.ArgumentParser:
    """A command that runs `MODULE.FUNCTION` of this package, imported only when it is asked for."""
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument(
        "--workspace",
        type=Path,
        default=Path(os.environ.get("MMDEMO_WORKSPACE", "workspace")),
        metavar="DIR",
        help="workspace folder (default: $MMDEMO_WORKSPACE, or ./workspace)",
    )
    parser.set_defaults(command=run)
    return parser


def _add_recommend(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(
        commands, "recommend", "recommend.recommend", "recommend items for any mix of text, pictures and sounds"
    )
    parser.add_argument("--text", action="append", default=[], metavar="T", help="words; may be repeated")
    for modality in ("image", "audio", "video"):
        parser.add_argument(
            f"--{modality}", action="append", default=[], type=Path, metavar="F", help="file; may repeat"
        )
    parser.add_argument(
        "--item", action="append", default=[], metavar="ID", help="more like this item; may be repeated"
    )
    parser.add_argument(
        "--weight",
        action="append",
        default=[],
        metavar="PART=W",
        help="weight from -1 (less of this) to 1; PART is text, image, audio, video, item, or numbered (image.2) the "
        "second of its kind",
    )
    parser.add_argument("--like", action="append", default=[], metavar="ID", help="an item that was liked")
    parser.add_argument("--dislike", action="append", default=[], metavar="ID", help="an item that was disliked")
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="only items with one of these tags")
    parser.add_argument(
        "--must-have",
        action="append",
        default=[],
        choices=["text", "image", "audio", "video"],
        help="only items with it",
    )
    parser.add_argument("--k", type=int, default=12, metavar="K", help="how many results (default: 12)")
    parser.add_argument(
        "--rank-by", metavar="RUN", help="a training run, or evidence (default: the run in use, or else evidence)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_import(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "import", "library.import_catalog", "read a catalogue into the workspace")
    parser.add_argument("source", metavar="SOURCE", help="things, wesnoth, openmoji, world, default, or a path")
    parser.add_argument("--add", action="store_true", help="add to the present items rather than replace them")
    parser.add_argument("--items", type=int, metavar="N", help="size of the generated world")
    parser.add_argument("--seed", type=int, metavar="S", help="seed of the generated world")
    parser.add_argument("--if-empty", action="store_true", help="do nothing where there is a catalogue already")
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")


def _add_interactions(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "who chose what: import, export, show"
    actions = commands.add_parser("interactions", help=summary, description=summary).add_subparsers(
        required=True, metavar="ACTION"
    )
    parser = _command(actions, "import", "interactions.import_file", "read interactions into the workspace")
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="CSV, TSV, Parquet, .inter, .npz, or a MovieLens folder or .zip"
    )
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
    parser = _command(actions, "export", "interactions.export_file", "write the workspace's interactions to a file")
    parser.add_argument("file", type=Path, metavar="FILE", help="to write: .csv, .tsv or .parquet")
    parser = _command(actions, "show", "interactions.show", "say what the workspace's interactions are")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_index(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "index", "library.index", "encode the catalogue and make it searchable")
    for modality in ("text", "image", "audio", "video"):
        parser.add_argument(
            f"--{modality}",
            metavar="ENCODER",
            help=f"encoder for {modality}, FAMILY[:SOURCE][@int8][@pruned30], several joined by + (default: the one "
            "in use)",
        )
    parser.add_argument("--alignment", metavar="M", help="what ties the modalities together (default: the one in use)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="for folds and samples (default: 0)")
    parser.add_argument("--if-stale", action="store_true", help="do nothing where this catalogue is indexed already")


def _add_align(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "align", "align.align", "measure how well alignments tie text, pictures and sounds")
    parser.add_argument("--method", default="all", metavar="M", help="an alignment, or all (default: all)")
    parser.add_argument("--folds", type=int, default=5, metavar="N", help="parts of the cross-validation (default: 5)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="for the parts, fits and draws (default: 0)")
    parser.add_argument(
        "--exclude",
        action="append",
        metavar="TAG",
        help="leave out items with this tag; may be repeated (default: symbols; --exclude '' leaves out none)",
    )
    parser.add_argument("--again", action="store_true", help="measure even what was measured before")
    parser.add_argument(
        "--write", action="store_true", help="train the alignment, of all the best one, into a new version"
    )
    parser.add_argument("--use", action="store_true", help="like --write, and put the new version in use")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")


def _add_tune(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "tune", "tune.tune", "train an encoder from scratch on the catalogue's tags or texts")
    parser.add_argument("family", choices=["cnn", "lstm-audio", "attention-audio"], help="what to train")
    parser.add_argument("--labels", choices=["tags", "pairs"], default="tags", help="what to learn (default: tags)")
    parser.add_argument("--epochs", type=int, metavar="N", help="at most (default: the family's own number)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="for everything random (default: 0)")
    parser.add_argument("--name", metavar="NAME", help="of the encoder (default: FAMILY-LABELS)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "train", "train.train", "train fusions of the modalities, and measure them")
    parser.add_argument("--fusion", default="all", metavar="F", help="a fusion, or all (default: all)")
    parser.add_argument(
        "--objective", default="self-supervised", metavar="O", help="what to train for (default: self-supervised)"
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the fusion or the objective; may be repeated",
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="at most")
    parser.add_argument("--batch", type=int, metavar="N", help="items in a step")
    parser.add_argument("--learning-rate", type=float, metavar="R", help="at its highest")
    parser.add_argument("--modality-dropout", type=float, metavar="P", help="chance to hide a modality in training")
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="S",
        help="for everything random, and which fifth is the test (default: 0)",
    )
    parser.add_argument(
        "--interactions", type=Path, metavar="FILE", help="CSV with the columns user and item: who chose what"
    )
    parser.add_argument("--use", action="store_true", help="let the run, of several the best, rank recommendations")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")


def _add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "evaluate", "evaluate.evaluate", "judge recommenders by what people chose")
    parser.add_argument(
        "--train", type=Path, metavar="F", help="choices to learn from (default: those of the workspace)"
    )
    parser.add_argument("--validation", type=Path, metavar="F", help="choices to judge by, and to choose settings on")
    parser.add_argument("--test", type=Path, metavar="F", help="choices kept apart, to judge by at the very end")
    parser.add_argument(
        "--features", action="append", default=[], metavar="NAME=F", help="features of the items; may be repeated"
    )
    parser.add_argument("--model", default="all", metavar="M", help="a model, several with commas, or all")
    parser.add_argument(
        "--split",
        choices=["given", "resplit", "both"],
        default="both",
        help="the parts as given, one random choice of each user, or both after each other (default: both)",
    )
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="fits of each trained model (default: 1)")
    parser.add_argument("--choose", action="store_true", help="first choose each model's settings on validation")
    parser.add_argument(
        "--shuffle-ids", type=int, metavar="S", help="deal ids and places anew, to see that they carry nothing"
    )
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="stop a fit that takes longer")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")


def _add_map(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "map", "maps.make_map", "make the map of the vectors that the Space page shows")
    parser.add_argument("--method", choices=["umap", "pca"], default="umap", help="(default: umap)")
    parser.add_argument("--dimensions", type=int, choices=[2, 3], default=2, help="(default: 2)")
    parser.add_argument("--neighbors", type=int, default=15, metavar="K", help="UMAP's n_neighbors (default: 15)")
    parser.add_argument("--min-dist", type=float, default=0.1, metavar="D", help="UMAP's min_dist (default: 0.1)")
    parser.add_argument("--metric", choices=["cosine", "euclidean"], default="cosine", help="(default: cosine)")
    parser.add_argument(
        "--space", choices=["shared", "unaligned"], default="shared", help="which vectors (default: shared)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="(default: 0)")
    parser.add_argument("--if-missing", action="store_true", help="do nothing where that map is there already")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")


def _add_feedback(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "likes, plays and votes that the app keeps: show, export or erase them"
    actions = commands.add_parser("feedback", help=summary, description=summary).add_subparsers(
        required=True, metavar="ACTION"
    )
    show = _command(actions, "show", "feedback.show", "how much there is, or what there is of a person")
    export = _command(actions, "export", "feedback.export", "write what there is of a person, or of everybody")
    export.add_argument("file", type=Path, metavar="FILE", help=".csv or .jsonl")
    erase = _command(actions, "erase", "feedback.erase", "remove what there is of a person, for good")
    for parser in (show, export, erase):
        parser.add_argument("person", nargs="?", metavar="PERSON", help="session- or user- and 32 digits")
        parser.add_argument("--name", metavar="NAME", help="the person who signs in by this name")
        parser.add_argument(
            "--database", metavar="URL", help="(default: $MMDEMO_DATABASE, or feedback.sqlite in the workspace)"
        )
    show.add_argument("--json", action="store_true", help="print one JSON object")
    erase.add_argument("--everybody", action="store_true", help="remove everything of everybody")


def _add_setup(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "setup", "library.setup", "fetch the weights of the encoders")
    parser.add_argument(
        "--encoders",
        choices=["offline", "hub"],
        default="offline",
        help="offline: those of the default encoders; hub: OpenCLIP and CLAP, about 1.2 GB (default: offline)",
    )


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "run", "run.run", "open the app")
    parser.add_argument("--port", type=int, default=8501, help="(default: 8501)")
    parser.add_argument("--address", default="localhost", help="address to listen on (default: localhost)")


def _add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "doctor", "doctor.doctor", "say what is there, what is missing, and how to get it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
