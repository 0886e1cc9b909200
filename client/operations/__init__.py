"""The operations of the public API, each described once: its method, its path, its body, and its response."""

from client.operations.auth import AuthOperations
from client.operations.download import DownloadOperations
from client.operations.propagation import PropagationOperations
from client.operations.upload import UploadOperations


class Operations(AuthOperations, UploadOperations, PropagationOperations, DownloadOperations):
    """What a client may request."""
