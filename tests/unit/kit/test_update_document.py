"""What is written of a change: no more than what changed, and no less."""

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from services.kit.aggregate import Aggregate
from services.kit.update_document import diff_update


class Shelf(BaseModel):
    books: tuple[str, ...] = ()
    count: int = 0


class Library(Aggregate):
    name: str = ""
    shelves: dict[str, Shelf] = {}  # noqa: RUF012 - pydantic copies it
    owners: dict[str, int] = {}  # noqa: RUF012
    tags: tuple[str, ...] = ()
    main: Shelf | None = None


SHELVES = st.builds(Shelf, books=st.lists(st.text(max_size=3), max_size=2).map(tuple), count=st.integers(0, 3))
WORDS = st.text("ab1-", min_size=1, max_size=2)
STATES = st.builds(
    Library,
    id=st.just("one"),
    name=st.sampled_from(["", "a", "b"]),
    shelves=st.dictionaries(WORDS, SHELVES, max_size=4),
    owners=st.dictionaries(st.sampled_from(["a@b.example", "$c", "d", ""]), st.integers(0, 2), max_size=3),
    tags=st.lists(st.sampled_from("xyz"), max_size=3).map(tuple),
    main=st.none() | SHELVES,
)


def stored(state: Library) -> dict[str, Any]:
    return state.model_dump(exclude={"id", "version"})


def applied(document: dict[str, Any], write: dict[str, Any]) -> dict[str, Any]:
    """What the database does with the update."""
    after = deepcopy(document)
    for path in write.get("$unset", {}):
        name, _, key = path.partition(".")
        del after[name][key]
    for path, value in write.get("$set", {}).items():
        name, dot, key = path.partition(".")
        if dot:
            after[name][key] = value
        else:
            after[name] = value
    return after


@given(STATES, STATES)
def test_writing_what_changed_makes_the_document_that_of_the_new_state(before: Library, after: Library) -> None:
    assert applied(stored(before), diff_update(before, after)) == stored(after)


def test_only_what_changed_is_written() -> None:
    before = Library(id="one", name="n", shelves={"a": Shelf(), "b": Shelf(count=1), "c": Shelf()})
    after = before.evolve(shelves={"a": before.shelves["a"], "b": Shelf(count=2), "d": Shelf()})
    assert diff_update(before, after) == {
        "$inc": {"version": 1},
        "$set": {"shelves.b": {"books": (), "count": 2}, "shelves.d": {"books": (), "count": 0}},
        "$unset": {"shelves.c": ""},
    }


def test_a_map_whose_keys_are_no_words_is_written_whole() -> None:
    before = Library(id="one", owners={"a@b.example": 1})
    after = before.evolve(owners={"a@b.example": 1, "c": 2})
    assert diff_update(before, after)["$set"] == {"owners": {"a@b.example": 1, "c": 2}}


def test_no_change_is_only_a_new_version() -> None:
    state = Library(id="one", shelves={"a": Shelf()})
    assert diff_update(state, state) == {"$inc": {"version": 1}}
