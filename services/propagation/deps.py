"""The dependencies of propagation."""

from dataclasses import dataclass
from datetime import timedelta

from services.kit.authentication import TokenAuthenticator
from services.propagation.store import ApproverInvitations, Propagations


@dataclass(frozen=True)
class Deps:
    """`decision_period` bounds how long a decision stays open; `retention` counts from the end of the transfer."""

    propagations: Propagations
    invitations: ApproverInvitations
    authenticator: TokenAuthenticator
    decision_period: timedelta
    retention: timedelta
