"""What has not the shape of a document or a hook: each field with its value, the rule and the way out.

msgspec stops at the first fault, and speaks of types and regular expressions. So what it refuses is walked
through here, field by field, and told in the words of who wrote the document.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

KINDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "text, in quotes",
    "array": "a list, as [one, two]",
    "object": "fields of its own, as {name: value}",
    "date": "a day, as 2026-12-24",
}
BOUND = re.compile(r"Expected `(?:int|float|str|array|object)`( of length)? (<=|>=|<|>|==) (-?[0-9.]+)")
BOUNDS = {"<=": "at most {}", ">=": "at least {}", "<": "less than {}", ">": "more than {}", "==": "{}"}


def shape_faults(value: Any, kind: Any, *, most: int | None = None) -> list[str]:
    """One line for each part of a value that is not of its type. kind: any that documents are made of.

    most: so many are enough, and no more are looked for: a feed may have thousands.
    """
    return list(islice(_faults(value, kind, ""), most))


def _faults(value: Any, kind: Any, place: str) -> Iterator[str]:
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        inside = _inside(value, kind, place)
        first = next(inside, None)
        if first is None:
            yield f"{place.lstrip('.')} is {_short(value)}; {_rule(value, kind, place, error)}"
        else:
            yield first
            yield from inside


def _inside(value: Any, kind: Any, place: str) -> Iterator[str]:
    """The faults of the parts of an object or a list; none if it has no such parts."""
    choices = list(_choices(kind))
    if isinstance(value, dict):
        structs = [each for each in choices if isinstance(each, type) and issubclass(each, Struct)]
        if (struct := _chosen(structs, value)) is not None:
            yield from _fields(value, struct, place)
        elif len(structs) > 1:
            yield _untagged(value, structs, place)
        for keys, values in (get_args(each) for each in choices if get_origin(each) is dict):
            for key, part in value.items():
                named = f"{place.lstrip('.')} has the name"
                yield from (fault.replace(" is ", " ", 1) for fault in _faults(key, keys, named))
                yield from _faults(part, values, f"{place}.{key}")
    if isinstance(value, list):
        for items in (get_args(each) for each in choices if get_origin(each) in (tuple, list)):
            for number, part in enumerate(value):
                one = items[0] if items[-1] is ... or len(items) == 1 else items[min(number, len(items) - 1)]
                yield from _faults(part, one, f"{place}[{number}]")


def _fields(value: dict[Any, Any], struct: type[Struct], place: str) -> Iterator[str]:
    fields = _fields_by_name(struct)
    tag = struct.__struct_config__.tag_field
    for name, part in value.items():
        if name == tag:
            continue
        at = f"{place}.{name}"
        if name not in fields and not struct.__struct_config__.forbid_unknown_fields:
            continue
        if name not in fields:
            way = _nearest(str(name), list(fields)) or f"the fields are {', '.join(fields)}"
            yield f"{at.lstrip('.')}: there is no such field; {way}"
        else:
            yield from _faults(part, fields[name].type, at)
    for name, field in fields.items():
        if field.required and name not in value:
            page = "; docs/documents.md shows an example" if tag == "kind" else ""
            yield f"{place}.{name}".lstrip(".") + f": missing{page}"


@lru_cache(maxsize=256)
def _fields_by_name(struct: type[Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """Kept: to read a struct's annotations takes a hundred times as long as to look at a value."""
    return {field.encode_name: field for field in msgspec.structs.fields(struct)}


def _chosen(structs: list[type[Struct]], value: dict[Any, Any]) -> type[Struct] | None:
    """The one that its tag names, or the only one there is."""
    for struct in structs:
        config = struct.__struct_config__
        if config.tag_field is not None and value.get(config.tag_field) == config.tag:
            return struct
    return structs[0] if len(structs) == 1 and structs[0].__struct_config__.tag_field is None else None


