"""The socket's addresses."""

from django.urls import path

from simulations.runs.consumers import SimulationConsumer

websocket_urlpatterns = [path("ws/simulations/<uuid:run_id>", SimulationConsumer.as_asgi())]
