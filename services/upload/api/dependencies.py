"""The parameters of endpoints: the dependencies of the service, the caller, and ids that are UUIDs."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request

from services.contracts.values import Language, Role
from services.kit.authentication import SESSION_REFUSALS, Caller
from services.kit.refusals import NotFound, refuses
from services.kit.service import get_deps
from services.upload.deps import Deps
from services.upload.domain.transfer import AlreadySubmitted, Sender

PREFIX = "/api/upload"
OF_DRAFT = (NotFound, AlreadySubmitted)
"""How every operation on one draft refuses."""

Wired = Annotated[Deps, Depends(get_deps)]


@refuses(*SESSION_REFUSALS)
async def _current_caller(request: Request, deps: Wired) -> Caller:
    return await deps.authenticator.authenticate(request)


CurrentCaller = Annotated[Caller, Depends(_current_caller)]
Id = UUID


def sender_of(caller: Caller) -> Sender:
    """Return the caller as the sender of a transfer."""
    return Sender(address=caller.address, name=caller.name, role=cast(Role, caller.role), mail_to=caller.mail_to)


def language_of(caller: Caller) -> Language:
    """Return the language of the caller; French unless it is English."""
    return "en" if caller.language == "en" else "fr"
