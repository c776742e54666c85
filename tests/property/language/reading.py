"""The slow interpreter's facts: what a line says, read plainly off the claim. Unknown is `UNKNOWN`, empty ``None`` or ``()``.

Written from the specification, not from the engine: nothing here is indexed, compiled or remembered.
"""

import datetime as dt
from decimal import Decimal, InvalidOperation

import attrs

UNKNOWN = "<unknown>"
CONFLICT = "conflict"


@attrs.frozen(eq=False)
class Seen:
    """A line with what belongs to it: its claim, what was supplied for it, and what became of it if it is an earlier one."""

    line: object
    claim: object
    supplied: dict
    as_of: object = None
    past: object = None
    base_studies: object = None

    @property
    def mine(self):
        return self.past is None

    @property
    def date(self):
        return self.line.service_date

    @property
    def status(self):
        return "open" if self.mine else self.past.status

    def read(self, name):
        """Return a fact: its value, ``None`` or ``()`` when it is known to be empty, else `UNKNOWN`."""
        if name in self.supplied:
            return self.supplied[name]
        line, claim = self.line, self.claim
        biller = claim.billing_provider
        renderer = line.rendering_provider or claim.rendering_provider or biller
        form = {
            "code": line.code or None,
            "modifiers": line.modifiers,
            "units": line.units,
            "charge": line.charge,
            "number": Decimal(line.number),
            "service_date": line.service_date,
            "service_date_end": line.service_date_end or line.service_date,
            "place_of_service": line.place_of_service or claim.place_of_service or None,
            "revenue_code": line.revenue_code or None,
            "tooth": line.tooth,
            "diagnoses": self.diagnoses(),
            "primary_diagnosis": next(iter(self.diagnoses()), None),
            "status": self.status,
            "paid_amount": UNKNOWN if self.mine or self.past.paid_amount is None else self.past.paid_amount,
            "base.code": self.base_code(),
            "claim.type": claim.type,
            "claim.payer": claim.payer.id,
            "claim.line_of_business": claim.line_of_business or None,
            "claim.state": claim.state or None,
            "claim.received_date": claim.received_date,
            "claim.processed_date": self.processed(),
            "claim.codes": tuple(other.code for other in claim.lines if other.code),
            "claim.line_count": Decimal(len(claim.lines)),
            "patient.age": UNKNOWN if claim.patient.birth_date is None else self.age(),
            "patient.sex": UNKNOWN if claim.patient.sex in {"", "U"} else claim.patient.sex,
            "billing_provider.npi": biller.npi or None,
            "billing_provider.tax_id": biller.tax_id or None,
            "rendering_provider.npi": renderer.npi or biller.npi or None,
            "rendering_provider.specialty": renderer.specialty or None,
            "authorization.codes": () if self.authorization() is None else self.authorization().codes,
            "authorization.number": None if self.authorization() is None else self.authorization().number,
        }
        if name in form:
            return form[name]
        for prefix, free in (
            ("claim.contract.", claim.contract),
            ("coverage.", claim.coverage),
            ("", claim.attributes),
        ):
            if name.startswith(prefix) and name.removeprefix(prefix) in free:
                value = free[name.removeprefix(prefix)]
                return dt.date.fromisoformat(value) if name == "coverage.year_start" else value
        return UNKNOWN

    def diagnoses(self):
        pointers = self.line.diagnosis_pointers
        return tuple(self.claim.diagnoses[n - 1] for n in pointers) if pointers else self.claim.diagnoses

    def age(self):
        """Return completed years; a birthday of 29 February counts on 1 March of a common year."""
        birth, years = self.claim.patient.birth_date, 0
        while birthday(birth, years + 1) <= self.date:
            years += 1
        return Decimal(years)

    def processed(self):
        """Return when the payer processes the claim; absent, `as_of`, else receipt, else the last service."""
        if not self.mine and self.past.processed_date is not None:
            return self.past.processed_date
        last = max(line.service_date_end or line.service_date for line in self.claim.lines)
        return self.claim.processed_date or self.as_of or self.claim.received_date or last

    def authorization(self):
        for found in self.claim.authorizations:
            starts, ends = found.from_ or dt.date.min, found.to or dt.date.max
            if (not found.codes or self.line.code in found.codes) and starts <= self.date <= ends:
                return found
        return None

    def base_code(self):
        """Return the code of the base: the given line's, else the only candidate's of the date and billing group."""
        if self.line.base_line is not None:
            return next((o.code or None for o in self.claim.lines if o.number == self.line.base_line), UNKNOWN)
        candidates = {
            other.code
            for other in self.claim.lines
            if other.number != self.line.number
            and other.code not in {"", self.line.code}
            and other.service_date == self.date
            and (self.base_studies is None or other.code in self.base_studies)
        }
        if len(candidates) > 1:
            return UNKNOWN
        return next(iter(candidates), None)

    def key(self, name, code_set):
        """Return the value of a key; ``None`` is an empty identifier, which equals nothing."""
        if name == "patient":
            return self.claim.patient.id or None
        if name == "claim":
            return self.claim.id
        if name == "billing_group":
            return self.read("billing_provider.tax_id") or self.read("billing_provider.npi")
        if name == "billing_npi":
            return self.read("billing_provider.npi")
        if name == "rendering_npi":
            return self.read("rendering_provider.npi")
        if name == "specialty":
            renderer = self.line.rendering_provider or self.claim.rendering_provider or self.claim.billing_provider
            return self.read("rendering_provider.specialty") or renderer.taxonomy or None
        if name == "facility":
            return self.claim.facility.npi or None if self.claim.facility is not None else None
        if name == "code_set":
            return "in the set" if code_set(self.line.code) else None
        value = self.read(name)
        return UNKNOWN if value == CONFLICT else None if value == "" else value

    def sides(self):
        if "50" in self.line.modifiers:
            return {"LT", "RT"}
        return {"LT", "RT"} & set(self.line.modifiers)


def birthday(birth, years):
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return dt.date(birth.year + years, 3, 1)


def number(value):
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
