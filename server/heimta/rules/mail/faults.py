"""What is wrong with an e-mail step that a type cannot say."""

from __future__ import annotations

from heimta.model.journey import Send
from heimta.rules.mail.render import designs


def step_faults(step: Send) -> list[str]:
    """Each names the field, the value, the rule and the way out. [] for a step of another channel."""
    if step.channel != "email":
        way = "leave it out, or ask in an e-mail"
        return (
            [f"step {step.id!r}: survey is {step.survey!r}; only e-mails ask, {way}"] if step.survey else []
        )
    faults = []
    if step.survey and step.template != "survey":
        faults.append(
            f"step {step.id!r}: template is {step.template!r}, and it asks the survey {step.survey!r}; "
            "only the template `survey` has room for a question"
        )
    if step.template not in designs():
        faults.append(
            f"step {step.id!r}: template is {step.template!r}; an e-mail's is one of {', '.join(designs())}"
        )
    if not step.title:
        faults.append(f"step {step.id!r}: title is missing; it is the e-mail's subject")
    if not step.body:
        faults.append(f"step {step.id!r}: body is missing; an empty line in it begins a new paragraph")
    return faults
