"""Who may use the pages."""

from connector.bootstrap.application import Application
from connector.use_cases.sign_in import SignIn
from connector.web.passwords import Argon2Passwords


def sign_in(application: Application) -> SignIn:
    """Return the use case that lets administrators in."""
    return SignIn(application.begin, Argon2Passwords(), application.now)
