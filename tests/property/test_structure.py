"""Whatever a claim holds: both roads in agree, nothing is lost on the way round, and no claim of a file disappears."""

from __future__ import annotations

import contextlib
import copy
import io
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payerpack.claim import Claim, RejectedClaim
from payerpack.errors import ClaimError, DataError
from payerpack.formats import structure
from payerpack.formats.json_claims import read_json
from payerpack.formats.shapes import history_shape, shape_of
from payerpack.formats.structure import decode_claim, decode_history, structure_claim, structure_history
from payerpack.formats.unstructure import (
    encode_claim,
    encode_plain,
    unstructure_claim,
    unstructure_history,
)

if TYPE_CHECKING:
    from decimal import Decimal

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
days = st.dates().map(lambda day: day.isoformat())
counts = st.decimals("0.01", 1000, places=2).map(str) | st.integers(1, 99)
amounts = st.decimals(-1000, 100_000, places=2).map(str) | st.integers(0, 1000)
facts = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**40), 2**40) | texts | st.floats(-1e9, 1e9, allow_nan=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)


def objects(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


providers = objects({"npi": names}, {"tax_id": texts, "taxonomy": texts, "specialty": texts, "state": texts})
dental = texts | st.lists(names, max_size=2)
line_options = {
    "modifiers": st.lists(texts, max_size=4),
    "units": counts,
    "charge": amounts,
    "place_of_service": texts,
    "revenue_code": texts,
    "ndc": texts,
    "rendering_provider": st.none() | providers,
    "tooth": dental,
    "oral_area": dental,
    "surfaces": dental,
    "line_note": texts,
}
header_options = {
    "line_of_business": st.sampled_from(["", "commercial", "medicare", "medicare_advantage", "medicaid", "other"]),
    "state": texts,
    "received_date": st.none() | days,
    "processed_date": days,
    "type_of_bill": texts,
    "diagnoses": st.lists(texts, max_size=3),
    "referring_provider": providers,
    "facility": providers,
    "authorizations": st.lists(
        objects({"number": texts}, {"codes": st.lists(texts, max_size=2), "from": days, "units": counts}), max_size=2
    ),
    "coverage": facts,
    "contract": facts,
    "attributes": facts,
}
kinds = st.sampled_from(["professional", "institutional", "dental"])
patients = objects({"id": names}, {"birth_date": st.none() | days, "sex": texts})


@st.composite
def claims(draw: st.DrawFn) -> dict[str, Any]:
    lines = draw(st.lists(objects({"code": names, "service_date": days}, line_options), max_size=4))
    order = draw(st.permutations(range(1, len(lines) + 1)))
    whole = draw(
        objects(
            {"id": names, "type": kinds, "payer": objects({"id": names}, {"name": texts})}
            | {"patient": patients, "billing_provider": providers},
            {
                **header_options,
                "place_of_service": texts,
                "rendering_provider": st.none() | providers,
                "attestations": st.lists(objects({}, {"facts": facts, "source": texts}), max_size=2),
                "documents": st.lists(objects({"id": texts, "type": texts}, {"text": texts}), max_size=2),
            },
        )
    )
    for line, number in zip(lines, order, strict=True):
        line["number"] = number
        if number > 1 and draw(st.booleans()):
            line["base_line"] = 1
        if whole.get("diagnoses") and draw(st.booleans()):
            line["diagnosis_pointers"] = [draw(st.integers(1, len(whole["diagnoses"])))]
    for attachment in (*whole.get("attestations", ()), *whole.get("documents", ())):
        attachment["lines"] = draw(st.lists(st.sampled_from(order), max_size=2)) if lines else []
    return {**whole, "lines": lines}


history_lines = objects(
    {"patient": patients, "code": names, "service_date": days},
    {
        **header_options,
        **line_options,
        "claim_id": texts,
        "number": st.integers(1, 99),
        "type": kinds,
        "payer": objects({"id": texts}, {}),
        "billing_provider": objects({}, {"npi": texts, "tax_id": texts}),
        "status": st.sampled_from(["paid", "denied", "open"]),
        "paid_amount": st.none() | amounts,
        "facts": facts,
    },
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | days,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every container and key of a JSON value, its root apart."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in items for place in ((value, key), *places(item))]


@st.composite
def spoiled(draw: st.DrawFn, sound: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """A sound object with some places replaced, removed or added to."""
    value = copy.deepcopy(draw(sound))
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(places(value) or [(value, "id")]))
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                container[key] = draw(json_values | st.sampled_from([0, 1, 2, -1, "", "NaN", "1e999", []]))
            case "remove" if isinstance(container, dict):
                container.pop(key, None)
            case _ if isinstance(container, dict):
                container[draw(texts | st.sampled_from(["from", "from_", "code", "lines", "units"]))] = draw(
                    json_values
                )
    return value


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@given(claims())
def test_a_claim_survives_the_way_out_and_in(value: dict[str, Any]) -> None:
    claim = structure_claim(value)
    assert structure_claim(unstructure_claim(claim)) == claim
    assert decode_claim(encode_claim(claim)) == claim


@given(claims())
def test_both_roads_make_the_same_claim(value: dict[str, Any]) -> None:
    claim = decode_claim(encoded(value))
    assert claim == structure_claim(value)
    assert claim == structure._explain_claim(value, "")


@given(history_lines)
def test_both_roads_make_the_same_history_line(value: dict[str, Any]) -> None:
    if value.get("diagnoses") == []:
        del value["diagnoses"]
    past = decode_history(encoded(value))
    assert past == structure_history(value)
    assert past == structure._explain_history(value, "")


@given(history_lines)
def test_a_history_line_survives_the_way_out_and_in(value: dict[str, Any]) -> None:
    past = structure_history(value)
    assert structure_history(unstructure_history(past)) == past
    assert decode_history(encode_plain(unstructure_history(past))) == past


@pytest.mark.parametrize("kind", ["claim", "history line"])
@given(data=st.data())
def test_the_slow_road_refuses_exactly_what_the_fast_road_refuses(kind: str, data: st.DataObject) -> None:
    value = data.draw(spoiled(claims() if kind == "claim" else history_lines))
    text = encoded(value).replace(b"NaN", b'"NaN"').replace(b"-Infinity", b"1").replace(b"Infinity", b"1")
    if kind == "claim":
        shape, sound, explain = shape_of(Claim), structure._sound_claim, structure._explain_claim
    else:
        shape, sound, explain = history_shape(), structure._sound_history, structure._explain_history
    fast = slow = None
    with contextlib.suppress(ClaimError, msgspec.DecodeError):
        fast = sound(structure._decoder(shape.twin).decode(text), "")
    with contextlib.suppress(ClaimError):
        slow = explain(structure.parse(text), "")
    assert fast == slow


@given(st.lists(claims() | spoiled(claims()) | json_values, max_size=5), st.sampled_from(["lines", "list", "wrapped"]))
def test_claims_in_are_claims_and_rejected_claims_out(values: list[Any], layout: str) -> None:
    content = {
        "lines": lambda: b"\n".join(map(encoded, values)),
        "list": lambda: encoded(values),
        "wrapped": lambda: encoded({"claims": values}),
    }[layout]()
    try:
        found = list(read_json(io.BytesIO(content), "f"))
    except DataError:
        return
    single = layout == "lines" and len(values) == 1 and isinstance(values[0], (list, dict))
    assert single or len(found) == len(values)
    assert all(isinstance(one, (Claim, RejectedClaim)) for one in found)


@given(st.binary(max_size=200) | json_values.map(encoded))
def test_no_content_makes_the_reader_crash(content: bytes) -> None:
    with contextlib.suppress(DataError):
        for one in read_json(io.BytesIO(content), "f"):
            assert isinstance(one, (Claim, RejectedClaim))


@given(st.decimals(0, 10**11, places=4))
def test_money_is_exact(amount: Decimal) -> None:
    line = {"number": 1, "code": "1", "service_date": "2026-01-01", "charge": "CHARGE"}
    value = {
        "id": "C",
        "type": "dental",
        "payer": {"id": "1"},
        "patient": {"id": "P"},
        "billing_provider": {"npi": "1"},
    }
    text = encoded({**value, "lines": [line]})
    for written in (f'"{amount}"', str(amount)):
        charge = decode_claim(text.replace(b'"CHARGE"', written.encode())).lines[0].charge
        assert (charge, str(charge)) == (amount, str(amount))
