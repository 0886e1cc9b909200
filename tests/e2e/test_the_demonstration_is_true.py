"""What `make demo` shows is so: the same story, with a smaller file, on the stack at hand."""

import pytest

from devstack.demo import Demo, UnexpectedOutcome
from devstack.demo_screen import DemoScreen
from tests.e2e.world import World


def test_the_demonstration_runs_from_beginning_to_end(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    demo = Demo(world.stack, DemoScreen(), large_bytes=20_000_000)
    demo.run()
    demo.close()
    told = capsys.readouterr().out
    assert "a fourth time is refused" in told
    assert "✗" not in told


def test_the_demonstration_says_so_when_something_is_not_as_it_should_be(world: World) -> None:
    demo = Demo(world.stack, DemoScreen(), large_bytes=1_000)
    files = demo.make_files()
    demo.sign_in()
    demo.send(files)
    demo.sent["vide.txt"] = "0" * 64
    demo.approve()
    with pytest.raises(UnexpectedOutcome, match=r"vide\.txt"):
        demo.download()
    demo.close()
