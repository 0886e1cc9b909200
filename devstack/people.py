"""How somebody comes in by the public door: a question answered, a mail read, a link and a key used."""

from client.api import Api
from client.models import ApiSession
from devstack.human_check import answer
from devstack.letters import Letter, Letters

ACCESS = "access"
DECISION = "approve"
OFFER = "download"


class Person:
    """Somebody with an address, who reads their own mails and speaks to the public door only."""

    def __init__(self, api: Api, letters: Letters, address: str, first_name: str, last_name: str) -> None:
        self.api = api
        self.address = address
        self.first_name = first_name
        self.last_name = last_name
        self._letters = letters

    def ask_for_link(self) -> str:
        """Passes the human check and asks for a link; the question that was answered.

        A check is worth one attempt, so that whoever is cut off answers another one.
        """
        return self.api.transport.retry.call(self._answer_and_ask)

    def _answer_and_ask(self) -> str:
        challenge = self.api.create_challenge("question")
        question = challenge.question or ""
        self.api.request_link(self.address, challenge.challenge, answer(question))
        return question

    def letter(self, page: str, seen: int = 0, seconds: float = 90.0) -> Letter:
        """The mail whose link leads to a page."""
        return self._letters.wait(self.address, page, seen, seconds)

    def open_session(self, letter: Letter) -> ApiSession:
        """Uses the link and the key of a mail."""
        key = letter.key
        if key is None:
            raise LookupError(f"no key in « {letter.subject} »")
        return self.api.open_session(letter.token(ACCESS), key, self.last_name, self.first_name)

    def sign_in(self) -> ApiSession:
        """All of it."""
        seen = len([letter for letter in self._letters.to(self.address) if letter.key])
        self.ask_for_link()
        return self.open_session(self.letter(ACCESS, seen))
