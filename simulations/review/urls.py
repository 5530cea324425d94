"""Addresses of review beside the admin's own."""

from django.urls import path

from simulations.review import views

urlpatterns = [path("<uuid:run_id>/review", views.review_request, name="review_request")]
