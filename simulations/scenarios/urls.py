"""Addresses of this folder."""

from django.urls import path

from simulations.scenarios.views import editor, files, form, listing, versions

urlpatterns = [
    path("", listing.scenario_list, name="scenario_list"),
    path("new", listing.scenario_new, name="scenario_new"),
    path("import", files.scenario_import, name="scenario_import"),
    path("import/<uuid:import_id>", files.import_progress, name="import_progress"),
    path("import/<uuid:import_id>/cancel", files.import_cancel, name="import_cancel"),
    path("schema.json", editor.scenario_schema, name="scenario_schema"),
    path("<uuid:scenario_id>/", editor.scenario_edit, name="scenario_edit"),
    path("<uuid:scenario_id>/validate", editor.scenario_validate, name="scenario_validate"),
    path("<uuid:scenario_id>/save", versions.scenario_save, name="scenario_save"),
    path("<uuid:scenario_id>/draft/drop", versions.scenario_drop_draft, name="scenario_drop_draft"),
    path("<uuid:scenario_id>/form", form.scenario_form, name="scenario_form"),
    path("<uuid:scenario_id>/form/change", form.scenario_change, name="scenario_change"),
    path("<uuid:scenario_id>/form/bank/<int:number>", form.scenario_bank, name="scenario_bank"),
    path("<uuid:scenario_id>/form/arrivals/<int:number>", form.scenario_arrivals, name="scenario_arrivals"),
    path("<uuid:scenario_id>/duplicate", listing.scenario_duplicate, name="scenario_duplicate"),
    path("<uuid:scenario_id>/archive", listing.scenario_archive, name="scenario_archive"),
    path("<uuid:scenario_id>/share", listing.scenario_share, name="scenario_share"),
    path("<uuid:scenario_id>/details", listing.scenario_details, name="scenario_details"),
    path("<uuid:scenario_id>/export", files.scenario_export, name="scenario_export"),
    path("<uuid:scenario_id>/payments", files.scenario_payments, name="scenario_payments"),
    path("<uuid:scenario_id>/participants", files.scenario_participants, name="scenario_participants"),
    path("<uuid:scenario_id>/versions", versions.scenario_versions, name="scenario_versions"),
    path(
        "<uuid:scenario_id>/versions/<int:number>",
        versions.scenario_version_diff,
        name="scenario_version_diff",
    ),
    path(
        "<uuid:scenario_id>/versions/<int:number>/restore", versions.scenario_restore, name="scenario_restore"
    ),
]
