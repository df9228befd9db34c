"""Checks JSON against the schemas of docs/schemas, as far as these use JSON Schema."""

import json
import os
import re

from harness.programs import peers

_KINDS = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list, "null": type(None)}
_KNOWN = {"$schema", "$id", "title", "description", "default", "type", "enum", "const", "pattern", "minLength", "minimum", "maximum",
          "items", "required", "properties", "additionalProperties", "oneOf"}


def faults(name, value):
    """What is wrong with a value by docs/schemas/NAME.schema.json, one text each."""
    with open(os.path.join(peers.REPOSITORY, "docs", "schemas", f"{name}.schema.json"), encoding="utf-8") as handle:
        return _faults(value, json.load(handle), name)


def _faults(value, schema, place):
    found = [f"{place}: keyword {word} is not checked" for word in schema.keys() - _KNOWN]
    if "oneOf" in schema:
        # The one with the fewest faults is the one that was meant.
        return found + min((_faults(value, choice, place) for choice in schema["oneOf"]), key=len)
    types = schema.get("type", list(_KINDS))
    if not any(_is(value, kind) for kind in ([types] if isinstance(types, str) else types)):
        return [*found, f"{place}: {value!r} is not {types}"]
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        found.append(f"{place}: {value!r} is not allowed")
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0) or not re.search(schema.get("pattern", ""), value):
            found.append(f"{place}: {value!r} is too short or does not match {schema.get('pattern')}")
    elif _is(value, "number"):
        if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            found.append(f"{place}: {value} is out of range")
    elif isinstance(value, list):
        for item in value:
            found += _faults(item, schema.get("items", {}), f"{place}[]")
    elif isinstance(value, dict):
        found += _members(value, schema, place)
    return found


def _members(value, schema, place):
    found = [f"{place}: {word} is missing" for word in schema.get("required", []) if word not in value]
    for word, member in value.items():
        if word in schema.get("properties", {}):
            found += _faults(member, schema["properties"][word], f"{place}/{word}")
        elif schema.get("additionalProperties") is False:
            found.append(f"{place}: {word} is unknown")
    return found


def _is(value, kind):
    # Python takes a truth value for a number.
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))
