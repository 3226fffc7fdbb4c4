"""The parameters of the endpoints: what they may be, and what is made of them."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import request
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from webargs.fields import DelimitedList
from webargs.flaskparser import FlaskParser

from casb_sdk import Severity
from connector.domain.export_errors import BadParameterError
from connector.domain.export_forms import (
    DEFAULT_OCSF_VERSION,
    DETECTION_FINDING,
    IAM_ANALYSIS_FINDING,
    IAM_ANALYSIS_SINCE,
    OCSF_CLASSES,
    OCSF_VERSIONS,
    Form,
    FormatName,
    SchemaName,
)
from connector.domain.feed import View
from connector.domain.finding_state import Status

BAD_REQUEST = 400
MOST_ROWS = 5_000
DEFAULT_ROWS = 500
LARGEST = 2**63 - 1
DIGITS = re.compile(r"[0-9]{1,100}", re.ASCII)
LIST_LIMIT = 500
MOST_QUESTIONS = 100
EVIDENCE, REFRESHED = "evidence", "refreshed"
INCLUDED = {
    EVIDENCE: "`evidence` insists on accounts and paths, which need findings:evidence",
    REFRESHED: "`refreshed` asks for heart-beats, if CASB_HEARTBEAT_DAYS is set",
}


class Parser(FlaskParser):
    """Says 400 to a known parameter that makes no sense; ignores unknown ones."""

    DEFAULT_VALIDATION_STATUS = BAD_REQUEST

    def load_querystring(self, req: Any, schema: Schema) -> dict[str, str]:
        """Return the parameters; a cursor leaves none but itself and the limit."""
        given = {name: _given(schema, name) for name in req.args}
        if given.get("cursor"):
            return {name: given[name] for name in ("cursor", "limit") if name in given}
        return given


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    """A part of the API whose parameters go through our parser."""

    ARGUMENTS_PARSER = Parser()


class Whole(fields.Integer):
    """A whole number in plain digits; marshmallow's own takes much else for one."""

    def _deserialize(self, value: Any, *args: Any, **rest: Any) -> int:
        if not DIGITS.fullmatch(str(value)):
            raise self.make_error("invalid", input=value)
        return int(value)


class Moment(fields.AwareDateTime):
    """A time; what names no zone is UTC."""

    def _deserialize(self, value: Any, *args: Any, **rest: Any) -> Any:
        # A plus sign that nobody escaped arrives as a blank.
        return super()._deserialize(str(value).replace(" ", "+"), *args, **rest)


def _words(description: str) -> dict[str, str]:
    return {"description": description}


def texts(description: str) -> fields.Field[Any]:
    """Return a parameter that is a list, divided by commas."""
    return DelimitedList(
        fields.String(validate=validate.Length(1, 255)),
        validate=validate.Length(max=LIST_LIMIT),
        metadata=_words(f"{description}; several divided by commas"),
    )


def one_of(enum: Any, default: Any, description: str) -> fields.Field[Any]:
    """Return a parameter with a few possible values."""
    return fields.Enum(
        enum, by_value=True, load_default=default, metadata=_words(description)
    )


def granularity() -> fields.Field[Any]:
    """Return the parameter that says what a row is about."""
    return fields.String(
        load_default="finding",
        validate=validate.OneOf(("finding", "resource")),
        metadata=_words("one row a finding, or one an affected item"),
    )


def included(*words: str) -> fields.Field[Any]:
    """Return the parameter that asks for what is left out otherwise."""
    return DelimitedList(
        fields.String(validate=validate.OneOf(words)),
        load_default=(),
        metadata=_words("; ".join(INCLUDED[word] for word in words)),
    )


class Parameters(Schema):
    """Parameters that are known; the others are ignored."""

    class Meta:
        """Ignore what is unknown: clients send parameters of their own."""

        unknown = EXCLUDE


class PageParameters(Parameters):
    """How much, and from where on."""

    cursor = fields.String(
        load_default="",
        metadata=_words(
            "where to go on: `next_cursor` or `checkpoint` of an answer before. "
            "Overrides every other parameter but `limit`; empty is the start"
        ),
    )
    limit = Whole(
        load_default=DEFAULT_ROWS,
        validate=validate.Range(1),
        metadata=_words(f"how many rows; more than {MOST_ROWS} are cut to that"),
    )

    def load(self, data: Any, *rest: Any, **options: Any) -> Any:
        """Return parameters: from page to page only the cursor is another one."""
        if not data.get("cursor"):
            return super().load(data, *rest, **options)
        others = frozenset((name, data[name]) for name in data if name != "cursor")
        return {**_loaded(self, others), "cursor": data["cursor"]}


