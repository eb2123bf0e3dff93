"""The examples in docstrings are true."""

import doctest
from importlib import import_module

import pytest

MODULES = ("units.runs", "units.sentences", "formats.align", "formats.detect", "formats.json_nodes")
MORE = ("formats.lines", "formats.speakers", "formats.times", "http.chat.wording")


@pytest.mark.parametrize("name", MODULES + MORE)
def test_a_module_does_what_its_examples_say(name):
    failed, tried = doctest.testmod(import_module(f"serve.{name}"))
    assert (failed, tried > 0) == (0, True)
