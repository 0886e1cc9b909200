"""Which version of the product is this? The one in pyproject.toml, which no image holds."""

VERSION = "0.1.0"
