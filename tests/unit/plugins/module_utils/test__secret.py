# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is masked and what is not: a diff that shows a password is a leak, one that hides everything is useless."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.longshore.ecs.plugins.module_utils._secret import MASK, hide, masked, masked_pair, restored
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.plugins.fixtures.model import ecs, inputs, structures

HIDDEN = "hunter2hunter2"
# The same documents on every run: a red run can be repeated.
property_of = settings(max_examples=100, deadline=None, derandomize=True)

SECRET_NAMES = [
    "DB_PASSWORD",
    "DB_PASSWORD_1",
    "DB_PASSWORDS",
    "PGPASSWORD",
    "MYSQL_ROOT_PASSWORD",
    "ADMIN_PASSWORD_HASH",
    "SMTP_PASS",
    "passwd",
    "SSH_PASSPHRASE",
    "SECRET_KEY_BASE",
    "CLIENT_SECRET",
    "clientSecret",
    "JWT_SECRET",
    "API_KEY",
    "apiKey",
    "X-Api-Key",
    "AWS_SECRET_ACCESS_KEY",
    "access-key",
    "GITHUB_TOKEN",
    "AUTH_TOKEN",
    "splunk-token",
    "SESSION_TOKEN",
    "PRIVATE_KEY",
    "SIGNING_KEY",
    "ENCRYPTION_KEY",
    "RAILS_MASTER_KEY",
    "NEW_RELIC_LICENSE_KEY",
    "SENTRY_DSN",
    "PASSWORD_SALT",
    "DATABASE_URL",
    "MONGODB_URI",
    "REDIS_URL",
    "AZURE_CONNECTION_STRING",
    "GOOGLE_CREDENTIALS",
]
PLAIN_NAMES = [
    "APP_ENV",
    "BYPASS",
    "COMPASS",
    "AUTHOR",
    "AUTHORIZER_NAME",
    "KEYBOARD",
    "MONKEY",
    "PASSENGERS",
    "PUBLIC_URL",
    "IMAGE",
    "MAX_TOKENS",
    "PRIVATE_SUBNETS",
    "SECRET_ARN",
    "TOKENIZERS_PARALLELISM",
    "DB_PASSWORD_FILE",
    "privateIpv4Address",
    "nextToken",
    "awslogs-group",
    "awslogs-stream-prefix",
    "executionRoleArn",
    "taskRoleArn",
    "clientToken",
    "valueFrom",
    "value_from",
    "kmsKeyId",
    "hostname",
]
SECRET_VALUES = [
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
    "-----BEGIN PRIVATE KEY-----\nMIIE",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "github_pat_11ABCDEFG0abcdefghijklmnop",
    "glpat-0123456789abcdefghij",
    "sk_live_0123456789abcdefghij",
    "xoxb-0123456789-abcdefghijkl",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghij",
    f"postgres://shop:{HIDDEN}@db.internal:5432/shop",
    f"redis://:{HIDDEN}@cache.internal/0",
]
PLAIN_VALUES = [
    "arn:aws:iam::123456789012:role/secret-reader",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/db-AbCdEf",
    "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/password",
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com/token-service:1.2.3",
    "registry.example.com:5000/secret/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "/ecs/token-service",
    "https://db.internal:5432/shop",
    "http://user@example.com/",
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
    "unable to retrieve secret from asm: service call has been retried 1 time(s): access denied",
    "CannotPullContainerError: pull access denied, no basic auth credentials",
    "curl -f http://localhost/health || exit 1",
    "--workers 4 --keyring /etc/keys",
]
ARGUMENTS = {
    f"serve --password={HIDDEN} --fast": f"serve --password={MASK} --fast",
    f"serve --password {HIDDEN} --fast": f"serve --password {MASK} --fast",
    f'serve --password="{HIDDEN}" --fast': f'serve --password="{MASK}" --fast',
    f"serve --db-password='{HIDDEN}'": f"serve --db-password='{MASK}'",
    f"PGPASSWORD={HIDDEN} psql -h db": f"PGPASSWORD={MASK} psql -h db",
    f"export API_KEY={HIDDEN}; run": f"export API_KEY={MASK}; run",
    f"java -Dapp.token={HIDDEN} -Xmx2g": f"java -Dapp.token={MASK} -Xmx2g",
    f"curl -H 'Authorization: Bearer {HIDDEN}' http://a": f"curl -H 'Authorization: Bearer {MASK}' http://a",
}


