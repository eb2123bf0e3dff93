import os
import subprocess
import sys

PROGRAM = """
from serve import load_model, tag
tag(b"Welcome back to the show.", load_model())
"""


def test_labelling_leaves_no_trace_of_the_machine_behind(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ORT_", "XDG_", "CI"))}
    environment |= {"HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []
