"""A process that refreshes a grant: ``python -m … WHAT URL CLOUD THREADS``.

The key of the tokens and the word to begin come over standard input.
"""

import hashlib
import json
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from casb_sdk.cloud import OAuthApp as ConsoleApp
from connector.atlassian.oauth_app import OAuthApp
from connector.atlassian.tokens import RefreshOverHttp
from connector.domain.errors import CasbError
from connector.domain.installation import TokenPair
from connector.store.database import Database, utc_now
from connector.use_cases.refresh_grant import Pace, RefreshGrant

GRANT = "grant"
LEASE = timedelta(seconds=3)


class Dying:
    """Gets an answer from Atlassian and waits to be killed with it in hand."""

    def __init__(self, exchange: RefreshOverHttp) -> None:
        self._exchange = exchange
        self.client_id = exchange.client_id

    def refresh(self, pair: TokenPair) -> TokenPair:
        """Use the refresh token up and keep nothing."""
        self._exchange.refresh(pair)
        say("posted")
        time.sleep(60)
        return pair


def main(what: str, url: str, cloud: str, threads: int) -> None:
    """Refresh from several threads at the same moment; say what each got."""
    database = Database.open(url, [sys.stdin.readline().strip()])
    app = ConsoleApp()
    ours = OAuthApp(app.client_id, app.client_secret, (), cloud, cloud)
    exchange = RefreshOverHttp(ours, utc_now)
    refresh = RefreshGrant(
        database.begin,
        Dying(exchange) if what == "die" else exchange,
        utc_now,
        time.sleep,
        lambda: uuid.uuid4().hex,
        Pace(lease=LEASE) if what != "race" else None,
    )
    barrier = Barrier(threads)

    def act(number: int) -> str:
        barrier.wait()
        try:
            return digest_of(refresh(GRANT).access_token)
        except CasbError as error:
            return f"{type(error).__name__}: {error}"

    with ThreadPoolExecutor(threads) as pool:
        say("ready")
        sys.stdin.readline()
        say(json.dumps(list(pool.map(act, range(threads)))))
    database.close()


def digest_of(token: str) -> str:
    """Return what tells one token from another and gives none away."""
    return hashlib.sha256(token.encode()).hexdigest()


def say(word: str) -> None:
    """Tell the test how far this process has come."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
