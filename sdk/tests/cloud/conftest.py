"""One cloud with the demonstration site, shared where nobody changes it."""

from collections.abc import Iterator

import pytest

from sdk.tests.cloud.caller import Caller, calling


@pytest.fixture(scope="module")
def acme() -> Iterator[Caller]:
    with calling() as caller:
        yield caller
