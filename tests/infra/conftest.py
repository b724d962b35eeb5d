"""The template as data."""

from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from infra.local.paths import TEMPLATE


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    loaded: dict[str, Any] = cfn_yaml.load(str(TEMPLATE))  # type: ignore[no-untyped-call]
    return loaded


@pytest.fixture(scope="session")
def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The properties of each function by its logical id."""
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
