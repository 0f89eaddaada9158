"""`mmdemo feedback export`, `erase`, `show`."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mmdemo.errors import FeedbackError
from mmdemo.feedback import FeedbackStore, database_of, person_key, signed_in_person

if TYPE_CHECKING:
    from mmdemo.engine.votes import Outcome


def export(arguments: argparse.Namespace) -> int:
    """Write what is kept, of a person or of everybody, into a file."""
    store, person = _store(arguments), _person(arguments)
    written = store.export(person, arguments.file)
    print(f"{arguments.file}: {written} events and votes of {person or 'everybody'}")
    return 0


def erase(arguments: argparse.Namespace) -> int:
    """Erase what is kept of a person, or of everybody if that is asked for."""
    store, person = _store(arguments), _person(arguments)
    if (person is None) != arguments.everybody:
        raise FeedbackError(
            "a person and --everybody" if arguments.everybody else "nobody to erase",
            expected="either a person or --everybody is needed",
            remedy="give PERSON, --name or --everybody",
        )
    print(f"erased {store.erase(person)} events and votes of {person or 'everybody'}")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print what is kept of a person; or how much there is, and what the votes say of the models."""
    store, person = _store(arguments), _person(arguments)
    found = _of_all(store) if person is None else _of_one(store, person)
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for name, value in found.items():
        if name != "outcomes":
            print(f"{name}: {', '.join(map(str, value)) or 'none' if isinstance(value, list) else value}")
    for told in found.get("outcomes", ()):
        print(_told(told))
    return 0


def _of_all(store: FeedbackStore) -> dict:
    from mmdemo.engine.votes import outcomes

    votes = store.votes()
    return {
        "database": str(store),
        "people": len(store.persons()),
        **store.counts(),
        "votes": len(votes),
        "outcomes": [_as_json(found) for found in outcomes(votes)],
    }


def _of_one(store: FeedbackStore, person: str) -> dict:
    likes, dislikes = store.state(person)
    return {
        "database": str(store),
        "person": person,
        "likes": list(likes),
        "dislikes": list(dislikes),
        "events": len(store.of(person)),
        "votes": len(store.votes(person)),
    }


def _as_json(found: "Outcome") -> dict:
    return asdict(found) | {"models": list(found.models), "interval": list(found.interval)}


def _told(found: dict) -> str:
    first, second = found["models"]
    low, high = found["interval"]
    return (
        f"{first} {found['first']} : {found['second']} {second}, {found['ties']} ties, by {found['persons']} people; "
        f"{first} wins {low:.0%} to {high:.0%} of those decided (95 %), p = {found['p']:.3g}"
    )


def _store(arguments: argparse.Namespace) -> FeedbackStore:
    from mmdemo.store import Workspace

    database = database_of(arguments.workspace, arguments.database)
    if isinstance(database, Path):
        Workspace(arguments.workspace).require()  # a mistyped folder is not one where nobody has liked anything yet
    return FeedbackStore(database)


def _person(arguments: argparse.Namespace) -> str | None:
    """The person asked for; None where none is."""
    if arguments.name is None:
        return arguments.person
    if arguments.person is not None:
        raise FeedbackError("PERSON and --name", expected="one of the two is needed", remedy="leave one out")
    return signed_in_person(arguments.name, person_key(arguments.workspace))
