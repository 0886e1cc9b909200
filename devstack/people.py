"""People who use the public API with a mailbox of their own: they solve the human check, read mails and sign in."""

from client.api import Api
from client.schemas.auth import NewSessionSchema
from devstack.challenge_solver import solve
from devstack.inbox import Inbox, ReceivedMail

ACCESS = "access"
DECISION = "approve"
OFFER = "download"


class ApiUser:
    """A person with a mail address, who reads their own mails and uses only the public API."""

    def __init__(self, api: Api, inbox: Inbox, address: str, first_name: str, last_name: str) -> None:
        self.api = api
        self.address = address
        self.first_name = first_name
        self.last_name = last_name
        self._inbox = inbox

    def request_link(self) -> str:
        """Solve the human check and request a link; return the question.

        A challenge is valid for one attempt, so that a retry solves a new one.
        """
        return self.api.transport.retry.call(self._solve_and_request)

    def _solve_and_request(self) -> str:
        challenge = self.api.create_challenge("question")
        question = challenge.question or ""
        self.api.request_link(self.address, challenge.challenge, solve(question))
        return question

    def wait_for_mail(self, page: str, seen: int = 0, seconds: float = 90.0) -> ReceivedMail:
        """Wait for the mail with a link to a page, after `seen` earlier ones."""
        return self._inbox.wait(self.address, page, seen, seconds)

    def open_session(self, mail: ReceivedMail) -> NewSessionSchema:
        """Open a session with the link and the key of a mail."""
        key = mail.key
        if key is None:
            raise LookupError(f"no key in « {mail.subject} »")
        return self.api.open_session(mail.token(ACCESS), key, self.last_name, self.first_name)

    def sign_in(self) -> NewSessionSchema:
        """Request a link, read the mail and open a session."""
        seen = len([mail for mail in self._inbox.to(self.address) if mail.key])
        self.request_link()
        return self.open_session(self.wait_for_mail(ACCESS, seen))
