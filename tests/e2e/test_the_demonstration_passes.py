"""`make demo` passes on the stack of the tests, with a smaller file."""

import pytest

from devstack.demo import Demo, UnexpectedOutcome
from devstack.demo_screen import DemoScreen
from tests.e2e.scenario import Scenario


def test_the_demonstration_runs_from_beginning_to_end(scenario: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    demo = Demo(scenario.stack, DemoScreen(), large_bytes=20_000_000)
    demo.run()
    demo.close()
    told = capsys.readouterr().out
    assert "a fourth time is refused" in told
    assert "✗" not in told


def test_the_demonstration_fails_when_a_step_has_another_outcome(scenario: Scenario) -> None:
    demo = Demo(scenario.stack, DemoScreen(), large_bytes=1_000)
    files = demo.make_files()
    demo.sign_in()
    demo.send(files)
    demo.sent["vide.txt"] = "0" * 64
    demo.approve()
    with pytest.raises(UnexpectedOutcome, match=r"vide\.txt"):
        demo.download()
    demo.close()
