"""FastAPI with Django mounted inside, in one process: the gateway's endpoints and the Django function's views."""

import os

from asgi import application as site
from fanin.compose.gateway import gateway
from fanin.local.layout import ROOT
from server.composition import mounted

app = mounted(gateway(ROOT, os.environ), site)
