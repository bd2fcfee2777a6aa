# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is converted: a file, a directory of files, or text; each of its documents is read once, by one reader."""

from __future__ import annotations

import functools
import importlib
import json
import re
from pathlib import Path
from typing import Any

from .._document import text_of
from .._errors import BadInput
from ._reader import Leftovers, Reader

# What is a number, a boolean or nothing to YAML 1.2; to YAML 1.1 also 22:22 and `no` would be something else than text.
# Old octal numbers stay, since the tools whose files are read here still know them.
SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0|[1-9][0-9]*|0[0-7]+|0x[0-9a-fA-F]+)", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
)


class Source:
    """The documents to convert."""

    def __init__(self, src: str | None, content: str | None) -> None:
        self.left = Leftovers()
        self._content = content
        self._src = Path(src) if src else None
        self._values: dict[str, list[Any]] = {}
        self._readers: dict[str, Reader] = {}

    @property
    def is_directory(self) -> bool:
        """Whether a directory was given."""
        return self._src is not None and self._src.is_dir()

    @property
    def folder(self) -> Path | None:
        """Give the directory from which relative names are meant; None for text."""
        if self._src is None:
            return None
        return self._src if self.is_directory else self._src.parent

    @property
    def name(self) -> str:
        """Name the file or the directory; empty for text."""
        return self._src.resolve().name if self._src else ""

    def has(self, name: str) -> bool:
        """Tell whether there is a file of this relative name."""
        return self.folder is not None and (self.folder / name).is_file()

    def names(self, pattern: str) -> list[str]:
        """Name the files in the directory that fit a pattern, such as */manifest.yml; none where a file was given."""
        if self.folder is None or not self.is_directory:
            return []
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(pattern) if path.is_file())

    def text(self, name: str = "") -> str:
        """Read a file by its relative name, or without one what was given; raises BadInput where that fails."""
        if name:
            return text_of(str((self.folder or Path()) / name))
        if self._content is not None:
            return self._content
        if self.is_directory:
            raise BadInput(f"src: {self._src} is a directory; name the file in it.")
        return text_of(str(self._src))

    def value(self, name: str = "", text: str | None = None) -> Any:
        """Load a document, YAML or JSON, without taking anything of it; `text` is that of the file, if it was changed.

        Raises BadInput where it cannot be loaded.
        """
        if name not in self._values:
            try:
                self._values[name] = load(self.text(name) if text is None else text)
            except BadInput as error:
                where = name or str(self._src or "content")
                raise BadInput(f"{where}: {str(error).removeprefix('src: ')}") from None
            for part in range(1, len(self._values[name])):
                path = f"{name or 'document'}[{part}]"
                self.left.leave(path, "it is a further document of the same file.", "give it in a file of its own.")
        return self._values[name][0] if self._values[name] else None

    def seen(self, name: str = "") -> Any:
        """Load a document in order to look what it is; None where it cannot be loaded, such as a template."""
        try:
            return self.value(name)
        except BadInput:
            return None

    def reader(self, name: str = "", text: str | None = None) -> Reader:
        """Give the reader of a document; paths in a document that has a name begin with it."""
        if name not in self._readers:
            value = self.value(name, text)
            self._readers[name] = Reader(value, self.left, name)
            self.left.roots.append(self._readers[name])
        return self._readers[name]

    def over(self, value: Any, path: str) -> Reader:
        """Give a reader of a value that was made of a document, such as one with its variables filled in."""
        reader = Reader(value, self.left, path)
        self.left.roots.append(reader)
        return reader


def load(text: str) -> list[Any]:
    """Load all documents of a text, JSON or YAML 1.2; raises BadInput where it is neither, or a name is given twice."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return [json.loads(text, object_pairs_hook=_once)]
        except ValueError:
            pass  # braces begin YAML too
    yaml = _yaml()
    try:
        return list(yaml.load_all(text, Loader=_loader()))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise BadInput(f"{place}{said}.") from None


def _yaml() -> Any:
    try:
        return importlib.import_module("yaml")  # not at the top: JSON does not need it
    except ImportError:
        raise BadInput("it is YAML, for which this host lacks PyYAML: install it, or give JSON.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise BadInput(f"{name} is given twice in one dictionary; keep one.")
        document[name] = value
    return document


@functools.cache
def _loader() -> Any:
    """Make a safe loader of YAML 1.2: names are text, and none counts twice."""
    yaml = _yaml()
    base = yaml.SafeLoader

    def construct_mapping(loader: Any, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if not isinstance(key.value, str):
                raise yaml.constructor.ConstructorError(None, None, "a name must be text", key.start_mark)
            if key.value in seen:
                said = f"{key.value} is given twice in one dictionary; keep one"
                raise yaml.constructor.ConstructorError(None, None, said, key.start_mark)
            seen.add(key.value)
            key.tag = "tag:yaml.org,2002:str"
        return base.construct_mapping(loader, node, deep)

    made: Any = type("Loader", (base,), {"construct_mapping": construct_mapping, "yaml_implicit_resolvers": {}})
    for kind, form, first in SCALARS:
        made.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(f"(?:{form})$"), list(first))
    return made
