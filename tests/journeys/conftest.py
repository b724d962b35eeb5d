"""One deployed stack, with its office, for all journeys of a run."""

from collections.abc import Iterator

import pytest

from infra.local.paths import ROOT
from infra.local.progress import say
from infra.local.site import Site
from infra.local.stack import LocalStack
from tests.journeys.office import Caller


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    stack = LocalStack.start(ROOT / ".run" / "journeys", progress=say)
    yield stack
    stack.stop()


@pytest.fixture(scope="session")
def site(stack: LocalStack) -> Site:
    return Site.start(stack, progress=say)


@pytest.fixture
def caller(site: Site) -> Caller:
    return Caller(site)
