"""Addresses of results, history and comparison."""

from django.urls import path

from simulations.results import comparing, days, exports, history, pages, records, sweeps

RUN = "runs/<uuid:run_id>/results/"
SWEEP = "runs/sweeps/<uuid:sweep_id>/"

urlpatterns = [
    path(RUN, pages.run_results, name="run_results"),
    path(f"{RUN}report", pages.run_report, name="run_report"),
    path(f"{RUN}curves", pages.run_curves, name="run_curves"),
    path(f"{RUN}balances", pages.run_balances, name="run_balances"),
    path(f"{RUN}label", pages.run_label, name="run_label"),
    path(f"{RUN}days/", days.run_days, name="run_days"),
    path(f"{RUN}banks/", pages.result_banks, name="result_banks"),
    path(f"{RUN}banks/<str:agent_id>", pages.run_bank, name="run_bank"),
    path(f"{RUN}payments/", records.run_payments, name="run_payments"),
    path(f"{RUN}payments/<path:payment_id>", records.run_payment, name="run_payment"),
    path(f"{RUN}events/", records.run_events, name="run_events"),
    path(f"{RUN}export/scenario.yaml", exports.run_scenario, name="run_scenario"),
    path(f"{RUN}export/measures.<str:form>", exports.run_measures, name="run_measures"),
    path(f"{RUN}export/definitions.<str:form>", exports.run_definitions, name="run_definitions"),
    path(f"{RUN}export/<str:kind>.<str:form>", exports.run_export, name="run_export"),
    path("runs/sweeps/", sweeps.sweeps, name="sweeps"),
    path(SWEEP, sweeps.sweep_results, name="sweep_results"),
    path(f"{SWEEP}bands", sweeps.sweep_bands, name="sweep_bands"),
    path(f"{SWEEP}histogram", sweeps.sweep_histogram, name="sweep_histogram"),
    path(f"{SWEEP}export/<str:table>.<str:form>", sweeps.sweep_export, name="sweep_export"),
    path("history/", history.history, name="history"),
    path("history/live", history.history_live, name="history_live"),
    path("history/chosen", history.history_chosen, name="history_chosen"),
    path("history/compare", history.history_compare, name="history_compare"),
    path("compare/", comparing.compare, name="compare"),
]
