"""The ASGI application: HTTP to Django, sockets to the consumers behind their own door, start and end."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
django_application = get_asgi_application()

from simulations.routing import websocket_urlpatterns  # noqa: E402  (needs the apps loaded)
from simulations.runs.doors import SocketDoor  # noqa: E402
from simulations.runs.lifespan import lifespan  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "lifespan": lifespan,
        "websocket": SocketDoor(URLRouter(websocket_urlpatterns)),
    }
)
