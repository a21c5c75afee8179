"""openapi.yml, as the tests ask it."""

from __future__ import annotations

from functools import cache

import yaml

from jari import REPOSITORY

METHODS = ("get", "post", "put", "delete")


@cache
def document() -> dict:
    return yaml.safe_load((REPOSITORY / "openapi.yml").read_text())


def operations() -> dict[tuple[str, str], dict]:
    """Every call, by method and path: `("POST", "/api/v1/users")`."""
    return {
        (method.upper(), path): item[method]
        for path, item in document()["paths"].items()
        for method in METHODS
        if method in item
    }


def statuses(method: str, path: str) -> set[int]:
    """The statuses that a call may answer with."""
    return {int(status) for status in operations()[method, path]["responses"]}
