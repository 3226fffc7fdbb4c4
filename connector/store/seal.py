"""Encrypts secrets for one purpose, so that no row can be passed off as another."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connector.domain.errors import LostKeyError, SettingError

REMEDY = "Set CASB_TOKEN_KEYS to comma-separated Fernet keys; the first one encrypts."


class _Sealed(msgspec.Struct, frozen=True):
    ctx: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """The keys of CASB_TOKEN_KEYS: the first encrypts, all of them decrypt."""

    _fernets: tuple[Fernet, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, keys: Sequence[str]) -> "Seal":
        """Return a seal; without keys it can be held but not used."""
        try:
            return cls(tuple(Fernet(key) for key in keys))
        except ValueError:
            raise SettingError(
                "CASB_TOKEN_KEYS holds something that is not a Fernet key.", REMEDY
            ) from None

    def close(self, context: str, secret: bytes) -> bytes:
        """Encrypt a secret, bound to what it is for."""
        sealed = msgspec.json.encode(_Sealed(context, secret))
        return self._keys.encrypt(sealed)

    def open(self, context: str, token: bytes) -> bytes:
        """Decrypt a secret, which must have been sealed for this very purpose."""
        try:
            sealed = msgspec.json.decode(self._keys.decrypt(token), type=_Sealed)
        except InvalidToken:
            raise LostKeyError(
                f"None of the keys in CASB_TOKEN_KEYS opens the secret of {context}.",
                "Put back the key it was encrypted with, or connect the site again.",
            ) from None
        if sealed.ctx != context:
            raise LostKeyError(
                f"The secret of {context} belongs to {sealed.ctx}.",
                "Somebody has changed the database; connect the site again.",
            )
        return sealed.secret

    def key_of(self, context: str, token: bytes) -> int | None:
        """Return the place of the key that opens a secret; None if no key does."""
        for place, fernet in enumerate(self._fernets):
            try:
                Seal((fernet,)).open(context, token)
            except SettingError:
                continue
            return place
        return None

    @property
    def _keys(self) -> MultiFernet:
        if not self._fernets:
            raise SettingError("CASB_TOKEN_KEYS is not set.", REMEDY)
        return MultiFernet(self._fernets)
