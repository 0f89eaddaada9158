"""What the System page shows, read without loading anything heavy. Pure Python."""

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from mmdemo.ui.text import _, size

_PACKAGES = (
    "mmdemo", "streamlit", "numpy", "torch", "torchvision", "timm", "transformers", "tokenizers", "lancedb", "pyarrow",
    "pillow", "av", "soundfile", "soxr", "scikit-learn", "umap-learn", "plotly", "safetensors",
)  # fmt: skip


def software() -> list[tuple[str, str, str]]:
    """Name, version and licence of what mmdemo is built on; "not installed" where one is missing."""
    return [("Python", platform.python_version(), "PSF-2.0"), *map(_package, _PACKAGES)]


def machine(workspace: Path, cache: Path) -> Mapping[str, str]:
    """Processor, memory, disk and the device the models run on."""
    folder = next(path for path in (workspace, *workspace.absolute().parents) if path.exists())
    disk = shutil.disk_usage(folder)
    return {
        _("System"): f"{platform.system()} {platform.release()}, {platform.machine()}",
        _("Processor"): _("{count} cores").format(count=os.cpu_count() or 1),
        _("Models run on"): _device(),
        _("Memory of this machine"): _total_memory(),
        _("Memory of this process"): _used_memory(),
        _("Disk"): _("{free} free of {total}").format(free=size(disk.free), total=size(disk.total)),
        _("Workspace"): f"{workspace.absolute()}",
        _("Weights"): f"{cache} ({size(_folder_bytes(cache))})",
    }


def _package(name: str) -> tuple[str, str, str]:
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return name, _("not installed"), ""
    return name, metadata["Version"], _licence(metadata)


def _licence(metadata: importlib.metadata.PackageMetadata) -> str:
    """What a package says of its licence: the SPDX expression, else the classifier, else a short free text."""
    classifiers = [line for line in metadata.get_all("Classifier") or [] if line.startswith("License ::")]
    text, expression = ("".join(metadata.get_all(field) or []) for field in ("License", "License-Expression"))
    said = expression or (classifiers[0].rsplit(" :: ", 1)[-1] if classifiers else "")
    return text if said in ("", "OSI Approved") and 0 < len(text) < 60 else said


def _device() -> str:
    torch = sys.modules.get("torch")  # asking must not be what imports it
    if torch is None or not hasattr(torch, "cuda"):
        return _("not known before the models are loaded")
    return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else _("the processor")


def _total_memory() -> str:
    try:
        return size(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError, AttributeError):
        return _("not known on this system")


def _used_memory() -> str:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return _("not known on this system")
    return size(pages * os.sysconf("SC_PAGE_SIZE"))


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
