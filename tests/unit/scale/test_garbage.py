"""What one review leaves behind: nothing that waits for the garbage collector."""

from __future__ import annotations

import gc

from payerpack import Engine
from payerpack.formats.structure import structure_claim
from payerpack.formats.writers import encode_review

CLAIM = {
    "id": "C-1",
    "type": "professional",
    "payer": {"id": "60054"},
    "patient": {"id": "P-1"},
    "billing_provider": {"npi": "1234567893"},
    "lines": [
        {"number": 1, "code": "72192", "service_date": "2024-08-15"},
        {"number": 2, "code": "76377", "service_date": "2024-08-15", "base_line": 1},
    ],
    "attestations": [{"lines": [2], "facts": {"workstation": "independent"}}],
}


def test_a_review_is_freed_as_soon_as_nobody_holds_it():
    engine = Engine()
    encode_review(engine.review(structure_claim(CLAIM), "ncci-medicare"))
    while gc.collect():  # what other tests left; finalizers may leave more
        pass
    gc.disable()
    try:
        for _ in range(20):
            encode_review(engine.review(structure_claim(CLAIM), "ncci-medicare"))
        assert gc.collect() == 0
    finally:
        gc.enable()
