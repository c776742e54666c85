"""The fact catalogue: every fact a rule may ask about, with its type, unit, meaning and source.

What a claim form always carries is known, if only as empty; evidence, coverage, contract, profile and disease-history
facts are unknown until somebody supplies them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import attrs

from payerpack import dates
from payerpack.claim import Claim, Provider, ServiceLine
from payerpack.fact import (
    CONFLICT,
    UNKNOWN,
    Catalogue,
    Fact,
    FactKind,
    Read,
    coerce,
    free_fact,
    given_first,
    own_first,
    supplied_first,
)

if TYPE_CHECKING:
    from payerpack.context import Context

__all__ = ["CATALOGUE", "CONFLICT", "UNKNOWN", "Catalogue", "Fact", "FactKind", "Read", "coerce", "free_fact"]


def _claim_attribute(name: str, attribute: str) -> Read:
    """Return the reader of a fact that is an attribute of the claim; an empty text is empty."""

    def read(line: ServiceLine, context: Context) -> Any:
        if context.given:
            return stated(line, context)
        value = getattr(context.claim, attribute)
        return None if value == "" else value

    stated = given_first(name, lambda _, context: getattr(context.claim, attribute) or None)
    return read


def _unsupplied(_line: ServiceLine, _context: Context) -> Any:
    return UNKNOWN


def diagnoses(line: ServiceLine, claim: Claim) -> tuple[str, ...]:
    """Return the diagnoses a line points to; a line that points to none has all of its claim's."""
    if not line.diagnosis_pointers:
        return claim.diagnoses
    return tuple(claim.diagnoses[pointer - 1] for pointer in line.diagnosis_pointers if pointer <= len(claim.diagnoses))


def rendering_provider(line: ServiceLine, claim: Claim) -> Provider:
    """Return who rendered the line: the line's provider, else the claim's, else the billing provider."""
    return line.rendering_provider or claim.rendering_provider or claim.billing_provider


def _provider(get: Callable[[ServiceLine, Claim], Provider | None], attribute: str) -> Read:
    def read(line: ServiceLine, context: Context) -> Any:
        provider = get(line, context.claim)
        return getattr(provider, attribute) or None if provider is not None else None

    return read


def _rendering_npi(line: ServiceLine, context: Context) -> Any:
    return rendering_provider(line, context.claim).npi or context.claim.billing_provider.npi or None


def _pfs(attribute: str) -> Read:
    def read(line: ServiceLine, context: Context) -> Any:
        row = context.pfs(line)
        return UNKNOWN if row is None else getattr(row, attribute)

    return read


def _authorization(attribute: str) -> Read:
    def read(line: ServiceLine, context: Context) -> Any:
        found = context.authorization(line)
        if found is None:
            return () if attribute == "codes" else None
        return getattr(found, attribute)

    return read


def _sex(_line: ServiceLine, context: Context) -> Any:
    sex = context.claim.patient.sex
    return UNKNOWN if sex in {"", "U"} else sex  # in X12 (DMG03) U is unknown


def _age(line: ServiceLine, context: Context) -> Any:
    birth = context.claim.patient.birth_date
    return UNKNOWN if birth is None else dates.age(birth, line.service_date)


def _documents(line: ServiceLine, context: Context) -> Any:
    return tuple(d.type for d in context.claim.documents if not d.lines or line.number in d.lines)


