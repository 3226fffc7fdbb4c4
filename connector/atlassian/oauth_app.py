"""Our app in Atlassian's developer console, as every OAuth call needs it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """Our app in Atlassian's developer console, and where Atlassian is.

    ``certificates`` names a file of trusted certificates; empty means the usual.
    """

    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    auth_url: str
    api_url: str
    with_pkce: bool = True
    certificates: str = ""

    @property
    def token_url(self) -> str:
        """Where codes and refresh tokens are exchanged."""
        return f"{self.auth_url}/oauth/token"

    @property
    def verify(self) -> bool | str:
        """What ``requests`` is told about certificates."""
        return self.certificates or True
