"""``python -m payerpack.testing.digest DISTRIBUTION``: one digest of all sample reviews, to compare processes by."""

from __future__ import annotations

import hashlib
import json
import sys

from payerpack.testing.subject import Subject


def digest(name: str) -> str:
    """Return the digest of the reviews of a distribution's samples."""
    subject = Subject.of(name)
    found = hashlib.sha256()
    for sample in subject.own_samples:
        found.update(json.dumps(sample.reviewed(subject.engine).to_dict()).encode())
    return found.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(digest(sys.argv[1]))
