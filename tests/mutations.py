"""Break a rule of the product, and a named test fails: the changes that `make mutations` makes, one at a time.

They are made in a copy of the project. Each test passes before its change and must fail after it.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from devstack.workspace import PROJECT

COMPILED = ("services/notify/compiled", "portal/static")
"""What the tests need and Git ignores."""
TESTS_FAILED = 1


class Mutation(NamedTuple):
    """A rule, the change that breaks it, and the test that holds it; `before` stands exactly once in the file."""

    rule: str
    path: str
    before: str
    after: str
    test: str

    def broken(self, text: str) -> str:
        """The text of the file after the change; `ValueError` when the text is not the one that is expected."""
        if text.count(self.before) != 1:
            raise ValueError(f"{self.path} holds this {text.count(self.before)} times: {self.before}")
        return text.replace(self.before, self.after)


MUTATIONS = (
    Mutation(
        "A one-time link opens one session.",
        "services/auth/domain.py",
        "        raise LinkAlreadyUsed()\n",
        "        return sign_in, []\n",
        "tests/unit/auth/test_auth_links.py::test_a_link_opens_one_session",
    ),
    Mutation(
        "Five wrong keys end a one-time link.",
        "services/auth/domain.py",
        "        return counted, []\n",
        "        return sign_in, []\n",
        "tests/unit/auth/test_auth_links.py::test_the_fifth_wrong_key_ends_the_link_and_the_right_one_comes_too_late",
    ),
    Mutation(
        "Only the exact domain of a ministry makes an agent.",
        "services/kit/addresses.py",
        "return domain in self._exact or ",
        "return domain.endswith(tuple(self._exact)) or ",
        "tests/unit/test_kit_addresses.py::test_a_look_alike_is_external",
    ),
    Mutation(
        "A session token is signed with one algorithm only.",
        "services/kit/tokens.py",
        """ or header["alg"] != ALGORITHM:
            raise InvalidToken()
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys[header["kid"]],
            algorithms=["ES256"],
""",
        """:
            raise InvalidToken()
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys[header["kid"]],
            algorithms=header["alg"],
""",
        "tests/unit/test_kit_tokens.py::test_a_forgery_is_refused",
    ),
    Mutation(
        "A log line holds allowed fields only: no address and no secret.",
        "services/kit/logs.py",
        "for key, value in line.items() if key in ALLOWED_FIELDS}",
        "for key, value in line.items()}",
        "tests/unit/kit/test_logs.py::test_a_field_that_is_not_allowed_is_dropped",
    ),
    Mutation(
        "An event stays in its document until the broker has confirmed it.",
        "services/kit/outbox.py",
        """
                await self._publisher.publish(entry)
                published.append(entry)
""",
        """
                published.append(entry)
                await self._publisher.publish(entry)
