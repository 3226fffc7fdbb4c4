"""Clouds and readers for a test, closed after it."""

from contextlib import AsyncExitStack, ExitStack

from casb_sdk.cloud import CloudOptions, CloudSite, RunningCloud, SimulatedCloud
from connector.atlassian.reader import ConfluenceReader, ReaderOptions, World
from tests.integration.atlassian.consenting import ConsentedBearer, scopes_of


class Skipping:
    """Time that passes at once, on the cloud and here alike."""

    def __init__(self, atlassian: RunningCloud) -> None:
        self.cloud = atlassian.clock
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Let the cloud's clock run ahead."""
        self.slept.append(seconds)
        self.cloud.advance(seconds)


class Sites:
    """Opens clouds and readers, and closes them after the test."""

    def __init__(self, closing: ExitStack, later: AsyncExitStack) -> None:
        self._closing = closing
        self._later = later

    def cloud(
        self, site: CloudSite, options: CloudOptions | None = None
    ) -> RunningCloud:
        """Start a cloud that serves one site."""
        cloud = SimulatedCloud([site], options=options)
        return self._closing.enter_context(cloud.running())

    def reader(
        self,
        atlassian: RunningCloud,
        scopes: frozenset[str] | None = None,
        options: ReaderOptions | None = None,
    ) -> ConfluenceReader:
        """Return a reader whose waits cost no time."""
        bearer = ConsentedBearer(atlassian, scopes_of() if scopes is None else scopes)
        self._closing.callback(bearer.close)
        skipping = Skipping(atlassian)
        [site] = (index.directory.site for index in atlassian.cloud.sites.values())
        reader = ConfluenceReader.open(
            atlassian.api_url,
            site,
            bearer,
            options,
            World(clock=skipping.cloud.now, sleep=skipping.sleep, random=lambda: 0.5),
        )
        self._later.push_async_callback(reader.aclose)
        return reader
