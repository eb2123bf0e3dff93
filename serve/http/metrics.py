"""GET /metrics: what the service did, for Prometheus.

One process speaks HTTP and counts; the workers tell it what they found, so there is nothing to add
up across processes.
"""

import time
from collections.abc import Mapping

from flask import Flask, Response, g, request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from serve.http.workers import Workers

METHODS = ("GET", "HEAD", "OPTIONS", "POST")  # others count as OTHER: a caller can make up names
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counters of one application, in a registry of its own."""

    def __init__(self, workers: Workers) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "segue_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "segue_request_seconds",
            "From the whole request to the whole answer.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._words = Counter("segue_words", "Words labelled by /classify.", registry=self.registry)
        self._segments = Counter(
            "segue_segments", "Segments found by /classify.", ("label",), registry=self.registry
        )
        waiting = Gauge(
            "segue_waiting_requests", "Requests that wait for a worker.", registry=self.registry
        )
        waiting.set_function(lambda: workers.n_waiting)
        model = Info("segue_model", "Which model answers.", registry=self.registry)
        model.info(workers.info.model_dump())

    def count(self, n_words: int, n_segments: Mapping[str, int]) -> None:
        """Add what was found in one transcript; segments by label."""
        self._words.inc(n_words)
        for label, n in n_segments.items():
            self._segments.labels(label).inc(n)

    def observe(self, answer: Response) -> Response:
        """Count a request and its time."""
        method = request.method if request.method in METHODS else "OTHER"
        route = str(request.url_rule or "(no view)")
        self._requests.labels(method, route, answer.status_code).inc()
        self._seconds.labels(route).observe(time.perf_counter() - g.metrics_began)
        return answer


def register(app: Flask, workers: Workers) -> Metrics:
    """Measure every request of `app`, and show the figures."""
    metrics = Metrics(workers)

    @app.before_request
    def begin() -> None:
        g.metrics_began = time.perf_counter()

    app.after_request(metrics.observe)

    @app.get("/metrics")
    def show() -> Response:
        """The figures in Prometheus's text format."""
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    return metrics
