"""What `casb clients` prints as JSON."""

from datetime import datetime

from connector.domain.client import Credential, Pull
from connector.use_cases.manage_clients import ClientView, Issued

Document = dict[str, object]


def issued_document(issued: Issued, public_url: str) -> Document:
    """Return fresh secrets with what a consumer needs besides."""
    client = issued.client
    return {
        "id": client.id,
        "name": client.name,
        "site_ids": sorted(client.site_ids),
        "scopes": sorted(client.scopes),
        "api_key": issued.api_key,
        "client_id": client.id,
        "client_secret": issued.oauth_secret,
        "token_url": f"{public_url}/oauth/token",
        "export_url": f"{public_url}/api/v1/findings/changes",
        "expires_at": issued.expires_at,
    }


def client_document(view: ClientView, now: datetime) -> Document:
    """Return a client without any secret."""
    client = view.client
    return {
        "id": client.id,
        "name": client.name,
        "site_ids": sorted(client.site_ids),
        "scopes": sorted(client.scopes),
        "requests_per_minute": client.limit.requests,
        "created_at": client.created_at,
        "created_by": client.created_by or None,
        "disabled_at": client.disabled_at,
        "credentials": [credential_document(each, now) for each in view.credentials],
        "pulls": [_pull(pull) for pull in view.pulls],
    }


def credential_document(credential: Credential, now: datetime) -> Document:
    """Return a credential without its secret."""
    return {
        "id": credential.id,
        "kind": credential.kind.value,
        "prefix": credential.shown,
        "is_live": credential.is_live(now),
        "created_at": credential.created_at,
        "expires_at": credential.expires_at,
        "last_used_at": credential.last_used_at,
        "revoked_at": credential.revoked_at,
        "addresses": list(credential.addresses),
    }


def _pull(pull: Pull) -> Document:
    return {
        "endpoint": pull.endpoint,
        "at": pull.at,
        "rows": pull.rows,
        "from_seq": pull.from_seq,
        "to_seq": pull.to_seq,
        "address": pull.address,
    }
