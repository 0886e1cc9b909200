"""The store as a contender: the same signed requests, directly or through an nginx that does nothing else."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import minio
from minio.credentials.providers import StaticProvider
from minio.datatypes import Part
from minio.signer import sign_v4_s3

from bench.contender import verify_content
from bench.http_connection import HttpConnection
from bench.part_file import PartFile
from devstack.s3_client import s3_client
from devstack.stack import Stack
from services.kit.objects import ObjectStore, SignedPut

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class DirectStore:
    """The store at an address: its own, or that of the nginx in front of it."""

    crashes = 0

    def __init__(self, stack: Stack, name: str, through: str, pids: dict[str, list[int]]) -> None:
        self.name = name
        self.memory_parts: Sequence[str] = tuple(pids)
        self._stack = stack
        self._through = through
        self._pids = pids

    def client(self) -> "StoreClient":
        return StoreClient(self._stack, self._through)

    def servers(self) -> dict[str, list[int]]:
        return self._pids

    def has_crashed(self) -> bool:
        """Return False: a failure of the store or its nginx ends the run."""
        return False


class StoreClient:
    """Signs headers as the upload service does; sends parts of 8 MiB, and smaller files with one PUT."""

    def __init__(self, stack: Stack, through: str) -> None:
        keys = stack.s3_access_key, stack.s3_secret_key
        self._connection = HttpConnection(through)
        self._bucket, self._region, self._endpoint = stack.s3_bucket, stack.s3_region, stack.s3_endpoint
        self._signing = ObjectStore(self._endpoint, self._region, self._bucket, *keys)
        self._credentials = StaticProvider(*keys).retrieve()
        self._client: minio.Minio = s3_client(stack.workspace, "upload")
        self._sent: dict[str, PartFile] = {}

    def upload(self, part_file: PartFile) -> None:
        key = f"bench/{uuid.uuid4().hex}"
        upload = "" if len(part_file.parts) == 1 else self._client._create_multipart_upload(self._bucket, key, {})
        put = []
        for number, part in enumerate(part_file.parts, 1):
            sha256, now = part_file.sha256_of(part), datetime.now(UTC)
            signed = self._signing.sign_put(key, sha256, now, upload_id=upload, part=number if upload else 0)
            put.append(Part(number, self._connection.put(signed.path, part, headers_of(signed))))
        if upload:
            self._client._complete_multipart_upload(self._bucket, key, upload, put)
        self._sent[key] = part_file

    def make_downloadable(self) -> None:
        """Do nothing."""

    def download(self) -> None:
        for key, part_file in self._sent.items():
            path = f"/{self._bucket}/{key}"
            verify_content(part_file, *self._connection.fetch(path, self._signed_get(path)))

    def clean_up(self) -> None:
        for key in self._sent:
            self._client.remove_object(self._bucket, key)
        self._connection.close()
        self._signing.close()

    def _signed_get(self, path: str) -> dict[str, str]:
        now = datetime.now(UTC)
        url = urlsplit(f"{self._endpoint}{path}")
        headers = {
            "Host": url.netloc,
            "x-amz-content-sha256": EMPTY_SHA256,
            "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
        }
        signed = sign_v4_s3(
            method="GET",
            url=url,
            region=self._region,
            headers={**headers},
            credentials=self._credentials,
            content_sha256=EMPTY_SHA256,
            date=now,
        )
        return {**headers, "Authorization": str(signed["Authorization"])}


def headers_of(signed: SignedPut) -> dict[str, str]:
    """Return the headers that the gateway would send to the store."""
    return {
        "Host": signed.host,
        "Authorization": signed.authorization,
        "X-Amz-Date": signed.date,
        "X-Amz-Content-Sha256": signed.sha256,
    }