def _untagged(value: dict[Any, Any], structs: list[type[Struct]], place: str) -> str:
    field = str(structs[0].__struct_config__.tag_field)
    names = [str(struct.__struct_config__.tag) for struct in structs]
    at = f"{place}.{field}".lstrip(".")
    if field not in value:
        return f"{at}: missing; it must be {_one_of(names)}"
    return f"{at} is {_short(value[field])}; {_among(value[field], names)}"


def _rule(value: Any, kind: Any, place: str, error: msgspec.ValidationError) -> str:
    """What such a value must be."""
    said = str(error).partition(" - at `")[0]
    if bound := BOUND.match(said):
        is_length, sign, limit = bound.groups()
        one, many = ("character", "characters") if isinstance(value, str) else ("entry", "entries")
        unit = f" {one if limit == '1' else many}"
        return (
            f"it must have {BOUNDS[sign].format(limit)}{unit}" if is_length else _between(kind, sign, limit)
        )
    if said.startswith("Invalid enum value"):
        return _among(value, [str(name) for each in _choices(kind) for name in _names(each)])
    if described := next((meta.description for meta in _metas(kind) if meta.description), None):
        return f"it must be {described}"
    wanted = re.match(r"Expected `([a-z |]+)`, got", said)
    if wanted is None:
        return said
    kinds = [KINDS[name] for name in wanted[1].split(" | ") if name in KINDS]
    names = [str(name) for each in _choices(kind) for name in _names(each) if name]
    if names and not (set(wanted[1].split(" | ")) & {"array", "object"}):
        return _among(value, names)
    if "int" in wanted[1] and place.endswith("_minor"):
        return "it must be a whole number of minor units, without quotes (8000 is 80.00)"
    if wanted[1].startswith("object") and (fields := _fields_of(kind)):
        return f"it must have fields of its own, as {{{fields[0]}: …}}"
    quoted = ", without quotes" if _is_number(value) and {"int", "float"} & {*wanted[1].split(" | ")} else ""
    return f"it must be {' or '.join(kinds) or wanted[1]}{quoted}"


def _fields_of(kind: Any) -> list[str]:
    """Names of fields, those first that must be there."""
    for each in _choices(kind):
        if isinstance(each, type) and issubclass(each, Struct):
            tag = each.__struct_config__.tag_field
            fields = sorted(_fields_by_name(each).values(), key=lambda field: not field.required)
            return [*([tag] if tag else []), *(field.encode_name for field in fields)]
    return []


def _between(kind: Any, sign: str, limit: str) -> str:
    """Both ends of a number where it has two."""
    for meta in _metas(kind):
        if meta.ge is not None and meta.le is not None:
            return f"it must be from {_plain(meta.ge)} to {_plain(meta.le)}"
    return f"it must be {BOUNDS[sign].format(_plain(float(limit)))}"


def _plain(number: float) -> str:
    return f"{number:g}" if number % 1 else f"{number:.0f}"


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) is not None


def _among(value: Any, names: list[str]) -> str:
    near = _nearest(value, names) if isinstance(value, str) else ""
    return f"it must be {_one_of(names)}" + (f"; {near}" if near else "")


def _one_of(names: list[str]) -> str:
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _nearest(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else ""


def _choices(kind: Any) -> Iterator[Any]:
    """The types of which a value may have any, without what is noted on them."""
    if get_origin(kind) is Annotated:
        yield from _choices(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for each in get_args(kind):
            yield from _choices(each)
    else:
        yield getattr(kind, "__supertype__", kind)


def _names(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) is Literal else ()


def _metas(kind: Any) -> Iterator[Meta]:
    """What is noted on a type, or on those it may be."""
    if get_origin(kind) is Annotated:
        yield from (meta for meta in get_args(kind)[1:] if isinstance(meta, Meta))
        yield from _metas(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for each in get_args(kind):
            yield from _metas(each)


def _short(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 80 else shown[:77] + "..."
