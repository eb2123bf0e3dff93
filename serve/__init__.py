"""Label podcast transcripts and cut the ads: everything that runs without torch.

>>> from serve import load_model, strip, tag
>>> model = load_model()
>>> result = tag(source, model)
>>> clean = strip(source, result)
"""

import os

# ONNX Runtime's Linux builds since 1.29 keep a device id and send what they see of models to their
# makers unless this is set before they are loaded. Nothing of ours leaves the machine.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from serve.bundle import load_model
from serve.pipeline import strip, tag

__all__ = ["load_model", "strip", "tag"]
