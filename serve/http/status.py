"""GET /health and GET /ready, for supervisors and load balancers."""

from flask import Flask, Response, jsonify

from serve.errors import BusyError
from serve.http.workers import Workers


def register(app: Flask, workers: Workers) -> None:
    """Add the routes."""

    @app.get("/health")
    def health() -> Response:
        """The process answers; if it does not, restart it."""
        return jsonify({"status": "ok"})

    @app.get("/ready")
    def ready() -> Response:
        """The model is loaded and requests are taken; which model. If not, send them elsewhere."""
        if not workers.is_ready:
            raise BusyError("the service is stopping or has no worker; ask again after a pause")
        return jsonify({"status": "ready", "model": workers.info.model_dump()})
