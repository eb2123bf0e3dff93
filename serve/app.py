"""The HTTP service: what `create_app` registers, one line each.

`segue serve` is serve/server.py. Any other WSGI server runs `serve.app:create_app()`, which works
in that server's processes, without the limits on time and memory.
"""

import os

from flask import Flask

from serve.bundle import load_model
from serve.formats import MAX_BYTES
from serve.http import access, classify, logs, metrics, openapi, page, problems, status
from serve.http.chat import routes as chat
from serve.http.settings import Settings, read_settings
from serve.http.workers import InProcess, Workers
from serve.pipeline import Model


def create_app(
    settings: Settings | None = None, model: Model | None = None, workers: Workers | None = None
) -> Flask:
    """The application with its model loaded; settings from the environment unless given.

    Raises SettingsError or BundleError: the application starts with its model or not at all.
    """
    settings = read_settings(os.environ) if settings is None else settings
    if workers is None:
        loaded = load_model(settings.model) if model is None else model
        workers = Workers([InProcess(loaded)] * settings.workers, settings.queue)
    app = Flask(__name__, static_folder=None)
    # One byte more than we take: a chunked body is cut off at this length without an error.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES + 1
    problems.register(app)
    logs.register(app)
    measured = metrics.register(app, workers)
    access.register(app, settings.token)
    status.register(app, workers)
    openapi.register(app)
    classify.register(app, workers, measured)
    chat.register(app, workers)
    page.register(app, workers)
    return app
