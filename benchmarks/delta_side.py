"""One incremental scan of a running cloud's site in this process, for B9."""

import sys

from benchmarks.crawl_side import main
from connector.domain.scan import ScanKind

if __name__ == "__main__":
    main(*sys.argv[1:], kind=ScanKind.INCREMENTAL)
