"""Accounts and permissions: one account per service on each server, with the least privilege."""

import base64
import hashlib

SERVICES = ("auth", "upload", "propagation", "notify", "download")
BUCKET = "melanissimo"
REGION = "us-east-1"
BUS_WRITE = r"^(events|retry\..*|dead)$"


def bus_read(service: str) -> str:
    """Return the pattern of the queues that a service may read: its own."""
    return rf"^{service}\."


def password_hash(password: str) -> str:
    """Return a password as the broker stores it: base64 of four bytes of salt and the SHA-256 of salt and password."""
    salt = hashlib.sha256(b"salt" + password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


# The download service may fetch an object whose key it knows, and nothing else: no list, no write, no delete.
READ_ONLY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam:::user/download"]},
            "Action": ["s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{BUCKET}/*"],
        }
    ],
}
