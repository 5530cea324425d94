"""Help is complete: every page opens, every key of the file format is told with its meaning."""

import pytest
from django.contrib.auth.models import User

from simulations.config.schema import SimulationConfig
from simulations.home.format_tables import parts_of
from simulations.home.help_pages import PAGES, STAFF_ONLY


@pytest.mark.parametrize("page", PAGES)
def test_staff_can_open_every_page(page: str, staff: User, as_person) -> None:
    assert as_person(staff).get(f"/help/{page}").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_others_do_not_see_the_workshop(page: str, owner: User, as_person) -> None:
    wanted = 404 if page in STAFF_ONLY else 200
    assert as_person(owner).get(f"/help/{page}").status_code == wanted


def test_the_format_page_names_every_key_of_the_schema(owner: User, as_person) -> None:
    schema = SimulationConfig.json_schema()
    page = as_person(owner).get("/help/scenario-file").text
    keys = set(schema["properties"])
    for definition in schema["$defs"].values():
        keys |= set(definition.get("properties", ()))
    assert {key for key in keys if f"<code>{key}</code>" not in page} == set()


def test_tables_tell_kind_bounds_default_and_where_it_leads() -> None:
    schema = {
        "properties": {
            "count": {
                "type": "integer",
                "minimum": 1,
                "maximum": 86400,
                "default": 1,
                "description": "How many.",
            },
            "parts": {"type": "array", "items": {"$ref": "#/$defs/BigPart"}, "minItems": 2},
            "shape": {"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}], "default": None},
        },
        "required": ["parts"],
        "$defs": {"BigPart": {"properties": {"on": {"type": "boolean"}}, "description": "A part."}},
    }
    whole, part = parts_of(schema)
    count, parts, shape = whole.rows
    assert (count.kinds, count.bounds, count.default) == (["integer"], "≥ 1, ≤ 86,400", "1")
    assert (parts.required, [other.title for other in parts.parts]) == (True, ["Big part"])
    assert parts.bounds == "≥ 2 entries"
    assert (shape.kinds, shape.default) == (["a | b"], "")
    assert (part.text, part.rows[0].kinds) == ("A part.", ["true | false"])
