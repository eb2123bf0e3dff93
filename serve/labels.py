"""The six labels; their order breaks ties and names the columns of every score array."""

from typing import Literal, get_args

Label = Literal[
    "sponsor_read", "self_promo", "intro", "career_advice", "library_discussion", "other"
]
LABELS: tuple[Label, ...] = get_args(Label)

#: What `segue tag` and `strip` cut unless told otherwise.
ADS: tuple[Label, ...] = ("sponsor_read", "self_promo")
