"""Selected points as a table, and the table as CSV or Parquet. No streamlit here."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mmdemo.projection import MAP_MODALITIES, NO_CLUSTER, Map
from mmdemo.types import Item

if TYPE_CHECKING:
    import pyarrow as pa

_AXES = ("x", "y", "z")
_PARTED_BY = "; "


def table(items: Sequence[Item], on: Map, points: npt.NDArray[np.integer]) -> pa.Table:
    """One row a point: its item, where it lies, its measures, then the columns of the catalogue.

    Args:
        items: The items of the map's version, by row.
        on: The map.
        points: (S,) points of the map, in the order of the rows.

    Returns:
        S rows with the columns item_id, title, modality, tags, cluster, x, y (z), trust and every measure; missing
        values are null. A column of the catalogue that has one of these names gets "catalogue:" in front.
    """
    import pyarrow as pa

    chosen = [items[row] for row in on.item_rows[points]]
    columns: dict[str, Any] = {
        "item_id": [item.item_id for item in chosen],
        "title": [item.title for item in chosen],
        "modality": [MAP_MODALITIES[code].value for code in on.modalities[points]],
        "tags": pa.array([list(item.tags) for item in chosen], pa.list_(pa.string())),
        "cluster": [on.cluster_labels[code] if code != NO_CLUSTER else None for code in on.clusters[points]],
    }
    columns |= {axis: on.positions[points, number] for number, axis in enumerate(_AXES[: on.positions.shape[1]])}
    measures = {"trust": on.trust, **on.measures}
    columns |= {name: pa.array(values[points], from_pandas=True) for name, values in measures.items()}
    return pa.table(columns | _catalogue(chosen, taken=columns))


def as_csv(rows: pa.Table) -> bytes:
    """The table as UTF-8 CSV with a header; tags parted by semicolons."""
    import pyarrow as pa
    from pyarrow import csv

    tags = [_PARTED_BY.join(tags) for tags in rows["tags"].to_pylist()]
    flat = rows.set_column(rows.schema.get_field_index("tags"), "tags", pa.array(tags, pa.string()))
    buffer = io.BytesIO()
    csv.write_csv(flat, buffer)
    return buffer.getvalue()


def as_parquet(rows: pa.Table) -> bytes:
    """The table as Parquet; tags stay lists."""
    from pyarrow import parquet

    buffer = io.BytesIO()
    parquet.write_table(rows, buffer, compression="zstd")
    return buffer.getvalue()


def _catalogue(chosen: Sequence[Item], *, taken: Mapping[str, Any]) -> dict[str, pa.Array]:
    import pyarrow as pa

    names = dict.fromkeys(name for item in chosen for name in item.extra)
    return {
        f"catalogue:{name}" if name in taken else name: pa.array([item.extra.get(name) for item in chosen], pa.string())
        for name in names
    }