class FormParameters(Parameters):
    """What a row looks like."""

    schema_ = fields.Enum(
        SchemaName,
        by_value=True,
        data_key="schema",
        load_default=SchemaName.NATIVE,
        metadata=_words("the schema of a row"),
    )
    ocsf_version = fields.String(
        load_default=DEFAULT_OCSF_VERSION,
        validate=validate.OneOf(OCSF_VERSIONS),
        metadata=_words("with `schema=ocsf`: the version"),
    )
    ocsf_class = Whole(
        load_default=DETECTION_FINDING,
        validate=validate.OneOf(OCSF_CLASSES),
        metadata=_words(
            f"with `schema=ocsf`: the class; {IAM_ANALYSIS_FINDING} from "
            f"{IAM_ANALYSIS_SINCE} on"
        ),
    )
    format_ = fields.Enum(
        FormatName,
        by_value=True,
        data_key="format",
        load_default=None,
        metadata=_words("how rows are written; without it the Accept header says"),
    )
    include = included(EVIDENCE)
    implied = fields.String(
        load_default="include",
        validate=validate.OneOf(("include", "exclude")),
        metadata=_words("findings that a stronger one implies"),
    )
    site_id = texts("only these sites")
    finding_type = texts("only these types")
    detector = texts("the same as finding_type")
    resource_type = texts("only these types of resource")


class ChangesParameters(PageParameters, FormParameters):
    """The parameters of the feed."""

    after_seq = Whole(
        load_default=0,
        validate=validate.Range(0, LARGEST),
        metadata=_words("only changes with a larger `change_seq`"),
    )
    changed_since = Moment(
        load_default=None, metadata=_words("only changes from this time on")
    )
    changed_before = Moment(
        load_default=None,
        metadata=_words("only changes before this time, which is cut to now"),
    )
    from_ = fields.String(
        data_key="from",
        load_default="earliest",
        validate=validate.OneOf(("earliest", "now")),
        metadata=_words("`now` skips what is there already"),
    )
    view = one_of(
        View, View.HISTORY, "every change, or each finding once at its newest one"
    )
    include = included(EVIDENCE, REFRESHED)
    min_severity = fields.Enum(
        Severity,
        by_value=True,
        load_default=None,
        metadata=_words("changes of findings that are, or were, at least this severe"),
    )
    status = DelimitedList(
        fields.Enum(Status, by_value=True),
        load_default=(),
        metadata=_words("changes of findings that have, or had, one of these statuses"),
    )
    granularity = fields.String(
        load_default="finding",
        validate=validate.OneOf(("finding",)),
        metadata=_words("the feed has one row a change"),
    )


def form_of(args: Mapping[str, Any], *, with_evidence: bool) -> Form:
    """Return the form of a row that parameters ask for."""
    schema = args["schema_"]
    form = Form(schema, args["ocsf_version"], args["ocsf_class"], with_evidence)
    form.check()
    if schema is SchemaName.OCSF and args["format_"] is FormatName.CSV:
        raise BadParameterError("format: OCSF does not fit into a table.")
    if schema is SchemaName.OCSF and args["granularity"] == "resource":
        raise BadParameterError("granularity: an OCSF event is about a finding.")
    return form


def question_of(schema: Schema) -> dict[str, str]:
    """Return what was asked for, position and size apart, as the parameters said."""
    names = {each.data_key or name for name, each in schema.fields.items()}
    position = {"cursor", "limit", "after_seq", "from"}
    return {
        name: _given(schema, name)
        for name in sorted(names - position)
        if name in request.args
    }


def _given(schema: Schema, name: str) -> str:
    """Return a parameter: clients repeat some, and only lists take that as more."""
    values = [value for value in request.args.getlist(name) if value] or [""]
    kinds = {each.data_key or key: each for key, each in schema.fields.items()}
    is_list = isinstance(kinds.get(name), DelimitedList)
    return ",".join(values) if is_list else values[0]


def reloaded(schema: Schema, question: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the parameters that a cursor holds."""
    try:
        return _loaded(schema, frozenset(question.items()))
    except ValidationError as error:
        raise BadParameterError(
            f"The cursor asks for what is no longer there: {error.messages}."
        ) from None


@lru_cache(MOST_QUESTIONS)
def _loaded(schema: Schema, given: frozenset[tuple[str, str]]) -> Mapping[str, Any]:
    args: dict[str, Any] = schema.load(dict(given))
    return args
