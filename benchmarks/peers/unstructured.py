"""The index step of unstructured-ingest: every page with who may read and change it.

Its limits on spaces, pages and permissions are lifted, so that it reads all.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from benchmarks.child import access, report

EVERYTHING = 1_000_000


def main() -> None:
    """Index the site."""
    url, token = access()
    connector = import_module("unstructured_ingest.processes.connectors.confluence")
    indexer = connector.ConfluenceIndexer(
        connection_config=connector.ConfluenceConnectionConfig(
            url=url, access_config=connector.ConfluenceAccessConfig(token=token)
        ),
        index_config=connector.ConfluenceIndexerConfig(
            max_num_of_spaces=EVERYTHING,
            max_num_of_docs_from_each_space=EVERYTHING,
            max_num_metadata_permissions=EVERYTHING,
        ),
    )
    report(lambda: count(indexer.run()))


def count(files: Iterable[Any]) -> Mapping[str, float]:
    """Count the pages, and those whose permissions were found out."""
    pages = known = 0
    for file in files:
        pages += 1
        known += file.metadata.permissions_data is not None
    return {"pages": pages, "with permissions": known}


if __name__ == "__main__":
    main()
