"""OAuth 2.0 client credentials: tokens, their end, and where to get them."""

import logging
from collections.abc import Iterable
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    ClientMixin,
    InvalidScopeError,
    OAuth2Request,
    TokenMixin,
)
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from flask import Blueprint, Flask, Response, request

from connector.domain.client import TOKEN_LIFE, AccessToken, Consumer, Scope
from connector.web.api.admission import address
from connector.web.api.answers import json_answer
from connector.web.api.exporting import exporting

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
REVOKE_PATH = "/oauth/revoke"
METADATA_PATH = "/.well-known/oauth-authorization-server"
METHODS = ["client_secret_basic", "client_secret_post"]
CLIENT_CREDENTIALS = "client_credentials"
SCOPES = tuple(scope.value for scope in Scope)


class OAuthClient(ClientMixin):  # type: ignore[misc]
    """A client of ours as Authlib wants it; it is known once its secret fits."""

    def __init__(self, client_id: str) -> None:
        self._client_id = client_id
        self.consumer: Consumer | None = None

    def get_client_id(self) -> str:
        """Return the public id."""
        return self._client_id

    def check_client_secret(self, client_secret: str) -> bool:
        """Return whether a live secret of the client was sent."""
        admit = exporting().admit
        self.consumer = admit.by_secret(self._client_id, client_secret, address())
        return self.consumer is not None

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Return whether a client may prove itself in this way."""
        return method in METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        """Return whether a client may get tokens in this way."""
        return grant_type == CLIENT_CREDENTIALS

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return the scopes that the client has, of those it asks for, if any."""
        asked = scope.split() if scope else self.scopes
        return " ".join(each for each in asked if each in self.scopes)

    @property
    def scopes(self) -> Iterable[str]:
        """The scopes of the client."""
        consumer = self.consumer
        return sorted(each.value for each in consumer.scopes) if consumer else []


class OAuthToken(TokenMixin):  # type: ignore[misc]
    """A token of ours as Authlib wants it."""

    def __init__(self, kept: AccessToken) -> None:
        self.kept = kept

    def check_client(self, client: OAuthClient) -> bool:
        """Return whether a token is this client's."""
        return self.kept.client_id == client.get_client_id()


class ClientGrant(ClientCredentialsGrant):  # type: ignore[misc]
    """Gives a token for a client's own secret, in the form or by Basic."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def validate_token_request(self) -> None:
        """Refuse scopes that the client does not have."""
        super().validate_token_request()
        client: OAuthClient = self.request.client
        asked = (self.request.payload.scope or "").split()
        if not set(asked) <= set(client.scopes):
            raise InvalidScopeError


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """Ends a token of the client that asks (RFC 7009)."""

    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token_string: str, hint: str | None) -> OAuthToken | None:
        """Return a token; one that is unknown is as good as ended."""
        kept = exporting().admit.token(token_string)
        return None if kept is None else OAuthToken(kept)

    def revoke_token(self, token: OAuthToken, request: object) -> None:
        """End a token."""
        exporting().admit.revoke_token(token.kept)


class PublicRequest(OAuth2Request):  # type: ignore[misc]
    """The request of this moment at our public URL, whatever Host and proxies say."""

    def __init__(self) -> None:
        url = f"{exporting().public_url}{request.path}"
        super().__init__(request.method, url, headers=request.headers)
        self.payload = FlaskOAuth2Payload(request)

    @property
    def form(self) -> Any:
        """The form that was sent."""
        return request.form

    @property
    def args(self) -> Any:
        """The query, in which no secret is looked for."""
        return request.args


class Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server, which knows by our public URL whether it is reached safely."""

    def create_oauth2_request(self, _: object) -> "PublicRequest":
        """Return the request, at the address that clients call."""
        return PublicRequest()


def oauth_routes(app: Flask) -> Blueprint:
    """Return the endpoints of the authorization server."""
    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {
        CLIENT_CREDENTIALS: int(TOKEN_LIFE.total_seconds())
    }
    app.config["OAUTH2_ACCESS_TOKEN_GENERATOR"] = _new_token
    # At the level of debugging Authlib writes whole tokens into the log.
    logging.getLogger("authlib").setLevel(logging.INFO)
    app.register_error_handler(OAuth2Error, _refusal)
    server = Server(app, _client_of, _keep_token)
    server.register_grant(ClientGrant)
    server.register_endpoint(Revocation)
    routes = Blueprint("oauth", __name__)

    @routes.post(TOKEN_PATH)
    def token() -> Response:
        response: Response = server.create_token_response()
        return response

    @routes.post(REVOKE_PATH)
    def revoke() -> Response:
        response: Response = server.create_endpoint_response("revocation")
        return response

    routes.get(METADATA_PATH)(metadata)
    return routes


def metadata() -> Response:
    """Say where the endpoints are and what they can do (RFC 8414)."""
    base = exporting().public_url
    return json_answer(
        {
            "issuer": base,
            "token_endpoint": f"{base}{TOKEN_PATH}",
            "token_endpoint_auth_methods_supported": METHODS,
            "revocation_endpoint": f"{base}{REVOKE_PATH}",
            "revocation_endpoint_auth_methods_supported": METHODS,
            "grant_types_supported": [CLIENT_CREDENTIALS],
            # The list has to be there and must not be empty; there is no such page.
            "response_types_supported": ["none"],
            "scopes_supported": list(SCOPES),
            "service_documentation": f"{base}/api/v1/openapi.json",
        }
    )


def _refusal(error: OAuth2Error) -> Response:
    status, body, headers = error()
    response = json_answer(dict(body), status)
    response.headers.extend(headers)
    return response


def _client_of(client_id: str) -> OAuthClient:
    # An unknown client fails like a wrong secret: nobody can ask who is there.
    return OAuthClient(client_id)


def _new_token(*_: object, **__: object) -> str:
    return exporting().admit.new_token()


def _keep_token(token: dict[str, Any], asked: Any) -> None:
    client: OAuthClient = asked.client
    if client.consumer is None:
        raise InvalidScopeError
    scopes = [Scope(scope) for scope in token.get("scope", "").split()]
    admit = exporting().admit
    kept = admit.keep_token(token["access_token"], client.consumer, scopes)
    token["expires_in"] = int((kept.expires_at - kept.issued_at).total_seconds())