def _hides(value: Any) -> bool:
    return HIDDEN not in json.dumps(masked(value))


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_secret_name_hides_its_value_wherever_it_stands(name: str) -> None:
    assert masked({name: HIDDEN}) == {name: MASK}
    assert masked([{"name": name, "value": HIDDEN}]) == [{"name": name, "value": MASK}]
    assert masked([{"key": name, "value": HIDDEN}]) == [{"key": name, "value": MASK}]
    assert masked({"environment": {name: HIDDEN}}) == {"environment": {name: MASK}}
    assert masked({name: [HIDDEN, HIDDEN]}) == {name: [MASK, MASK]}


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_a_plain_name_shows_its_value_wherever_it_stands(name: str) -> None:
    for shown in ({name: "shown"}, [{"name": name, "value": "shown"}], {"options": {name: "shown"}}):
        assert masked(shown) == shown


@pytest.mark.parametrize("value", SECRET_VALUES)
def test_a_secret_form_is_hidden_under_any_name(value: str) -> None:
    assert masked({"GREETING": value, "list": [value]}) == {"GREETING": MASK, "list": [MASK]}


@pytest.mark.parametrize("value", PLAIN_VALUES)
def test_a_plain_value_is_shown(value: str) -> None:
    assert masked({"message": value, "command": [value]}) == {"message": value, "command": [value]}


@pytest.mark.parametrize("text", ARGUMENTS)
def test_a_secret_argument_is_cut_out_of_a_command_line(text: str) -> None:
    assert masked({"command": ["sh", "-c", text]}) == {"command": ["sh", "-c", ARGUMENTS[text]]}


@pytest.mark.parametrize("flag", ["--password", "--db-password", "--token", "--api-key", "--secret"])
def test_the_word_after_a_secret_flag_is_hidden(flag: str) -> None:
    assert masked({"command": ["serve", flag, HIDDEN, "--fast"]}) == {"command": ["serve", flag, MASK, "--fast"]}


def test_references_to_secrets_are_shown() -> None:
    container = {
        "secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:ssm:::parameter/a"}],
        "logConfiguration": {"secretOptions": [{"name": "splunk-token", "valueFrom": "arn:aws:ssm:::parameter/b"}]},
        "repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:::secret:c"},
        "credentialSpecs": ["credentialspecdomainless:arn:aws:s3:::a"],
    }
    assert masked(container) == container
    short = {"secrets": {"DB_PASSWORD": "arn:a"}, "log_configuration": {"secret_options": {"splunk-token": "arn:b"}}}
    assert masked(short) == short


def test_nothing_and_switches_are_shown() -> None:
    document = {"DB_PASSWORD": None, "API_KEY": "", "SECRETS_ENABLED": True, "token": False}
    assert masked(document) == document


def test_a_number_under_a_secret_name_is_hidden() -> None:
    assert masked({"DB_PASSWORD": 12345678}) == {"DB_PASSWORD": MASK}


def test_no_member_of_the_api_is_hidden_for_its_own_name() -> None:
    """What people declare about ECS is no secret; only what they file under names of their own can be."""
    shown: dict[str, Any] = {"list": ["shown"], "map": {"a": "shown"}, "structure": {"a": "shown"}}
    members = {
        name: shown.get(member.type_name, "shown")
        for shape in structures(*inputs(ecs()).values()).values()
        for name, member in shape.members.items()
    }
    assert {name for name, value in members.items() if masked({name: value}) != {name: value}} == set()


def test_the_document_that_is_given_stays_as_it_is() -> None:
    document = {"environment": [{"name": "DB_PASSWORD", "value": HIDDEN}]}
    before = copy.deepcopy(document)
    masked(document)
    assert document == before


# Diffs


def test_a_diff_says_that_a_hidden_value_changed() -> None:
    before, after = masked_pair({"env": {"DB_PASSWORD": "old", "A": "1"}}, {"env": {"DB_PASSWORD": "new", "A": "2"}})
    assert before == {"env": {"DB_PASSWORD": MASK, "A": "1"}}
    assert after == {"env": {"DB_PASSWORD": f"{MASK} (changed)", "A": "2"}}


def test_a_diff_says_nothing_of_a_hidden_value_that_stayed() -> None:
    before, after = masked_pair({"env": {"TOKEN": "same"}}, {"env": {"TOKEN": "same", "A": "1"}})
    assert after == {"env": {"TOKEN": MASK, "A": "1"}}
    assert before == {"env": {"TOKEN": MASK}}


def test_entries_of_lists_are_matched_by_name_and_by_key() -> None:
    for key in ("name", "key"):
        old = [{key: "TOKEN", "value": "t1"}, {key: "DB_PASSWORD", "value": "p1"}]
        new = [{key: "DB_PASSWORD", "value": "p1"}, {key: "NEW", "value": "n"}, {key: "TOKEN", "value": "t2"}]
        assert masked_pair(old, new)[1] == [
            {key: "DB_PASSWORD", "value": MASK},
            {key: "NEW", "value": "n"},
            {key: "TOKEN", "value": f"{MASK} (changed)"},
        ]