def _line_facts() -> Iterator[Fact]:
    """Facts of the service line. The plain ones are read straight off it: nobody supplies another code."""
    form: tuple[tuple[str, FactKind, bool, str, Read], ...] = (
        ("code", "code", False, "Procedure code", lambda line, _: line.code or None),
        ("modifiers", "code", True, "Procedure modifiers", lambda line, _: line.modifiers),
        ("units", "number", False, "Units of service as submitted", lambda line, _: line.units),
        ("charge", "money", False, "Total charge of the line", lambda line, _: line.charge),
        ("number", "number", False, "Number of the line", lambda line, _: line.number),
        ("service_date", "date", False, "First date of service", lambda line, _: line.service_date),
        (
            "service_date_end",
            "date",
            False,
            "Last date of service; that of service when there is one day",
            lambda line, _: line.service_date_end or line.service_date,
        ),
        (
            "place_of_service",
            "text",
            False,
            "Place of service of the line, else of its claim",
            lambda line, context: line.place_of_service or context.claim.place_of_service or None,
        ),
        ("revenue_code", "code", False, "Revenue code", lambda line, _: line.revenue_code or None),
        ("ndc", "text", False, "National drug code", lambda line, _: line.ndc or None),
        ("tooth", "text", True, "Tooth numbers or letters", lambda line, _: line.tooth),
        ("oral_area", "text", True, "Oral cavity areas", lambda line, _: line.oral_area),
        ("surfaces", "text", True, "Tooth surfaces", lambda line, _: line.surfaces),
    )
    for name, kind, many, meaning, read in form:
        attribute = name if many or name in {"units", "number", "service_date"} else ""
        yield Fact(name, kind, read, meaning, many, source="service line", always_known=True, attribute=attribute)
    yield Fact(
        "diagnoses",
        "code",
        given_first("diagnoses", lambda line, context: diagnoses(line, context.claim)),
        "Diagnoses the line points to; all of the claim's when it points to none",
        many=True,
        source="service line",
        always_known=True,
    )
    yield Fact(
        "primary_diagnosis",
        "code",
        given_first("primary_diagnosis", lambda line, context: next(iter(diagnoses(line, context.claim)), None)),
        "The first diagnosis the line points to",
        source="service line",
        always_known=True,
    )
    yield Fact(
        "status",
        "text",
        given_first("status", lambda _, context: context.status),
        "What became of an earlier line; `open` for the lines under review",
        source="history",
        values=("paid", "denied", "open"),
        always_known=True,
    )
    yield Fact(
        "paid_amount",
        "money",
        supplied_first("paid_amount", lambda _, context: context.paid_amount),
        "What was paid for an earlier line",
        unit="US dollars",
        source="history",
    )
    yield Fact(
        "base.code",
        "code",
        supplied_first("base.code", lambda line, context: context.base_code(line)),
        "Code of the study this line depends on: its `base_line`, else the one of its date and billing group; "
        "unknown when there are several, empty when there is none",
        source="claim",
    )
    yield Fact(
        "documents.type",
        "text",
        given_first("documents.type", _documents),
        "Types of the documents that came for the line",
        many=True,
        source="documents",
        always_known=True,
    )


def _claim_facts() -> Iterator[Fact]:
    form: tuple[tuple[str, FactKind, str, str], ...] = (
        ("type", "text", "type", "professional, institutional or dental"),
        ("line_of_business", "text", "line_of_business", "commercial, medicare, medicare_advantage, medicaid or other"),
        ("state", "text", "state", "State of the service"),
        ("received_date", "date", "received_date", "When the payer received it"),
        ("place_of_service", "text", "place_of_service", "Place of service"),
        ("type_of_bill", "text", "type_of_bill", "Type of bill"),
    )
    for short, kind, attribute, meaning in form:
        name = f"claim.{short}"
        yield Fact(
            name,
            kind,
            _claim_attribute(name, attribute),
            meaning,
            source="claim",
            always_known=True,
            claim_attribute=attribute,
        )
    made: tuple[tuple[str, FactKind, bool, str, Callable[[Claim], Any]], ...] = (
        ("claim.payer", "text", False, "Payer id", lambda claim: claim.payer.id),
        ("claim.diagnoses", "code", True, "All diagnoses of the claim", lambda claim: claim.diagnoses),
        (
            "claim.codes",
            "code",
            True,
            "All procedure codes",
            lambda claim: tuple(x.code for x in claim.lines if x.code),
        ),
        ("claim.line_count", "number", False, "How many lines it has", lambda claim: len(claim.lines)),
    )
    for name, kind, many, meaning, get in made:

        def read(_line: ServiceLine, context: Context, get: Callable[[Claim], Any] = get) -> Any:
            return get(context.claim)

        yield Fact(name, kind, given_first(name, read), meaning, many, source="claim", always_known=True)
    yield Fact(
        "claim.processed_date",
        "date",
        given_first("claim.processed_date", lambda _, context: context.processed_date),
        "When the payer processes it; absent, the date of `as_of`, of receipt or of the last service",
        source="claim",
        always_known=True,
    )
    yield Fact(
        "patient.age",
        "number",
        own_first("patient.age", _age),
        "Completed years at the line's date; a birthday of 29 February counts on 1 March",
        unit="years",
        source="patient",
    )
    yield Fact(
        "patient.sex",
        "text",
        own_first("patient.sex", _sex),
        "F or M; a claim's U says that nobody knows",
        source="patient",
        values=("F", "M"),
    )
    yield Fact(
        "patient.birth_date",
        "date",
        own_first("patient.birth_date", lambda _, context: context.claim.patient.birth_date or UNKNOWN),
        "Date of birth",
        source="patient",
        identifying=True,
    )


