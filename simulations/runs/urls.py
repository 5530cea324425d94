"""Addresses of runs."""

from django.urls import path

from simulations.runs import many, parts, pictures, sweep_views, views

COMMANDS = ("start", "pause", "resume", "step", "run_to", "speed", "stop")
SWEEP = "sweeps/<uuid:sweep_id>/"

urlpatterns = [
    path("new", views.run_create, name="run_create"),
    path("delete", many.runs_delete, name="runs_delete"),
    path(f"{SWEEP}status", sweep_views.sweep_status, name="sweep_status"),
    path(f"{SWEEP}cancel", sweep_views.sweep_cancel, name="sweep_cancel"),
    path(f"{SWEEP}again", sweep_views.sweep_again, name="sweep_again"),
    path(f"{SWEEP}share", sweep_views.sweep_share, name="sweep_share"),
    path(f"{SWEEP}delete", sweep_views.sweep_delete, name="sweep_delete"),
    path(f"{SWEEP}seeds/<int:seed>/run", sweep_views.sweep_seed, name="sweep_seed"),
    path("<uuid:run_id>/", views.run_live, name="run_live"),
    path("<uuid:run_id>/banks", parts.run_banks, name="run_banks"),
    path("<uuid:run_id>/queue", parts.run_queue, name="run_queue"),
    path("<uuid:run_id>/feed", parts.run_feed, name="run_feed"),
    path("<uuid:run_id>/map", pictures.run_map, name="run_map"),
    path("<uuid:run_id>/lines", pictures.run_lines, name="run_lines"),
    path("<uuid:run_id>/heat", pictures.run_heat, name="run_heat"),
    path("<uuid:run_id>/status", parts.run_status, name="run_status"),
    path("<uuid:run_id>/at/<int:tick>/", parts.run_at, name="run_at"),
    path("<uuid:run_id>/share", views.run_share, name="run_share"),
    path("<uuid:run_id>/star", views.run_star, name="run_star"),
    path("<uuid:run_id>/delete", views.run_delete, name="run_delete"),
    path("<uuid:run_id>/branch", views.run_branch, name="run_branch"),
    path("<uuid:run_id>/intervene", views.run_intervene, name="run_intervene"),
    path("<uuid:run_id>/interventions", views.run_interventions, name="run_interventions"),
    path("<uuid:run_id>/interventions/<int:seq>/withdraw", views.run_withdraw, name="run_withdraw"),
    path("<uuid:run_id>/verify", views.run_verify, name="run_verify"),
    *(
        path(f"<uuid:run_id>/{verb}", views.run_command, {"verb": verb}, name="run_command")
        for verb in COMMANDS
    ),
]
