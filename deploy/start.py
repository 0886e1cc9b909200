"""Starts the service of this image."""

import os
import runpy

if __name__ == "__main__":
    runpy.run_module(f"services.{os.environ['SERVICE']}", run_name="__main__", alter_sys=True)
