"""The form of the intervene panel: an action, what it is about, when. Money is typed in currency units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from simulations.runs.offered import ACTIONS, PLACES, POLICIES
from simulations.runs.typed import BankLimits, Money

FIRST_SHOWN = "transfer_liquidity"
CHOICES = ("type", "policy")  # another choice has other fields: the page asks for them by this class
# Where the engine finds a fault -> the field that was typed into; else the field is named as the key is.
FIELDS_OF_PATHS = (
    (re.compile(r"^policy\.split_above\.amount"), "split_amount"),
    (re.compile(r"^policy\.split_above"), "split_parts"),
    (re.compile(r"^policy\.type"), "policy"),
    (re.compile(r"^policy\.(\w+)"), r"\1"),
    (re.compile(r"^limits\.(\w+)"), r"\1"),
    (re.compile(r"^liquidity_saving\[0"), "first"),
    (re.compile(r"^liquidity_saving\[1"), "second"),
    (re.compile(r"^liquidity_saving\[2"), "third"),
    (re.compile(r"^(\w+)"), r"\1"),
)


class InterventionForm(forms.Form):
    """One action with its fields; `event()` is what the engine takes."""

    type = forms.ChoiceField(
        label="What happens", choices=[(key, label) for key, (label, _) in ACTIONS.items()]
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        asked: Mapping[str, Any],
        decimals: int,
        rails: Sequence[str],
    ) -> None:
        """Show the fields of the action and policy `asked` for, with what was typed; `data` is posted."""
        wanted = str(asked.get("type", ""))
        self.chosen = wanted if wanted in ACTIONS else FIRST_SHOWN
        chosen_policy = str(asked.get("policy", ""))
        policy = chosen_policy if chosen_policy in dict(POLICIES) else POLICIES[0][0]
        typed = {name: asked[name] for name in asked if name != "type"}
        super().__init__(data, initial={**typed, "type": self.chosen}, auto_id="intervene-%s")
        self.fields.update(ACTIONS[self.chosen][1](rails, policy))
        self.fields["tick"] = forms.IntegerField(
            label="At tick",
            min_value=0,
            required=False,
            help_text="Counted from the start of the run. Empty: now, in the next tick to be run.",
        )
        for name, field in self.fields.items():
            if isinstance(field, Money | BankLimits):
                field.decimals = decimals
            if name in CHOICES:
                field.widget.attrs["class"] = "intervene-choice"

    def clean(self) -> dict[str, Any]:
        """See that what belongs together is there together."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "split_parts" not in self.fields or {"split_amount", "split_parts"} & set(self.errors):
            return cleaned
        if (cleaned.get("split_amount") is None) != (cleaned.get("split_parts") is None):
            lacking = "split_amount" if cleaned.get("split_amount") is None else "split_parts"
            self.add_error(lacking, "Splitting needs the amount and the number of parts.")
        return cleaned

    def event(self) -> dict[str, Any]:
        """Return the event of a valid form; what was left empty is left out."""
        given = {name: value for name, value in self.cleaned_data.items() if _is_given(value)}
        match self.chosen:
            case "set_policy":
                return _policy(given)
            case "set_limits":
                limits = {name: given.pop(name) for name in ("multilateral", "bilateral") if name in given}
                return given | {"limits": limits}
            case "set_liquidity_saving":
                return given | {"liquidity_saving": [given.pop(place) for place in PLACES if place in given]}
        return given

    def refuse(self, problem: Exception) -> None:
        """Put what the engine found wrong beside the fields it is about."""
        faults = getattr(problem, "faults", None)
        if faults is None:
            for line in str(problem).splitlines()[:5]:
                self.add_error(None, line)
            return
        for fault in faults:
            self.add_error(
                self._field_of(fault["path"]), f"{fault['message'][:1].upper()}{fault['message'][1:]}."
            )

    def _field_of(self, path: str) -> str | None:
        for pattern, name in FIELDS_OF_PATHS:
            found = pattern.match(path)
            if found is not None and (field := found.expand(name)) in self.fields:
                return field
        return None


def _policy(given: dict[str, Any]) -> dict[str, Any]:
    """Put a policy's parameters under it."""
    policy: dict[str, Any] = {"type": given.pop("policy")}
    own = ("targets", "keep", "seed_amount", "due_ticks")
    policy |= {name: given.pop(name) for name in own if name in given}
    if "split_amount" in given:
        policy["split_above"] = {"amount": given.pop("split_amount"), "parts": given.pop("split_parts")}
    return given | {"policy": policy}


def _is_given(value: object) -> bool:
    """Whether something was typed; 0 was."""
    return value is not None and value is not False and value not in ("", {})
