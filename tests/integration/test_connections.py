"""What a process has answered arrives, even when its network goes with it."""

import asyncio
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


async def test_every_byte_arrives_when_the_network_goes_with_the_process() -> None:
    program = ("unshare", "--map-root-user", "--net", sys.executable, "-m", "tests.integration.network_loss")
    answer = await asyncio.to_thread(subprocess.run, program, cwd=ROOT, stdout=-1, text=True)
    received, of_bytes = answer.stdout.split()
    assert received == of_bytes
