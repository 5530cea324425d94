"""The workbench's addresses, one include a folder."""

from django.urls import include, path

urlpatterns = [
    path("", include("simulations.home.urls")),
    path("scenarios/", include("simulations.scenarios.urls")),
    path("runs/", include("simulations.runs.urls")),
    path("runs/", include("simulations.review.urls")),
    path("", include("simulations.results.urls")),
    path("api/", include("simulations.api.urls")),
]
