"""Label podcast transcripts and cut the ads: everything that runs without torch.

>>> from serve import load_model, strip, tag
>>> model = load_model()
>>> result = tag(source, model)
>>> clean = strip(source, result)
"""

from serve.bundle import load_model
from serve.pipeline import strip, tag

__all__ = ["load_model", "strip", "tag"]
