"""Reads YAML with the line of every value, and says of a wrong value where it stands and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from city_config.configuration import ConfigurationError, KeyPath, Source, Sources

M = TypeVar("M", bound=BaseModel)

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_DEPTH = 40


def read_bytes(path: Path) -> bytes:
    """The file's bytes; raise ``ConfigurationError`` if it cannot be read or is larger than 20 MiB."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ConfigurationError([f"{path}: {size} bytes; at most {MAX_FILE_BYTES} are allowed"])
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError([f"{path}: {error.strerror}"]) from error


def read_text(path: Path) -> str:
    """The file as UTF-8, without byte order mark; raise ``ConfigurationError`` with the line if it is not."""
    content = read_bytes(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            [f"{path}:{line}: not UTF-8 (byte {error.start}); save the file as UTF-8"]
        ) from error


def read_yaml(path: Path) -> Source:
    """Parse a YAML mapping; raise ``ConfigurationError`` for bad syntax, keys given twice, anchors, depth."""
    text = read_text(path)
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ConfigurationError([f"{path}:1: must be a mapping of keys to values"])
        walk = _Walk(path)
        walk.note(node, ())
        if walk.faults:
            raise ConfigurationError(walk.faults)
        values = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError([f"{path}:{line}: {error.problem}"]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError([f"{path}: {error}"]) from error
    finally:
        loader.dispose()
    return Source(path, values, walk.lines)


class _Walk:
    """Notes the line of every path, and what YAML would swallow silently."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[KeyPath, int] = {}
        self.faults: list[str] = []
        self._seen: set[int] = set()

    def note(self, node: yaml.Node, where: KeyPath) -> None:
        if isinstance(node, yaml.ScalarNode):
            return
        line = node.start_mark.line + 1
        if id(node) in self._seen:
            self.faults.append(f"{self.path}:{line}: anchors and aliases (& and *) are not used here")
            return
        self._seen.add(id(node))
        if len(where) > MAX_DEPTH:
            self.faults.append(f"{self.path}:{line}: nested more than {MAX_DEPTH} deep")
        elif isinstance(node, yaml.MappingNode):
            self._note_mapping(node, where)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self.lines[*where, index] = value.start_mark.line + 1
                self.note(value, (*where, index))

    def _note_mapping(self, node: yaml.MappingNode, where: KeyPath) -> None:
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.faults.append(f"{self.path}:{line}: a key must be plain text")
                continue
            inner = (*where, str(key.value))
            if inner in self.lines:
                first = self.lines[inner]
                self.faults.append(
                    f"{self.path}:{line}: {key.value!r} is given twice (first in line {first})"
                )
            self.lines[inner] = line
            self.note(value, inner)


def validated(model: type[M], values: dict[str, Any], sources: Sources) -> M:
    """The values as a model; ``ConfigurationError`` names file, line, field and value of each fault."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError([_fault(model, e, sources) for e in error.errors()]) from error


def _fault(model: type[BaseModel], error: Any, sources: Sources) -> str:
    """One line: file:line: field: what was wrong (what was read, what is allowed)."""
    where: KeyPath = tuple(part for part in error["loc"] if part != "[key]")
    field = ".".join(str(part) for part in where) or "(the file)"
    message = error["msg"].removeprefix("Value error, ")
    read = error.get("input")
    if error["type"] == "extra_forbidden":
        fields = _fields_at(model, where[:-1])
        message = f"unknown key {where[-1]!r}{_suggestion(str(where[-1]), fields)}"
    elif isinstance(read, str | int | float | bool) and repr(read) not in message:
        message += f"; read {read!r}"
    return f"{sources.place(where)}: {field}: {message}"


def _suggestion(read: str, allowed: list[str]) -> str:
    if not allowed:
        return ""
    close = difflib.get_close_matches(read, allowed, 1)
    return (f" (did you mean {close[0]!r}?)" if close else "") + f"; allowed: {', '.join(allowed)}"


def _fields_at(model: type[BaseModel], where: KeyPath) -> list[str]:
    """Keys allowed in the part of the model at this path; empty where the path leaves the models."""
    kind: Any = model
    for part in where:
        kind = _inner(kind, part)
    found = _model_in(kind)
    return list(found.model_fields) if found else []


def _inner(kind: Any, part: str | int) -> Any:
    found = _model_in(kind)
    if found is not None:
        info = found.model_fields.get(str(part))
        return info.annotation if info else None
    for option in _options(kind):
        origin = get_origin(option)
        arguments = get_args(option)
        if origin is tuple and isinstance(part, int):
            return arguments[0]
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return arguments[1]
    return None


def _model_in(kind: Any) -> type[BaseModel] | None:
    for option in _options(kind):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def _options(kind: Any) -> list[Any]:
    """The kinds a value may have: the members of a union, without annotations."""
    if get_origin(kind) is Annotated:
        return _options(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [inner for option in get_args(kind) for inner in _options(option)]
    return [kind]
