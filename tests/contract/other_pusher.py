"""A process that delivers: ``python -m … URL``; the key of the secrets comes by stdin.

It says "ready", waits for a line, delivers what is due and says what came of it.
"""

import sys
import uuid
from contextlib import AbstractAsyncContextManager

from connector.domain.destination import AllowedDestinations
from connector.domain.webhook_ports import Post
from connector.export.forms import ExportForms
from connector.export.letters import ExportLetters
from connector.export.sender import open_web_post
from connector.store.database import Database, utc_now
from connector.use_cases.deliver_webhooks import DeliverWebhooks
from connector.use_cases.webhook_rounds import WebhookRounds
from connector.work.owners import is_dead, owner_name

PUBLIC_URL = "https://casb.example"


def pusher(database: Database, seconds: float = 15.0) -> DeliverWebhooks:
    """Return what delivers to receivers on this machine."""
    allowed = AllowedDestinations.of(["127.0.0.0/8"])

    def open_post() -> AbstractAsyncContextManager[Post]:
        return open_web_post(allowed, seconds=seconds)

    letters = ExportLetters(ExportForms(PUBLIC_URL), PUBLIC_URL)
    rounds = WebhookRounds(
        database.begin, utc_now, letters, PUBLIC_URL, lambda: uuid.uuid4().hex
    )
    return DeliverWebhooks(rounds, utc_now, open_post, owner_name, is_dead)


def main(url: str) -> None:
    """Deliver once."""
    database = Database.open(url, [sys.stdin.readline().strip()])
    deliver = pusher(database)
    say("ready")
    sys.stdin.readline()
    pushed = deliver()
    say(f"{pushed.delivered} {pushed.failed}")
    database.close()


def say(word: str) -> None:
    """Tell the test how far this process has come."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
