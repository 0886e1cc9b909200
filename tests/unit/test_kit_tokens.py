"""Twelve rules for session tokens, as a table of forgeries that must all fail."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from services.kit.authentication import SESSION_TOKEN
from services.kit.credentials import derived_token
from services.kit.tokens import MAX_TOKEN_LENGTH, InvalidToken, Signer, TokenProfile, Verifier

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
ISSUED = int(NOW.timestamp())
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

PRIVATE = ec.generate_private_key(ec.SECP256R1())
PEM = PRIVATE.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC_PEM = PRIVATE.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
SIGNER = Signer(PEM, SESSION_TOKEN)
VERIFIER = Verifier(json.dumps({"keys": [SIGNER.public_jwk]}), SESSION_TOKEN)
HEADER = {"alg": "ES256", "kid": SIGNER.kid, "typ": "session+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": SESSION_TOKEN.issuer,
    "aud": SESSION_TOKEN.audience,
    "sub": "ana@ministere.example",
    "jti": "s1",
    "iat": ISSUED,
    "exp": ISSUED + 900,
}


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def es256(message: bytes, key: ec.EllipticCurvePrivateKey = PRIVATE) -> bytes:
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def forged(
    header: Any = None, claims: Any = None, sign: Callable[[bytes], bytes] = es256, without: str | None = None
) -> str:
    """A token made by hand: what the library would not make, an attacker would."""
    body = CLAIMS if claims is None else claims
    if without:
        body = {name: value for name, value in body.items() if name != without}
    head = HEADER if header is None else header
    message = f"{text(json.dumps(head).encode())}.{text(json.dumps(body).encode())}"
    return f"{message}.{text(sign(message.encode()))}"


def with_hmac(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda message: hmac.digest(secret, message, hashlib.sha256)


def refused(token: str, verifier: Verifier = VERIFIER, now: datetime = NOW) -> bool:
    try:
        verifier.verify(token, now)
    except InvalidToken:
        return True
    return False


def test_a_genuine_token_gives_its_claims() -> None:
    token = SIGNER.sign(
        subject="ana@ministere.example", id="s1", now=NOW, life=timedelta(minutes=15), claims={"role": "agent"}
    )
    assert VERIFIER.verify(token, NOW) == {**CLAIMS, "role": "agent"}


def test_the_forgers_workshop_makes_genuine_tokens_when_nothing_is_forged() -> None:
    assert VERIFIER.verify(forged(), NOW) == CLAIMS


PUBLIC_JWK_TEXT = json.dumps(SIGNER.public_jwk).encode()
OTHER_CURVE = ec.generate_private_key(ec.SECP384R1())
SIGNATURE = forged().rsplit(".", 1)[1]

FORGERIES: dict[str, str] = {
    "no algorithm": forged({**HEADER, "alg": "none"}, sign=lambda _message: b""),
    "no algorithm, some signature": forged({**HEADER, "alg": "none"}),
    "no algorithm in capitals": forged({**HEADER, "alg": "NONE"}, sign=lambda _message: b"x"),
    "the public key in PEM as an HMAC secret": forged({**HEADER, "alg": "HS256"}, sign=with_hmac(PUBLIC_PEM)),
    "the public key in JWK as an HMAC secret": forged({**HEADER, "alg": "HS256"}, sign=with_hmac(PUBLIC_JWK_TEXT)),
    "the header says ES256, the signature is an HMAC": forged(sign=with_hmac(PUBLIC_PEM)),
    "another algorithm of the family": forged({**HEADER, "alg": "ES384"}),
    "RSA": forged({**HEADER, "alg": "RS256"}),
    "an encryption algorithm": forged({**HEADER, "alg": "dir", "enc": "A256GCM"}),
    "a list of algorithms": forged({**HEADER, "alg": ["ES256"]}),
    "another key": forged(sign=lambda message: es256(message, ec.generate_private_key(ec.SECP256R1()))),
    "a critical extension": forged({**HEADER, "crit": ["exp"]}),
    "an extra header": forged({**HEADER, "x5u": "https://evil.example/key"}),
    "its own key in the header": forged({**HEADER, "jwk": SIGNER.public_jwk}),
    "the type of another kind": forged({**HEADER, "typ": "JWT"}),
    "no type": forged({"alg": "ES256", "kid": SIGNER.kid}),
    "no key id": forged({"alg": "ES256", "typ": "session+jwt"}),
    "an unknown key id": forged({**HEADER, "kid": "unknown"}),
    "a path as key id": forged({**HEADER, "kid": "../../dev/null"}),
    "a list as key id": forged({**HEADER, "kid": [SIGNER.kid]}),
    "a header that is a list": forged(["alg", "kid", "typ"]),
    "a header that is a text": forged("alg kid typ"),
    "claims that are a list": forged(claims=list(CLAIMS)),
    "claims that are a number": forged(claims=5),
    "another audience": forged(claims={**CLAIMS, "aud": "elsewhere"}),
    "several audiences": forged(claims={**CLAIMS, "aud": [SESSION_TOKEN.audience, "elsewhere"]}),
    "another issuer": forged(claims={**CLAIMS, "iss": "elsewhere"}),
    "an end in text": forged(claims={**CLAIMS, "exp": str(ISSUED + 900)}),
    "an end with a fraction": forged(claims={**CLAIMS, "exp": ISSUED + 900.5}),
    "an end that is true": forged(claims={**CLAIMS, "exp": True}),
    "no end, said aloud": forged(claims={**CLAIMS, "exp": None}),
    "an endless end": forged(claims={**CLAIMS, "exp": float("inf")}),
    "a beginning in text": forged(claims={**CLAIMS, "iat": str(ISSUED)}),
    "a beginning that is true": forged(claims={**CLAIMS, "iat": True}),
    "a beginning in the future": forged(claims={**CLAIMS, "iat": ISSUED + 31}),
    "over": forged(claims={**CLAIMS, "iat": ISSUED - 931, "exp": ISSUED - 31}),
    "a life longer than its purpose allows": forged(claims={**CLAIMS, "exp": ISSUED + 1801}),
    "a beginning long ago": forged(claims={**CLAIMS, "iat": 0}),
    "an id that is a number": forged(claims={**CLAIMS, "jti": 5}),
    "a subject that is a number": forged(claims={**CLAIMS, "sub": 5}),
    "longer than is read": forged(claims={**CLAIMS, "padding": "x" * MAX_TOKEN_LENGTH}),
    "deeply nested claims": f"{text(json.dumps(HEADER).encode())}.{text(b'[' * 900)}.{SIGNATURE}",
    "nothing": "",
    "two dots": "..",
    "one dot": forged().rsplit(".", 1)[0],
    "three dots": forged() + ".x",
    "padding": forged() + "==",
    "padding in the header": forged().replace(".", "=.", 1),
    "a blank before": " " + forged(),
    "a line end after": forged() + "\n",
    "another alphabet": forged().rsplit(".", 1)[0] + "." + SIGNATURE[:-2] + "+/",
    "not ASCII": forged()[:-1] + "é",
    "a full-width character": forged()[:-1] + "Ａ",
    "no signature": forged().rsplit(".", 1)[0] + ".",
    "a signature in DER": forged(sign=lambda message: PRIVATE.sign(message, ec.ECDSA(hashes.SHA256()))),
    "a signature of zeros": forged(sign=lambda _message: bytes(64)),
    **{f"without {claim}": forged(without=claim) for claim in CLAIMS},
}


@pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forgery_is_refused(token: str) -> None:
    assert refused(token)


def test_a_token_replayed_with_other_trailing_bits_is_refused() -> None:
    """The last character of 64 bytes in base64 holds two unused bits in the signature: they must be zero."""
    genuine = forged()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(genuine[-1])
    twins = [genuine[:-1] + alphabet[last ^ bits] for bits in range(1, 16)]
    assert not refused(genuine)
    assert all(refused(twin) for twin in twins)


def test_a_signed_payload_with_other_trailing_bits_is_refused() -> None:
    """Even over a genuine signature: one session, one text."""
    header = text(json.dumps(HEADER).encode())
    claims = json.dumps(CLAIMS).encode()
    payload = text(claims + b" " * ((1 - len(claims)) % 3))
    assert len(payload) % 4 == 2
    for written in (payload, payload[:-1] + chr(ord(payload[-1]) + 1)):
        message = f"{header}.{written}"
        assert refused(f"{message}.{text(es256(message.encode()))}") is (written != payload)


def test_the_mirrored_signature_is_the_same_session_so_replay_is_judged_by_its_id() -> None:
    """(r, -s) signs as well as (r, s): two texts, one `jti`; whoever remembers tokens must remember the `jti`."""
    message, _, signature = forged().rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    mirrored = raw[:32] + (ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    twin = f"{message}.{text(mirrored)}"
    assert twin != forged()
    assert VERIFIER.verify(twin, NOW)["jti"] == "s1"


def test_one_flipped_bit_anywhere_is_refused() -> None:
    genuine = forged().encode()
    for at in range(len(genuine)):
        flipped = genuine[:at] + bytes([genuine[at] ^ 1]) + genuine[at + 1 :]
        assert refused(flipped.decode()), at


@given(st.text(max_size=300))
def test_any_text_is_refused_without_any_other_error(noise: str) -> None:
    assert refused(noise)


@given(st.tuples(st.binary(max_size=60), st.binary(max_size=200), st.binary(max_size=80)))
def test_any_bytes_in_three_segments_are_refused_without_any_other_error(parts: tuple[bytes, bytes, bytes]) -> None:
    assert refused(".".join(text(part) for part in parts))


def test_the_end_is_judged_by_the_time_that_is_given_with_thirty_seconds_of_grace() -> None:
    token = forged()
    assert not refused(token, now=NOW + timedelta(seconds=930))
    assert refused(token, now=NOW + timedelta(seconds=931))
    assert not refused(token, now=NOW - timedelta(seconds=30))
    assert refused(token, now=NOW - timedelta(seconds=31))


def test_a_token_of_another_purpose_is_refused() -> None:
    other = TokenProfile(SESSION_TOKEN.issuer, SESSION_TOKEN.audience, "approval+jwt", SESSION_TOKEN.max_life)
    token = Signer(PEM, other).sign(subject="a", id="b", now=NOW, life=timedelta(minutes=1), claims={})
    assert refused(token)


def test_claims_cannot_override_what_the_signer_decides() -> None:
    token = SIGNER.sign(subject="a", id="b", now=NOW, life=timedelta(minutes=1), claims={"exp": 9**12, "sub": "c"})
    claims = VERIFIER.verify(token, NOW)
    assert (claims["sub"], claims["exp"]) == ("a", ISSUED + 60)


@pytest.mark.parametrize("character", ["x", "é", "Ω", "漢", "𠮷", '"', "\\"])
def test_the_longest_names_in_any_script_still_fit(character: str) -> None:
    address = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.fr"
    name = f"{character * 100} {character * 100}"
    claims = {"name": name, "role": "external", "language": "fr", "mail_to": address.upper()}
    claims["person"] = derived_token("p" * 40, "person", address)
    token = SIGNER.sign(subject=address, id="f" * 64, now=NOW, life=timedelta(minutes=15), claims=claims)
    assert VERIFIER.verify(token, NOW)["name"] == claims["name"]


def test_claims_that_no_verifier_would_read_are_not_signed() -> None:
    with pytest.raises(ValueError):
        SIGNER.sign(subject="a", id="b", now=NOW, life=timedelta(minutes=1), claims={"name": "x" * MAX_TOKEN_LENGTH})


def test_two_keys_are_honoured_while_one_replaces_the_other() -> None:
    newer_pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    newer = Signer(newer_pem.decode(), SESSION_TOKEN)
    both = Verifier(json.dumps({"keys": [newer.public_jwk, SIGNER.public_jwk]}), SESSION_TOKEN)
    for signer in (newer, SIGNER):
        token = signer.sign(subject="a", id="b", now=NOW, life=timedelta(minutes=1), claims={})
        assert both.verify(token, NOW)["sub"] == "a"
    stolen_name = forged({**HEADER, "kid": newer.kid})
    assert refused(stolen_name, both)


def test_a_key_set_that_could_sign_or_is_empty_is_refused_at_the_start() -> None:
    for keys in ([], [{**SIGNER.public_jwk, "d": "x"}], [{"kty": "oct", "k": "c2VjcmV0", "kid": "x"}]):
        with pytest.raises(ValueError):
            Verifier(json.dumps({"keys": keys}), SESSION_TOKEN)


def test_only_a_p256_private_key_may_sign() -> None:
    keys: list[ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey] = [
        OTHER_CURVE,
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ]
    for key in keys:
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with pytest.raises(ValueError):
            Signer(pem.decode(), SESSION_TOKEN)


def test_the_published_key_holds_no_private_part() -> None:
    assert set(SIGNER.public_jwk) == {"crv", "kty", "x", "y", "kid", "use", "alg"}


def test_a_token_is_taken_so_long_after_its_end_and_no_longer() -> None:
    token, day = forged(), timedelta(hours=24)
    ended = NOW + timedelta(seconds=900)
    with pytest.raises(InvalidToken):
        VERIFIER.verify(token, ended + day)
    assert VERIFIER.verify(token, ended + day, grace=day)["jti"] == "s1"
    with pytest.raises(InvalidToken):
        VERIFIER.verify(token, ended + day + timedelta(minutes=1), grace=day)
    with pytest.raises(InvalidToken):
        VERIFIER.verify(token, NOW - timedelta(minutes=1), grace=day)