def test_a_hidden_argument_that_changed_is_seen() -> None:
    before, after = masked_pair({"command": [f"--token={HIDDEN}1"]}, {"command": [f"--token={HIDDEN}2"]})
    assert HIDDEN not in str((before, after))
    assert before != after


def test_a_value_that_came_or_went_needs_no_mark() -> None:
    assert masked_pair({}, {"TOKEN": HIDDEN}) == ({}, {"TOKEN": MASK})
    assert masked_pair({"TOKEN": HIDDEN}, {}) == ({"TOKEN": MASK}, {})
    assert masked_pair({"TOKEN": HIDDEN}, {"TOKEN": None})[1] == {"TOKEN": None}


def _values() -> st.SearchStrategy[Any]:
    names = st.sampled_from(["DB_PASSWORD", "TOKEN", "A", "IMAGE", "command"])
    words = st.sampled_from([HIDDEN, f"--token={HIDDEN}", "--password", "plain", "", f"redis://:{HIDDEN}@a/0"])
    pair = st.fixed_dictionaries({"name": names, "value": words})
    pairs = st.lists(pair, max_size=3, unique_by=lambda item: item["name"])
    return st.recursive(
        words | st.none() | st.booleans() | pairs,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=8,
    )


@property_of
@given(_values())
def test_law_masking_twice_is_masking_once(value: Any) -> None:
    assert masked(masked(value)) == masked(value)


@property_of
@given(_values(), _values())
def test_law_two_sides_differ_where_the_values_do(before: Any, after: Any) -> None:
    left, right = masked_pair({"document": before}, {"document": after})
    assert (left == right) == (before == after)


# Results given back


@property_of
@given(_values())
def test_law_a_masked_result_given_back_is_what_it_was(value: Any) -> None:
    document = {"document": value}
    assert restored(masked(document), document) == document


def test_pairs_are_found_in_another_order() -> None:
    for key in ("name", "key"):
        have = [{key: "A", "value": "plain"}, {key: "TOKEN", "value": HIDDEN}]
        given_back = [{key: "TOKEN", "value": MASK}, {key: "A", "value": "plain"}]
        assert restored(given_back, have) == [{key: "TOKEN", "value": HIDDEN}, {key: "A", "value": "plain"}]


def test_what_was_edited_beside_a_mask_is_kept() -> None:
    edited = masked({"environment": {"TOKEN": HIDDEN, "A": "1"}})
    edited["environment"]["A"] = "2"
    have = {"environment": {"TOKEN": HIDDEN, "A": "1"}}
    assert restored(edited, have) == {"environment": {"TOKEN": HIDDEN, "A": "2"}}


def test_what_is_known_to_be_secret_is_hidden_wherever_it_stands() -> None:
    """A value of a placeholder may stand under a name that promises nothing, or in the middle of a message."""
    hide(["s3ssion-key", "abc", None, "", MASK])
    try:
        shown = masked(
            {"SESSION": "s3ssion-key", "URL": "tcp://s3ssion-key@host", "A": "abc", "WORD": "abcd", "N": "1"}
        )
        assert shown == {"SESSION": MASK, "URL": f"tcp://{MASK}@host", "A": MASK, "WORD": "abcd", "N": "1"}
    finally:
        hide([])
    assert masked({"SESSION": "s3ssion-key"}) == {"SESSION": "s3ssion-key"}


@pytest.mark.parametrize(
    ("value", "have"),
    [
        ({"TOKEN": MASK}, {}),
        ({"TOKEN": MASK}, None),
        ({"NEW_TOKEN": MASK}, {"TOKEN": HIDDEN}),
        ([MASK], []),
        ({"A": MASK}, {"A": "plain"}),
        # An edit beside the hidden part: to keep what AWS has would drop the edit without a word.
        ({"OPTIONS": f"-Dtoken={MASK} -Xmx2g"}, {"OPTIONS": f"-Dtoken={HIDDEN} -Xmx1g"}),
    ],
)
def test_a_mask_is_never_sent(value: Any, have: Any) -> None:
    with pytest.raises(LookupError):
        restored(value, have)


def test_a_document_written_as_json_is_masked_by_its_names() -> None:
    """The input of a schedule's target is such a text."""
    text = json.dumps(
        {"containerOverrides": [{"name": "a", "environment": [{"name": "DB_PASSWORD", "value": "x1y2"}]}]}
    )
    assert "x1y2" not in masked(text) and "DB_PASSWORD" in masked(text)
    plain = '{"a":   1}'
    assert masked(plain) == plain
    assert masked("{not json}") == "{not json}"
