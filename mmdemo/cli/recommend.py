"""`mmdemo recommend`."""

import argparse
import json
from pathlib import Path

from mmdemo.errors import MediaError, QueryError
from mmdemo.types import Modality, Query, QueryPart, Recommendations

EVIDENCE = "evidence"


def recommend(arguments: argparse.Namespace) -> int:
    """Answer one query and print the items."""
    query = _query(arguments)
    from mmdemo.engine import Engine
    from mmdemo.engine.runs import run_in_use

    engine = Engine.open(arguments.workspace)
    chosen = arguments.rank_by or run_in_use(arguments.workspace) or EVIDENCE
    result = engine.recommend(query, run_id=None if chosen == EVIDENCE else chosen)
    titles = [engine.item(item_id).title for item_id in result.ids]
    if arguments.json:
        print(json.dumps(as_json(result, titles), ensure_ascii=False))
    else:
        _print_table(result, titles)
    return 0


def as_json(result: Recommendations, titles: list[str]) -> dict:
    """The object that `--json` prints."""
    return {
        "items": [
            {
                "id": item_id,
                "title": titles[row],
                "score": round(float(result.scores[row]), 4),
                "percentile": round(float(result.percentiles[row]), 3),
                "contributions": {
                    label: round(float(result.contributions[row, column]), 4)
                    for column, label in enumerate(_distinct(result.part_labels))
                },
            }
            for row, item_id in enumerate(result.ids)
        ],
        "no_match": result.no_good_match,
        "notices": list(result.notices),
        "timings_ms": {step: round(ms, 3) for step, ms in result.timings_ms.items()},
    }


def _query(arguments: argparse.Namespace) -> Query:
    weights = _weights(arguments.weight)
    parts: list[QueryPart] = []
    for number, text in enumerate(arguments.text, start=1):
        from mmdemo.media import check_text

        weight = _weight(weights, "text", number)
        parts.append(QueryPart(Modality.TEXT, check_text(text), weight, label=text))
    for modality in (Modality.IMAGE, Modality.AUDIO, Modality.VIDEO):
        for number, path in enumerate(getattr(arguments, modality), start=1):
            parts.append(_file_part(path, modality, _weight(weights, modality, number)))
    for number, item_id in enumerate(arguments.item, start=1):
        parts.append(QueryPart(None, None, _weight(weights, "item", number), item_id=item_id))
    if weights:
        raise QueryError(
            f"a weight for '{next(iter(weights))}'",
            expected="the name of a part of this query is needed",
            remedy="use text, image, audio, video or item, with .2 for the second of its kind",
        )
    return Query(
        tuple(parts),
        likes=tuple(arguments.like),
        dislikes=tuple(arguments.dislike),
        tags=frozenset(arguments.tag),
        must_have=frozenset(Modality(name) for name in arguments.must_have),
        k=arguments.k,
    )


def _file_part(path: Path, modality: Modality, weight: float) -> QueryPart:
    from mmdemo.media import decode

    try:
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(
            f"{path} cannot be read ({error.strerror})", expected=f"an {modality} file", remedy="check the path"
        ) from error
    decoded = decode(data, expect=modality)
    return QueryPart(modality, decoded.media, weight, label=path.name, content_key=decoded.sha256)


def _weights(given: list[str]) -> dict[str, float]:
    weights = {}
    for entry in given:
        name, _, number = entry.partition("=")
        try:
            weights[name.strip()] = float(number)
        except ValueError:
            raise QueryError(
                f"--weight {entry}", expected="PART=NUMBER is needed", remedy="write for example --weight image=0.5"
            ) from None
    return weights


def _weight(weights: dict[str, float], kind: str, number: int) -> float:
    """The weight of the part, taken out of `weights`; a name without number means the first of its kind."""
    numbered = weights.pop(f"{kind}.{number}", None)
    if numbered is None and number == 1:
        numbered = weights.pop(str(kind), None)
    return 1.0 if numbered is None else numbered


def _distinct(labels: tuple[str, ...]) -> list[str]:
    """Labels with a number where one comes again, so that none is lost as a key."""
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        found.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return found


def _print_table(result: Recommendations, titles: list[str]) -> None:
    for notice in result.notices:
        print(f"note: {notice}")
    if result.no_good_match:
        print("No good match: even the best item is no closer than nonsense queries get. The nearest are:")
    for row, item_id in enumerate(result.ids):
        print(f"{row + 1:>3}. {titles[row]}  [{item_id}]  closer than {result.percentiles[row]:.1f}% of pairs")
    print(f"({result.timings_ms['total']:.0f} ms)")