""",
        "tests/unit/kit/test_outbox.py::test_an_event_that_was_not_confirmed_stays_and_is_published_by_the_next_sweep",
    ),
    Mutation(
        "A refused kind of file is refused however its extension is written.",
        "services/upload/domain/file_names.py",
        'normalise(path.rpartition("/")[2], MAX_INPUT_LENGTH, "NFKC").casefold()',
        'path.rpartition("/")[2].casefold()',
        "tests/unit/upload/test_upload_file_names.py::test_a_refused_extension_is_refused_however_it_is_written",
    ),
    Mutation(
        "What an external person sends to external people is released to them after an approval only.",
        "services/propagation/domain.py",
        "_released(state, agent_recipients(parcel), parcel.submitted_at, awaiting=True)",
        "_released(state, parcel.recipients, parcel.submitted_at, awaiting=True)",
        "tests/unit/propagation/test_propagation_decisions.py"
        "::test_an_external_sender_who_writes_to_external_people_reaches_the_agents_only",
    ),
    Mutation(
        "The first decision of an approver stands.",
        "services/propagation/domain.py",
        "    _refuse_unless_open(state, digest, now)\n    decided = RecordedDecision(",
        "    decided = RecordedDecision(",
        "tests/unit/propagation/test_propagation_decisions.py"
        "::test_the_first_decision_wins_and_the_second_agent_learns_who_decided_and_when",
    ),
    Mutation(
        "A running download takes one of the three that a recipient has of a file.",
        "services/download/domain/quota.py",
        "return self._possible_copies(now) > self.limit",
        "return self.count('done', now) > self.limit",
        "tests/unit/download/test_download_leases.py::test_three_leases_and_not_a_fourth",
    ),
    Mutation(
        "A download that broke off costs its recipient nothing.",
        "services/download/domain/download.py",
        'return "done" if self.is_in_its_last_mib else "expired"',
        'return "done"',
        "tests/unit/download/test_download_leases.py::test_a_lease_lives_ninety_seconds_after_the_last_byte",
    ),
    Mutation(
        "A download that was handed out whole counts, however late that is recorded.",
        "services/download/domain/download.py",
        'if self.is_handed_out_whole or before.state_at(now) == "running":',
        'if before.state_at(now) == "running":',
        "tests/unit/download/test_download_leases.py"
        "::test_a_download_handed_out_whole_counts_although_its_lease_had_ended_when_that_was_recorded",
    ),
    Mutation(
        "A part that is not what was sent never leaves.",
        "services/download/streaming/verified_reader.py",
        "        raise PartCorrupted(one.file.file)\n",
        "        return wanted\n",
        "tests/unit/download/test_download_verified_reader.py::test_a_part_that_is_wrong_twice_ends_it",
    ),
    Mutation(
        "Nothing that somebody wrote becomes a header of a mail.",
        "services/notify/smtp/message.py",
        '.replace("=?", "= ?")',
        "",
        "tests/unit/notify/test_notify_message.py::test_two_parsers_find_one_recipient_and_the_headers_we_wrote",
    ),
    Mutation(
        "A form of the portal is taken with its own token only.",
        "portal/csrf.py",
        "if constant_time_equal(given, self.token(request, person, path)):",
        "if given or path:",
        "tests/unit/portal/test_portal_access.py::test_every_address_that_takes_a_post_refuses_one_without_the_token",
    ),
    Mutation(
        "The command line keeps a file only if its digest is the one that was promised.",
        "client/download.py",
        "if range_download.sha256 != range_download.grant.sha256:",
        "if not range_download.sha256:",
        "tests/unit/client/test_download.py::test_a_file_with_another_digest_is_deleted",
    ),
    Mutation(
        "The gateway passes on only the request headers that it names.",
        "deploy/gateway/templates/nginx.conf.template",
        "proxy_pass_request_headers off;",
        "proxy_pass_request_headers on;",
        "tests/integration/gateway/test_gateway_headers.py::test_forged_headers_are_dropped",
    ),
    # The tests of these need the servers: they come last, so that what is quick is seen first.
    Mutation(
        "Of two changes of one document at once, neither is lost.",
        "services/kit/mongo.py",
        '{"_id": before.id, "version": before.version}',
        '{"_id": before.id}',
        "tests/integration/test_mongo.py::test_two_hundred_concurrent_changes_over_three_clients_lose_none",
    ),
    Mutation(
        "A part is taken only with the digest under which it was announced first.",
        "services/upload/store.py",
        "if first is not None and {name: first[name] for name in announced} != announced:",
        "if first is None:",
        "tests/integration/upload/test_upload_parts.py::test_the_same_part_is_authorised_again_and_another_one_is_not",
    ),
    Mutation(
        "The links of a withdrawn transfer open nothing.",
        "services/download/api/links.py",
        "    delivery.must_be_open_to(link.recipient.address)\n",
        "",
        "tests/integration/download/test_download_events.py::test_each_end_has_its_own_words",
    ),
)


def main() -> int:
    """Print a line for each rule; 0 when every one is held by its test, 1 otherwise."""
    with TemporaryDirectory(prefix="mutations-") as folder:
        copy = Path(folder)
        copy_project(copy)
        print("first, all the tests without any change", flush=True)
        status, output = run_tests(copy, *(mutation.test for mutation in MUTATIONS))
        if status:
            print(f"{output}\nsome of the tests fail without any change")
            return 1
        held = sum(try_out(copy, mutation) for mutation in MUTATIONS)
    print(f"{held} of {len(MUTATIONS)} rules are held by a test")
    return 0 if held == len(MUTATIONS) else 1


def copy_project(into: Path) -> None:
    """Copy all that Git does not ignore, as it is now; what is compiled is linked to."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\0"):
        if (PROJECT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, into / name)
    for name in COMPILED:
        (into / name).symlink_to(PROJECT / name)


def try_out(copy: Path, mutation: Mutation) -> bool:
    """Break one rule in the copy, run its test, mend the copy, and print what came of it; whether the test failed."""
    path, began = copy / mutation.path, time.monotonic()
    whole = path.read_text()
    path.write_text(mutation.broken(whole))
    status, output = run_tests(copy, mutation.test)
    path.write_text(whole)
    held = has_failed(mutation.test, status, output)
    by = f"by {mutation.test.partition('::')[2]} in {time.monotonic() - began:.1f} s"
    print(f"held {by}: {mutation.rule}" if held else f"NOT HELD {by}: {mutation.rule}\n{output}", flush=True)
    return held


def run_tests(copy: Path, *tests: str) -> tuple[int, str]:
    """The exit code of pytest, up to the first failure, and what it printed."""
    command = [sys.executable, "-m", "pytest", "--exitfirst", "--tb=line", "--color=no", *tests]
    done = subprocess.run(command, cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def has_failed(test: str, status: int, output: str) -> bool:
    """The test itself has failed: it was neither impossible to collect nor stopped by its fixtures."""
    return status == TESTS_FAILED and any(line.startswith(f"FAILED {test}") for line in output.splitlines())


if __name__ == "__main__":
    sys.exit(main())
