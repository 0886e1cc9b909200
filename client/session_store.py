"""Store the session on each server from one command to the next."""

from client.api import Api
from client.errors import Json
from client.state_folder import StateFolder, document_name

FOLDER = "sessions"
MEMBERS = ("token", "expires_at", "email", "role", "name")


class SessionStore:
    """One session per server; each renewal is stored at once, so that a killed process does not lose it."""

    def __init__(self, state: StateFolder) -> None:
        self._state = state

    def store_sessions_of(self, api: Api) -> None:
        """Store every session that this client is given from now on."""
        server = api.transport.base_url

        def on_session(session: Json) -> None:
            known: Json = self.get(server) or {}
            given: Json = {name: session[name] for name in MEMBERS if name in session}
            self._state.write(self._name(server), {**known, **given, "server": server})

        api.transport.on_session = on_session

    def restore(self, api: Api) -> Json | None:
        """Give this client the stored session of its server, if there is one, and store its renewals."""
        found = self.get(api.transport.base_url)
        if found:
            api.transport.token = str(found["token"])
            self.store_sessions_of(api)
        return found

    def get(self, server: str) -> Json | None:
        """Return the session on a server (token, expires_at, email, role, name), or None."""
        found = self._state.read(self._name(server))
        return found if found and "token" in found and "email" in found else None

    def forget(self, server: str) -> None:
        """Delete the session on a server."""
        self._state.remove(self._name(server))

    def only_server(self) -> str | None:
        """Return the server if there is a session on exactly one."""
        found = [self._state.read(name) for name in self._state.names(FOLDER)]
        servers = {str(session["server"]) for session in found if session and "server" in session}
        return servers.pop() if len(servers) == 1 else None

    @staticmethod
    def _name(server: str) -> str:
        return f"{FOLDER}/{document_name(server)}"
