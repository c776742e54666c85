"""Two LCDs of a Medicare contractor, one following the other, as payerpack packs; no code."""
