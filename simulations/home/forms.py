"""Forms of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django import forms

from simulations.models import Preference

if TYPE_CHECKING:
    _PreferenceModelForm = forms.ModelForm[Preference]
else:  # Generic for the type checker only.
    _PreferenceModelForm = forms.ModelForm


class PreferenceForm(_PreferenceModelForm):
    """How the pages look."""

    page_size = forms.IntegerField(
        label="Rows on a page", min_value=10, max_value=500, help_text="10 to 500, in every list."
    )

    class Meta:
        model = Preference
        fields = ("theme", "page_size")
        widgets: ClassVar = {"theme": forms.RadioSelect}


class TokenForm(forms.Form):
    """A name that tells tokens apart."""

    name = forms.CharField(
        label="What is it for?",
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": "nightly sweep", "autocomplete": "off"}),
    )
