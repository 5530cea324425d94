"""What a person may set when starting a run."""

from __future__ import annotations

from django import forms

from simulations.models import Sweep

MOST_LIQUIDITY_PERCENT = 1_000


class RunForm(forms.Form):
    """Run with…: everything optional, empty means as the scenario says."""

    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="Start of all randomness. Empty: the scenario's own.",
    )
    seeds = forms.IntegerField(
        label="Number of seeds",
        required=False,
        min_value=1,
        max_value=Sweep.MOST_SEEDS,
        help_text="More than 1 runs the scenario once for each seed from the one above on, without watching,"
        " and shows how the results spread.",
    )
    liquidity_percent = forms.IntegerField(
        label="Liquidity %",
        required=False,
        min_value=0,
        max_value=MOST_LIQUIDITY_PERCENT,
        help_text="Scales the opening balances, credit limits and collateral of all banks.",
    )
    name = forms.CharField(
        required=False, max_length=160, help_text="Empty: scenario, version, seed and liquidity."
    )

    def clean_seeds(self) -> int:
        """Return 1 where nothing was typed."""
        given: int | None = self.cleaned_data["seeds"]
        return 1 if given is None else given

    def clean_liquidity_percent(self) -> int:
        """Return 100 where nothing was typed."""
        given: int | None = self.cleaned_data["liquidity_percent"]
        return 100 if given is None else given
