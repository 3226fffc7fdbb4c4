"""What can go wrong, sorted by what the caller should do about it."""


class CasbError(Exception):
    """Something failed: one sentence that names the thing, one that names the remedy.

    ``exit_code`` is what the command line ends with (interfaces: 1 failed, 2 usage,
    3 consent needed, 4 Atlassian or network).
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class UsageError(CasbError):
    """The caller asked for something that makes no sense."""

    exit_code = 2


class SettingError(UsageError):
    """A setting is missing or malformed."""


class LostKeyError(SettingError):
    """No key that is set opens a secret that is stored."""


class CredentialsError(SettingError):
    """Atlassian does not know our app by its id and secret; no consent is at fault."""


class NotFoundError(CasbError):
    """Something named by the caller does not exist."""

    exit_code = 2


class SchemaError(CasbError):
    """The database is not at the schema this version works with."""


class DatabaseAwayError(CasbError):
    """The database cannot be reached, or went away in the middle; try again later."""


class ConflictError(CasbError):
    """Somebody else is doing this at the moment."""


class ConsentError(CasbError):
    """A site administrator has to consent (again), with the named scopes."""

    exit_code = 3


class DeadGrantError(ConsentError):
    """Atlassian no longer accepts the refresh token of a grant, for good."""


class ScopeError(ConsentError):
    """The grant lacks a scope that an operation needs."""


class RefusedError(ConsentError):
    """Atlassian knows the token and yet refuses a call; ``is_gone`` means a 404."""

    def __init__(
        self, message: str, remedy: str = "", *, is_gone: bool = False
    ) -> None:
        super().__init__(message, remedy)
        self.is_gone = is_gone


class AtlassianError(CasbError):
    """Atlassian answered something that no retry mends."""

    exit_code = 4


class AtlassianUnavailableError(AtlassianError):
    """Atlassian or the network is away; try again later.

    ``retry_after`` is in seconds, where Atlassian named a time.
    """

    def __init__(
        self, message: str, remedy: str = "", *, retry_after: float | None = None
    ) -> None:
        super().__init__(message, remedy)
        self.retry_after = retry_after


class UnitInterruptedError(CasbError):
    """A unit of work lost its lease or its scan was cancelled; drop it quietly."""


class NotNowError(CasbError):
    """A unit of work waits for another one; give it back and come again later."""


class NotToldError(CasbError):
    """A site does not tell something that a cheaper way of reading needs."""
