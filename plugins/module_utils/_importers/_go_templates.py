# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The templates of Go in which ecspresso writes its files: lookups in the environment, in Terraform states, and so on.

Sources: https://pkg.go.dev/text/template, https://github.com/kayac/go-config (env, must_env, json_escape) and
https://github.com/kayac/ecspresso#plugins (tfstate, ssm, secretsmanager_arn, cfn_output, cfn_export).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .._errors import BadInput
from .._export.secrets import Hidden
from ._reader import spelled

ACTION = re.compile(r'\{\{-?((?:`[^`]*`|"(?:[^"\\\n]|\\.)*"|[^`"])*?)-?\}\}')
TOKEN = re.compile(r'\s*(?:`(?P<raw>[^`]*)`|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<sign>[()|])|(?P<word>[^\s()|`"]+))')
COMMENT = re.compile(r"\s*/\*.*\*/\s*", re.DOTALL)
VERB = re.compile(r"%[sdvq]")
# A place in the text whose value is not known; the two characters are for private use, so no file has them.
MARK = re.compile("\ue000(\\d+)\ue001")
RENDER = "print it with `ecspresso render`, and convert what that prints."
# Functions -> where ecspresso looks up what they are given; a plugin may put a prefix before the name.
PLACES = {
    "must_env": "the environment",
    "env": "the environment",
    "tfstatef": "a Terraform state",
    "tfstate": "a Terraform state",
    "secretsmanager_arn": "Secrets Manager",
    "ssm": "the Parameter Store",
    "cfn_output": "the outputs of a CloudFormation stack",
    "cfn_export": "the exports of CloudFormation",
}

Note = Callable[[str, str, str], None]


class Unknown(Exception):
    """A lookup has no value here."""

    def __init__(self, name: str, place: str) -> None:
        super().__init__(name)
        self.reason = f"ecspresso looks up {name} in {place}, and no value is given here."
        self.remedy = f"give {name} in variables, or the value of the placeholder."


class Template:
    """Fills in the templates of files; variables are found by the names that are looked up."""

    def __init__(self, variables: Mapping[str, str], note: Note) -> None:
        self._variables = variables
        self._note = note
        self._unknown: list[Unknown] = []

    def text(self, text: str, name: str) -> str:
        """Fill in a text, with marks where there is no value; `name` is that of the file.

        Raises BadInput for statements, such as `if`.
        """

        def one(match: re.Match[str]) -> str:
            line = text.count("\n", 0, match.start()) + 1
            return self._action(match[1], name, line)

        return ACTION.sub(one, text)

    def value(self, value: Any, path: str) -> Any:
        """Copy a document that was loaded of such a text; text with a mark is noted and hidden."""
        if isinstance(value, Mapping):
            return {
                key: self.value(entry, f"{path}{spelled(str(key), bool(path))}")
                for key, entry in ((self._plain(key), entry) for key, entry in value.items())
            }
        if isinstance(value, list):
            return [self.value(entry, f"{path}[{index}]") for index, entry in enumerate(value)]
        marks = MARK.findall(value) if isinstance(value, str) else []
        for number in marks:
            unknown = self._unknown[int(number)]
            self._note(path, unknown.reason, unknown.remedy)
        return Hidden(self._plain(value)) if marks else value

    def _plain(self, value: Any) -> Any:
        """Give text with names in the place of marks."""
        return MARK.sub(lambda match: str(self._unknown[int(match[1])]), value) if isinstance(value, str) else value

    def _action(self, inner: str, name: str, line: int) -> str:
        if COMMENT.fullmatch(inner):
            return ""
        tokens = [(match.lastgroup or "", match[match.lastgroup or 0]) for match in TOKEN.finditer(inner)]
        try:
            value, rest = self._pipeline(tokens, name)
            if not rest:
                return value
        except Unknown as unknown:
            self._unknown.append(unknown)
            return f"\ue000{len(self._unknown) - 1}\ue001"
        except (ValueError, IndexError):
            pass
        raise BadInput(f"line {line}: the template {{{{{inner}}}}} is not carried out here; {RENDER}")

    def _pipeline(self, tokens: list[tuple[str, str]], name: str) -> tuple[str, list[tuple[str, str]]]:
        """Give the value of `function arguments | function ...`, and the tokens after it."""
        value: list[str] = []
        while True:
            words: list[str] = []
            first = tokens[0]
            while tokens and tokens[0][1] not in (")", "|"):
                kind, text = tokens.pop(0)
                if kind == "sign":
                    text, tokens = self._pipeline(tokens, name)
                    tokens.pop(0)
                words.append(json.loads(text) if kind == "quoted" else text)
            value = [self._called(words, value, name) if first[0] == "word" else words[0]]
            if not tokens or tokens[0] == ("sign", ")"):
                return value[0], tokens
            tokens.pop(0)

    def _called(self, words: list[str], last: list[str], name: str) -> str:
        function, arguments = words[0], [*words[1:], *last]
        if function == "json_escape":
            return json.dumps(arguments[0], ensure_ascii=False)[1:-1]
        if function == "printf":
            return _printed(arguments)
        known = next((one for one in PLACES if function == one or (one != "env" and function.endswith(one))), None)
        if known is None:
            raise ValueError(function)
        if known in ("env", "must_env"):
            return self._environment(arguments, name) if known == "env" else self._looked_up(arguments[0], known)
        if known == "tfstatef":
            arguments = [_printed(arguments)]
        return self._looked_up(".".join(arguments) if known == "cfn_output" else arguments[0], known)

    def _environment(self, keys: list[str], name: str) -> str:
        """Give the first variable that there is; the last of several names is the default."""
        for key in keys[:-1] or keys:
            if self._variables.get(key):
                return self._variables[key]
        if len(keys) == 1:
            raise Unknown(keys[0], PLACES["env"])
        said = f"there is no value for {keys[0]}, so its default is taken."
        self._note(name, said, f"give {keys[0]} in variables where another value is meant.")
        return keys[-1]

    def _looked_up(self, key: str, function: str) -> str:
        if key not in self._variables:
            raise Unknown(key, PLACES[function])
        return self._variables[key]


def _printed(arguments: list[str]) -> str:
    values = iter(arguments[1:])
    return VERB.sub(lambda _match: next(values, ""), arguments[0])
