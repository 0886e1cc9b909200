"""The session that was opened on a server, kept from one command to the next."""

from client.api import Api
from client.errors import Json
from client.state_folder import StateFolder, document_name

FOLDER = "sessions"
MEMBERS = ("token", "expires_at", "email", "role", "name")


class SessionStore:
    """One session a server; each renewal is written down, so that a killed process does not end it."""

    def __init__(self, state: StateFolder) -> None:
        self._state = state

    def store_sessions_of(self, api: Api) -> None:
        """From now on what this client is given as a session is written down."""
        server = api.transport.base_url

        def on_session(session: Json) -> None:
            known: Json = self.get(server) or {}
            told: Json = {name: session[name] for name in MEMBERS if name in session}
            self._state.write(self._name(server), {**known, **told, "server": server})

        api.transport.on_session = on_session

    def restore(self, api: Api) -> Json | None:
        """Gives this client the session that was kept for its server, and keeps what becomes of it."""
        found = self.get(api.transport.base_url)
        if found:
            api.transport.token = str(found["token"])
            self.store_sessions_of(api)
        return found

    def get(self, server: str) -> Json | None:
        """The session on a server: token, expires_at, email, role, name; or none."""
        found = self._state.read(self._name(server))
        return found if found and "token" in found and "email" in found else None

    def forget(self, server: str) -> None:
        """Nothing is known of it any more."""
        self._state.remove(self._name(server))

    def only_server(self) -> str | None:
        """The server, when there is a session on one and on no other."""
        found = [self._state.read(name) for name in self._state.names(FOLDER)]
        servers = {str(session["server"]) for session in found if session and "server" in session}
        return servers.pop() if len(servers) == 1 else None

    @staticmethod
    def _name(server: str) -> str:
        return f"{FOLDER}/{document_name(server)}"
