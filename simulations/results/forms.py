"""What an owner writes to a run."""

from __future__ import annotations

from typing import Any

from django import forms

from simulations.models import Run

MOST_TAGS = 12
TAG_LENGTH = 30


class TagsField(forms.CharField):
    """Tags as text with commas; a list in the database."""

    def prepare_value(self, value: Any) -> Any:
        """Show a list as text."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the tags without empty and double ones."""
        text = super().to_python(value) or ""
        return list(dict.fromkeys(tag.strip().lower() for tag in text.split(",") if tag.strip()))

    def validate(self, value: Any) -> None:
        """Bound their number and length."""
        if len(value) > MOST_TAGS:
            raise forms.ValidationError(f"At most {MOST_TAGS} tags.")
        if any(len(tag) > TAG_LENGTH for tag in value):
            raise forms.ValidationError(f"A tag has at most {TAG_LENGTH} characters.")

    def run_validators(self, value: Any) -> None:
        """There is nothing to check beyond `validate`."""


class LabelForm(forms.ModelForm):  # type: ignore[type-arg]  # known to the checker only
    """Name, tags and notes."""

    tags = TagsField(required=False, help_text="With commas between them.")

    class Meta:
        model = Run
        fields = ("name", "tags", "notes")
        widgets = {"notes": forms.Textarea(attrs={"rows": 4})}  # noqa: RUF012 (Django's way)
