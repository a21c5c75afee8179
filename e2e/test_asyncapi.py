"""asyncapi.yml: its examples, which the Swift tests hold the program to byte for byte, fit its schemas."""

from __future__ import annotations

import copy
import pathlib
import re

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).parent.parent
TEXT = (ROOT / "asyncapi.yml").read_text()
DOCUMENT = yaml.safe_load(TEXT)
MESSAGES = DOCUMENT["components"]["messages"]
EVENTS = {name: message for name, message in MESSAGES.items() if name != "deadLetter"}


def resolve(reference: str):
    found = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def problems(schema: dict, value) -> list[str]:
    whole = {**schema, "components": DOCUMENT["components"]}
    checker = jsonschema.Draft7Validator(whole, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
    return [error.message for error in checker.iter_errors(value)]


def described(schema: dict) -> dict:
    """The fields that a schema names, with the schemas of each."""
    if "$ref" in schema:
        return described(resolve(schema["$ref"]))
    fields = {name: [field] for name, field in schema.get("properties", {}).items()}
    for part in schema.get("allOf", []):
        for name, more in described(part).items():
            fields.setdefault(name, []).extend(more)
    return fields


def undescribed(schemas: list[dict], value, path="") -> list[str]:
    """Fields of a value that no schema names. The schemas allow more fields, so that they can be added later."""
    schemas = [resolve(schema["$ref"]) if "$ref" in schema else schema for schema in schemas]
    found = []
    if isinstance(value, dict):
        fields: dict[str, list[dict]] = {}
        for schema in schemas:
            for name, more in described(schema).items():
                fields.setdefault(name, []).extend(more)
        for name, inner in value.items():
            if name not in fields:
                found.append(f"{path}.{name}")
            else:
                found += undescribed(fields[name], inner, f"{path}.{name}")
    elif isinstance(value, list):
        items = [schema["items"] for schema in schemas if "items" in schema]
        for inner in value:
            found += undescribed(items, inner, path + "[]")
    return found


def test_every_kind_of_event_has_a_message_in_the_topic():
    source = (ROOT / "Sources/Domain/Events/Event.swift").read_text()
    kinds = re.findall(r'case \w+ = "(\w+\.\w+)"', source)
    assert len(kinds) > 10
    assert sorted(f"jari.{kind}" for kind in kinds) == sorted(message["name"] for message in EVENTS.values())
    in_topic = DOCUMENT["channels"]["events"]["messages"]
    assert {name: f"#/components/messages/{name}" for name in EVENTS} == {
        name: message["$ref"] for name, message in in_topic.items()
    }


@pytest.mark.parametrize("name", EVENTS)
def test_the_example_fits_and_holds_nothing_that_is_not_described(name):
    message = EVENTS[name]
    for example in message["examples"]:
        assert problems(message["payload"], example["payload"]) == []
        assert problems(message["headers"], example["headers"]) == []
        assert example["payload"]["type"] == message["name"]
        assert undescribed([message["payload"]], example["payload"]) == []


@pytest.mark.parametrize("name", EVENTS)
def test_the_schema_refuses_an_example_with_a_field_missing_or_of_another_event(name):
    schema, example = EVENTS[name]["payload"], EVENTS[name]["examples"][0]["payload"]
    for level in ([], ["data"]):
        target = example if not level else example["data"]
        for field in target:
            broken = copy.deepcopy(example)
            del (broken if not level else broken["data"])[field]
            assert problems(schema, broken), f"without {field}"
    other = next(message for message in EVENTS.values() if message["name"] != example["type"])
    assert problems(schema, {**example, "type": other["name"]})


def test_every_reference_leads_somewhere():
    references = re.findall(r'\$ref: "(#/[^"]+)"', TEXT)
    assert len(references) > 50
    for reference in references:
        assert resolve(reference), reference
