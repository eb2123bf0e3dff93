import ast
import subprocess
import sys
from pathlib import Path

import pytest

import serve

FOLDER = Path(serve.__file__).parent

# A module imports only from layers above its own line, or from its own package.
LAYERS = (
    {"labels", "errors"},
    {"transcript", "result"},
    {"label_files"},
    {"units", "smooth", "strip", "language", "timeline"},
    {"formats"},
    {"text"},
    {"classifier"},
    {"bundle"},
    {"pipeline"},
    {"options"},
    {"tagged"},
    {"exports"},
    {"kinds"},
    {"process"},
    {"console"},
    {"batch.files"},
    {"corrections", "batch.manifest"},
    {"batch.work"},
    {"batch.pool", "batch.report"},
    {"batch.run"},
    {"http.settings", "http.problems", "http.requests", "http.logs", "http.turns"},
    {"http.connections", "http.supervised"},
    {"http.workers"},
    {"http.access", "http.metrics", "http.status"},
    {"http.classify"},
    {"http.chat", "http.page"},
    {"http.openapi"},
    {"app"},
    {"server"},
    {"cli"},
    {"__init__", "batch.__init__", "http.__init__"},
)
IN_LAYERS = {"batch", "http"}  # packages whose modules have layers of their own
TRAINING = {"torch", "fastai", "train", "sklearn", "matplotlib"}


def modules():
    return sorted(path for path in FOLDER.rglob("*.py") if "default_model" not in path.parts)


def module_of(parts):
    """The module that names below serve lead to; most packages are one module."""
    return ".".join(parts[:2] if parts[0] in IN_LAYERS else parts[:1])


def name_of(path):
    """The module below serve that a file belongs to."""
    return module_of(path.relative_to(FOLDER).with_suffix("").parts)


def imports(path):
    """The names below serve, and the other top-level names, that a file imports."""
    ours, others = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for top, *rest in (name.split(".") for name in names):
            if top == "serve":
                ours.add(module_of(rest))
            else:
                others.add(top)
    return ours, others


def layer_of(module):
    return next(i for i, layer in enumerate(LAYERS) if module in layer)


def test_every_module_has_a_layer():
    assert {name_of(path) for path in modules()} <= set.union(*LAYERS)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_imports_go_one_way(path):
    ours, _ = imports(path)
    above = set().union(*LAYERS[: layer_of(name_of(path))])
    assert ours - above - {name_of(path)} == set()


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_no_serving_module_imports_a_training_library(path):
    _, others = imports(path)
    assert others & TRAINING == set()


@pytest.mark.parametrize("module", ["serve", "serve.app", "serve.server", "serve.cli"])
def test_serving_loads_no_training_library(module):
    program = f"import sys, {module}; print({TRAINING!r} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert loaded.stdout.strip() == "set()", loaded.stderr


@pytest.mark.parametrize("module", ["pipeline", "bundle", "formats", "language", "strip", "smooth"])
def test_what_python_users_import_needs_no_web_server(module):
    program = (
        f"import sys, serve.{module}; print({{'flask', 'waitress', 'click'}} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert loaded.stdout.strip() == "set()", loaded.stderr


def test_the_public_names_are_these():
    assert sorted(serve.__all__) == ["load_model", "strip", "tag"]
