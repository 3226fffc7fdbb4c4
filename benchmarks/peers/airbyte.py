"""Airbyte's Confluence source: its manifest in airbyte-cdk, every stream read once.

Two things of the manifest are changed: where the site is, and that the token goes
as a bearer. Nothing reads what the records say.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from importlib import import_module, resources
from typing import Any

from benchmarks.child import access, report

OURS = "{{ config['url'] }}/rest/api/"
BEARER = {"type": "BearerAuthenticator", "api_token": "{{ config['api_token'] }}"}
CDK = "airbyte_cdk.sources.declarative"


def main() -> None:
    """Read the site."""
    url, token = access()
    config = {"url": url, "api_token": token, "email": "", "domain_name": ""}
    logging.getLogger("airbyte").setLevel(logging.ERROR)
    manifest = changed(manifest_of("source_confluence"))
    declarative = import_module(f"{CDK}.concurrent_declarative_source")
    source = declarative.ConcurrentDeclarativeSource(
        catalog=None, config=config, state=None, source_config=manifest
    )
    report(lambda: read(source, config))


def manifest_of(package: str) -> Any:
    """Return the manifest that a source ships."""
    text = resources.files(package).joinpath("manifest.yaml").read_text("utf-8")
    return import_module("yaml").safe_load(text)


def changed(manifest: Any) -> Any:
    """Return a manifest that reads another site."""
    requester = manifest["definitions"]["base_requester"]
    requester |= {"url_base": OURS, "authenticator": BEARER}
    return manifest


def read(source: Any, config: Mapping[str, str]) -> Mapping[str, float]:
    """Read every stream in full and count the records."""
    models = import_module("airbyte_cdk.models")
    logger = logging.getLogger("airbyte")
    found = source.discover(logger, config)
    catalog = models.ConfiguredAirbyteCatalog(
        streams=[
            models.ConfiguredAirbyteStream(
                stream=stream,
                sync_mode=models.SyncMode.full_refresh,
                destination_sync_mode=models.DestinationSyncMode.append,
            )
            for stream in found.streams
        ]
    )
    counts = Counter({stream.name: 0 for stream in found.streams})
    for message in source.read(logger, config, catalog, []):
        if message.type is models.Type.RECORD:
            counts[message.record.stream] += 1
    return dict(counts)


if __name__ == "__main__":
    main()
