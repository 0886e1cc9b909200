"""What does propagation need from outside?"""

from dataclasses import dataclass
from datetime import timedelta

from services.kit.authentication import Authenticator, TokenAuthenticator
from services.propagation.store import Invitations, Propagations


@dataclass(frozen=True)
class Deps:
    """`open_for` bounds how long a decision stays open, `keep_for` how long it is remembered after the end."""

    propagations: Propagations
    invitations: Invitations
    authenticator: Authenticator
    sessions: TokenAuthenticator
    open_for: timedelta
    keep_for: timedelta
