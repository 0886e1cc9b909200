"""What `make mutations` breaks is still there, and so are the tests that must notice."""

import ast

import pytest

from devstack.workspace import PROJECT
from tests.mutations import MUTATIONS, Mutation, has_failed

PRODUCT = ("services/", "portal/", "client/", "deploy/gateway/")
ONE = Mutation("A rule.", "services/a.py", "if a:", "if True:", "tests/unit/test_a.py::test_a")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.rule)
def test_a_rule_is_broken_by_one_change_that_a_test_of_that_name_can_notice(mutation: Mutation) -> None:
    assert mutation.path.startswith(PRODUCT)
    whole = (PROJECT / mutation.path).read_text()
    broken = mutation.broken(whole)
    assert broken != whole
    if mutation.path.endswith(".py"):
        ast.parse(broken)
    path, _, test = mutation.test.partition("::")
    assert f"def {test}(" in (PROJECT / path).read_text()


@pytest.mark.parametrize("text", ["if b:", "if a:\nif a:"])
def test_a_text_that_is_not_there_exactly_once_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=ONE.path):
        ONE.broken(text)


@pytest.mark.parametrize(
    ("status", "output", "failed"),
    [
        (1, f"FAILED {ONE.test}[x] - assert 1 == 2", True),
        (0, "1 passed", False),
        (1, f"ERROR {ONE.test} - the database did not start", False),
        (2, f"FAILED {ONE.test}", False),
        (4, "ERROR: not found", False),
    ],
)
def test_a_test_that_could_not_run_holds_no_rule(status: int, output: str, failed: bool) -> None:
    assert has_failed(ONE.test, status, output) is failed
