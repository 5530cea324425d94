"""The socket's addresses."""

from django.urls import path, re_path

from simulations.runs.consumers import SimulationConsumer
from simulations.runs.doors import Nowhere

websocket_urlpatterns = [
    path("ws/simulations/<uuid:run_id>", SimulationConsumer.as_asgi()),
    re_path("", Nowhere.as_asgi()),
]
