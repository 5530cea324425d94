"""The addresses of the site: the workbench, and Django's admin for review."""

from django.urls import include, path

from webapp.admin import site

urlpatterns = [path("admin/", site.urls), path("", include("simulations.urls"))]
