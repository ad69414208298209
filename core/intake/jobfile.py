"""Reads a requester's job file into a JobSpec, or tells everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib import resources

from pydantic import BaseModel, ValidationError

from core.errors import BadUpload
from core.intake.courseform import FORMS, exam_of, limits_of, training_of
from core.intake.document import Document, parse_document
from core.intake.faults import Faults, did_you_mean, quoted
from core.intake.jobform import ExampleForm, JobForm, OptionForm, OverlapForm
from core.intake.reviewform import CheckForm, ReviewForm, check_of, experts_of, review_of
from core.intake.ruleform import ActionForm, RuleForm, rules_of
from core.model import TEXT, Example, JobSpec, Option, Overlap, Review

_OTHER_NAMES = {"control_share": "gold_share", "fast_seconds": "min_seconds"}
"""Words of the data model that a requester may write instead of the form's."""
_ANSWER_FIELDS = frozenset({"type", "scale", "options"})
_PARTS: dict[str, type[BaseModel]] = {
    "options": OptionForm,
    "examples": ExampleForm,
    "overlap": OverlapForm,
    "review": ReviewForm,
    "check": CheckForm,
    **FORMS,
}
_TEMPLATES = resources.files("config") / "templates"


def template_names() -> tuple[str, ...]:
    """The templates that come with tapcrowd."""
    names = (entry.name for entry in _TEMPLATES.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def load_template(name: str) -> str:
    """The text of a template; BadUpload when there is none of this name."""
    known = template_names()
    if name not in known:
        raise BadUpload([f"template: {quoted(name)} is not one of {', '.join(known)}{did_you_mean(name, known)}"])
    return (_TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8")


def read_jobfile(text: str, now_ms: int, *, name: str = "", template: Callable[[str], str] = load_template) -> JobSpec:
    """Read a job file (YAML or TOML); a deadline given as a date counts from now_ms. BadUpload lists every fault."""
    faults = Faults()
    written = _known_names(_given(parse_document(text, name)), faults)
    fields = _with_template(written, template, faults)
    try:
        form = JobForm.model_validate(fields, context={"now_ms": now_ms})
    except ValidationError as error:
        faults.extend(_sentences(error))
        faults.check()
        raise
    faults.check()
    return _spec(form)


def _given(document: Document) -> Document:
    """Without the fields that were left empty."""
    return {key: _given(value) if isinstance(value, dict) else value for key, value in document.items() if value}


def _known_names(document: Document, faults: Faults) -> Document:
    fields: Document = {}
    for key, value in document.items():
        known = _OTHER_NAMES.get(key, key)
        if known != key and known in document:
            faults.add(f"{key}: is another name of {known}; give one of them")
        else:
            fields[known] = value
    return fields


def _with_template(fields: Document, load: Callable[[str], str], faults: Faults) -> Document:
    name = fields.get("template")
    if name is None:
        return fields
    try:
        defaults = _known_names(_given(parse_document(load(str(name)))), faults)
    except BadUpload as error:
        faults.extend(error.problems)
        return {key: value for key, value in fields.items() if key != "template"}
    if _ANSWER_FIELDS & fields.keys():
        # other answers than the template's: its examples would carry labels that no longer exist
        defaults = {key: value for key, value in defaults.items() if key not in _ANSWER_FIELDS | {"examples"}}
    return {**defaults, **fields}


def _sentences(error: ValidationError) -> Iterable[str]:
    for fault in error.errors(include_url=False):
        field = _place(fault["loc"])
        match fault["type"]:
            case "extra_forbidden":
                near = did_you_mean(str(fault["loc"][-1]), _fields(fault["loc"]))
                yield f"{field}: is not a field of a job file{near}"
            case "missing":
                yield f"{field}: is missing"
            case "value_error":
                yield f"{field}: {fault['ctx']['error']}"
            case "too_long":
                yield f"{field}: has too many entries, at most {fault['ctx']['max_length']} fit"
            case _:
                yield f"{field}: {quoted(fault['input'])} cannot stand here"


def _place(location: tuple[int | str, ...]) -> str:
    """Fields are named and list entries counted from one: options 2, text."""
    words = [f"{part + 1}" if isinstance(part, int) else quoted(part)[1:-1] for part in location if part != "[key]"]
    return ", ".join(words).replace(", ", " ", 1) if len(words) > 1 and words[1].isdecimal() else ", ".join(words)


def _fields(location: tuple[int | str, ...]) -> Iterable[str]:
    form = JobForm if len(location) == 1 else _PARTS.get(str(location[0]), JobForm)
    if location[0] == "rules":
        form = ActionForm if "action" in location else RuleForm
    return form.model_fields


def _spec(form: JobForm) -> JobSpec:
    asset = form.price.asset or (form.budget.asset if form.budget else "") or "USD"
    typed = form.type == TEXT
    review = review_of(form.review)
    return JobSpec(
        title=form.title,
        question=form.question,
        options=tuple(Option(option.id, option.text) for option in form.options),
        kind=form.type,
        instructions=form.instructions,
        examples=tuple(_example(example, form.options) for example in form.examples),
        price=form.price.micro,
        asset=asset,
        overlap=Overlap("fixed", 1, 1) if typed else _overlap(form.overlap),
        control_share=0.0 if typed else form.gold_share,
        budget=form.budget.micro if form.budget else None,
        deadline_seconds=form.deadline,
        languages=form.languages,
        skills=tuple(form.skills.items()),
        priority=form.priority,
        session=form.session,
        lease_seconds=form.lease,
        fast_seconds=form.min_seconds,
        template=form.template,
        method=form.method,
        learn=form.learn or form.auto_accept is not None,
        auto_accept=form.auto_accept,
        invite=form.invite,
        hold_seconds=form.hold if form.invite and "hold" in form.model_fields_set else 0,
        review=replace(review or Review(), share=1.0) if typed else review,
        check=check_of(form.check),
        experts=experts_of(form.experts, form.expert_price, form.expert_weight, form.price.micro),
        rules=rules_of(form.rules),
        training=training_of(form.training),
        exam=exam_of(form.exam),
        limits=limits_of(form),
    )


def _example(form: ExampleForm, options: Iterable[OptionForm]) -> Example:
    wanted = form.label.casefold()
    label = next(option.id for option in options if wanted in (option.id.casefold(), option.text.casefold()))
    return Example(form.text, label, form.why, form.good)


def _overlap(form: OverlapForm) -> Overlap:
    if form.answers is not None:
        return Overlap("fixed", form.answers, form.answers, form.confidence)
    bare = form.policy in ("value", "budget") and "min" not in form.model_fields_set
    worth = form.worth.micro if form.worth else 0
    share = form.share if form.policy == "checkpoint" else 1.0
    return Overlap(form.policy, 1 if bare else form.min, form.max, form.confidence, share, worth)