def _provider_facts() -> Iterator[Fact]:
    roles: tuple[tuple[str, str, Callable[[ServiceLine, Claim], Provider | None]], ...] = (
        ("billing_provider", "billing provider", lambda _, claim: claim.billing_provider),
        ("rendering_provider", "provider who rendered the line", rendering_provider),
        ("referring_provider", "referring or ordering provider", lambda _, claim: claim.referring_provider),
        ("facility", "service facility", lambda _, claim: claim.facility),
    )
    meanings = {
        "npi": "NPI",
        "tax_id": "Tax id (the billing group)",
        "taxonomy": "Taxonomy code",
        "specialty": "CMS specialty code",
        "state": "State",
    }
    for role, who, get in roles:
        for attribute, what in meanings.items():
            name = f"{role}.{attribute}"
            read = _rendering_npi if name == "rendering_provider.npi" else _provider(get, attribute)
            yield Fact(name, "text", given_first(name, read), f"{what} of the {who}", always_known=True)


def _authorization_facts() -> Iterator[Fact]:
    form: tuple[tuple[str, FactKind, bool, str, str], ...] = (
        ("number", "text", False, "number", "Number of the authorization that covers the line's code and date"),
        ("codes", "code", True, "codes", "Codes it covers; empty when it names none"),
        ("from", "date", False, "from_", "Its first date"),
        ("to", "date", False, "to", "Its last date, inclusive"),
        ("units", "number", False, "units", "Units it allows; empty when it does not say"),
    )
    for short, kind, many, attribute, meaning in form:
        name = f"authorization.{short}"
        yield Fact(
            name,
            kind,
            given_first(name, _authorization(attribute)),
            meaning,
            many,
            source="authorizations",
            always_known=True,
            identifying=short == "number",
        )


def _evidence_facts() -> Iterator[Fact]:
    form: tuple[tuple[str, FactKind, bool, tuple[str, ...], str], ...] = (
        ("rendering", "text", False, ("yes", "no"), "Whether 3D rendering was performed"),
        ("protocol", "text", False, ("yes", "no"), "Whether it was done per protocol or routinely"),
        ("workstation", "text", False, ("independent", "not_independent", "pacs"), "Where the rendering was made"),
        ("supervision", "text", False, ("concurrent", "denied"), "Whether a physician supervised it concurrently"),
        ("necessity", "text", False, ("strong", "weak", "none"), "How strong the stated reason is"),
        ("section", "flag", False, (), "Whether the report has a section of its own for it"),
        ("findings_3d", "flag", False, (), "Whether the report states findings from it"),
        ("mapping", "flag", False, (), "Whether it maps biopsy or needle placement sites"),
        ("order", "flag", False, (), "Whether a written order for it is on file"),
        ("techniques", "text", True, (), "3D techniques: volume, surface, mip, quantitative, generic"),
        ("techniques_2d", "text", True, (), "Two-dimensional techniques: mpr, planar"),
        ("indication", "text", True, (), "Indications, in the payer's own names"),
    )
    for short, kind, many, values, meaning in form:
        name = f"report.{short}"
        yield Fact(name, kind, supplied_first(name, _unsupplied), meaning, many, source="evidence", values=values)


def _pfs_facts() -> Iterator[Fact]:
    form = (
        ("status", "Status code"),
        ("pctc", "PC/TC indicator, read on the row of the line's 26, TC or 53"),
        ("global_days", "Global period: 000, 010, 090, MMM, XXX, YYY, ZZZ"),
        ("multiple_procedure", "Multiple procedure indicator"),
        ("bilateral", "Bilateral surgery indicator"),
        ("assistant", "Assistant at surgery indicator"),
        ("co_surgeon", "Co-surgeon indicator"),
        ("team_surgeon", "Team surgeon indicator"),
        ("endoscopic_base", "Base code of an endoscopic family"),
        ("supervision", "Physician supervision of diagnostic procedures"),
        ("imaging_family", "Diagnostic imaging family indicator"),
    )
    for short, meaning in form:
        name = f"pfs.{short}"
        kind: FactKind = "code" if short == "endoscopic_base" else "text"
        yield Fact(
            name, kind, supplied_first(name, _pfs(short)), meaning, source="physician fee schedule of the edition"
        )


def _core() -> Catalogue:
    groups = (_line_facts, _claim_facts, _provider_facts, _authorization_facts, _evidence_facts, _pfs_facts)
    facts = {fact.name: fact for group in groups for fact in group()}
    facts["coverage.year_start"] = attrs.evolve(
        free_fact("coverage.year_start", "date", meaning="First day of the benefit year"), source="coverage"
    )
    return Catalogue(facts)


CATALOGUE: Final = _core()
"""The facts of the core."""
