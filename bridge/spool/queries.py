"""The named queries of ``queries.sql`` and the numbered migrations, read from the package."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load() -> Mapping[str, str]:
    """Each query's SQL by its name."""
    text = (resources.files(__package__) / "queries.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    return dict(zip(parts[::2], (sql.strip() for sql in parts[1::2]), strict=True))


def migrations() -> list[str]:
    """The migration scripts in the order of their numbers."""
    folder = resources.files(__package__) / "migrations"
    scripts = sorted((x for x in folder.iterdir() if x.name.endswith(".sql")), key=lambda x: x.name)
    return [script.read_text(encoding="utf-8") for script in scripts]
