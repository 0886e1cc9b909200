"""Addresses and credentials of the components of a stack."""

from devstack.accounts import BUCKET, REGION
from devstack.mongo import Mongo
from devstack.ports import LOOPBACK
from devstack.rabbit import Rabbit
from devstack.workspace import Workspace


class Endpoints:
    """Addresses and credentials, known as soon as the stack has been started once."""

    workspace: Workspace
    s3_bucket = BUCKET
    s3_region = REGION

    @property
    def gateway_url(self) -> str:
        return self._http("gateway")

    @property
    def files_url(self) -> str:
        return self._http("files")

    @property
    def mailbox_url(self) -> str:
        return self._http("mailbox")

    @property
    def smtp_port(self) -> int:
        return self.workspace.ports["smtp"]

    @property
    def s3_endpoint(self) -> str:
        return self._http("s3")

    @property
    def s3_access_key(self) -> str:
        return self.secrets("s3")["upload_access_key"]

    @property
    def s3_secret_key(self) -> str:
        return self.secrets("s3")["upload_secret_key"]

    @property
    def s3_read_only_keys(self) -> tuple[str, str]:
        """Access key and secret key of the account that may only fetch."""
        keys = self.secrets("s3")
        return keys["download_access_key"], keys["download_secret_key"]

    @property
    def mongo_admin_url(self) -> str:
        return Mongo(self.workspace).admin_url()

    def mongo_url(self, service: str) -> str:
        """Return the URL with the account of one service."""
        return Mongo(self.workspace).url(service)

    @property
    def amqp_admin_url(self) -> str:
        return Rabbit(self.workspace).url("admin")

    def amqp_url(self, service: str) -> str:
        """Return the URL with the account of one service."""
        return Rabbit(self.workspace).url(service)

    @property
    def amqp_management_url(self) -> str:
        return Rabbit(self.workspace).management_url()

    def service_url(self, service: str) -> str:
        """Return the address of one service, without the gateway."""
        return self._http(service)

    def management_url(self, service: str) -> str:
        """Return the address of the health checks and metrics of one service."""
        return self._http(f"{service}_management")

    def secrets(self, service: str) -> dict[str, str]:
        """Return the contents of the SECRETS_DIR of a service, by file name."""
        return self.workspace.secrets.read(service)

    def _http(self, port: str) -> str:
        return f"http://{LOOPBACK}:{self.workspace.ports[port]}"
