"""The version of the product, as in pyproject.toml, which no image contains."""

VERSION = "0.1.0"
