"""Sessions that stay on the server; a browser keeps a random word and no more."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from flask import Flask, Request, Response
from flask import session as current_session
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from connector.domain.access import SessionStore
from connector.domain.errors import CasbError
from connector.domain.store_ports import Begin

IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)
WORD_BYTES = 32
STARTED = "_started"
SEEN = "_seen"
SECURE_NAME = "__Host-casb"
PLAIN_NAME = "casb_session"


class ServerSession(CallbackDict[str, object], SessionMixin):
    """What is remembered of one browser; ``word`` is what its cookie holds."""

    def __init__(self, content: dict[str, object], word: str = "") -> None:
        super().__init__(content, on_update=_note_change)
        self.word = word
        self.is_renewed = False
        self.modified = False
        self.accessed = True

    def __repr__(self) -> str:
        """Say nothing of what it holds."""
        return f"<{type(self).__name__}>"


class ServerSessions(SessionInterface):
    """Keeps sessions in the database, found by a hash that only this server makes.

    The hash needs CASB_SECRET_KEY: a new key ends every session. A session ends an
    hour after its last use, and half a day after it began.
    """

    def __init__(self, begin: Begin, now: Callable[[], datetime]) -> None:
        self._begin = begin
        self._now = now
        self._codec = TaggedJSONSerializer()

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """Return the session of a browser; a word that we do not know opens none."""
        word = request.cookies.get(self.get_cookie_name(app), "")
        if not word:
            return ServerSession({})
        try:
            with self._begin(write=False) as stores:
                kept = stores.sessions.get(self._key(app, word), self._now())
        except CasbError:
            kept = None  # The page itself will say what is wrong with the database.
        if kept is None:
            return ServerSession({})
        session = ServerSession(self._codec.loads(kept.decode()), word)
        seen = cast("datetime", session.get(SEEN))
        if self._now() - seen > SEEN_EVERY:
            session.modified = True
        return session

    def save_session(
        self, app: Flask, session: SessionMixin, response: Response
    ) -> None:
        """Keep what changed; what is empty or was renewed is forgotten."""
        if not isinstance(session, ServerSession) or not session.modified:
            return
        former = session.word
        with self._begin() as stores:
            stores.sessions.forget(self._now())
            if former and (session.is_renewed or not session):
                stores.sessions.drop(self._key(app, former))
                session.word = ""
            if session:
                self._write(app, session, stores.sessions)
        if session.word or former:
            self._tell(app, session, response)

    def _write(self, app: Flask, session: ServerSession, store: SessionStore) -> None:
        content, expires_at = self._written(session)
        if session.word:
            # A session that ended while this page was made stays ended.
            store.change(self._key(app, session.word), content, expires_at)
        else:
            session.word = secrets.token_urlsafe(WORD_BYTES)
            store.add(self._key(app, session.word), content, expires_at)

    def _written(self, session: ServerSession) -> tuple[bytes, datetime]:
        now = self._now()
        started = cast("datetime", session.setdefault(STARTED, now))
        session[SEEN] = now
        content = self._codec.dumps(dict(session)).encode()
        return content, min(now + IDLE, started + LONGEST)

    def _tell(self, app: Flask, session: ServerSession, response: Response) -> None:
        name, is_secure = self.get_cookie_name(app), self.get_cookie_secure(app)
        response.vary.add("Cookie")
        if session.word:
            response.set_cookie(
                name, session.word, secure=is_secure, httponly=True, samesite="Lax"
            )
        else:
            response.delete_cookie(
                name, secure=is_secure, httponly=True, samesite="Lax"
            )

    def _key(self, app: Flask, word: str) -> str:
        secret = str(app.secret_key).encode()
        return hmac.new(secret, b"session:" + word.encode(), hashlib.sha256).hexdigest()


def renew_session() -> None:
    """Give the browser another word: whoever knew the old one is left outside."""
    session = cast("ServerSession", current_session)
    session.is_renewed = session.modified = True


def _note_change(session: CallbackDict[str, object]) -> None:
    cast("ServerSession", session).modified = True
