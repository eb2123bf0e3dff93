"""GET /openapi.json and GET /docs: what the service takes and answers.

The schemas are those of the pydantic models that requests and answers are made of; the page is
drawn from the description, by a template that comes with it.
"""

import json

from flask import Blueprint, Flask, Response, render_template

from serve.http.openapi.document import document

STYLE_ONLY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def register(app: Flask) -> None:
    """Add the routes."""
    described = document()
    text = json.dumps(described, indent=1)
    pages = Blueprint("docs", __name__, template_folder="templates")

    @pages.get("/openapi.json")
    def openapi() -> Response:
        """The description."""
        return Response(text, mimetype="application/json")

    @pages.get("/docs")
    def docs() -> Response:
        """The description as a page for people."""
        page = Response(render_template("docs.html", api=described), mimetype="text/html")
        page.headers["Content-Security-Policy"] = STYLE_ONLY
        return page

    app.register_blueprint(pages)
