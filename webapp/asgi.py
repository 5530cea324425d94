"""The ASGI application: HTTP to Django, sockets to the consumers, each behind its own door."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
django_application = get_asgi_application()

from simulations.routing import websocket_urlpatterns  # noqa: E402  (needs the apps loaded)
from simulations.runs.doors import SocketDoor  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": SocketDoor(URLRouter(websocket_urlpatterns)),
    }
)
