"""The six labels; their order breaks ties and names the columns of every score array."""

from typing import Literal, get_args

Label = Literal[
    "sponsor_read", "self_promo", "intro", "career_advice", "library_discussion", "other"
]
LABELS: tuple[Label, ...] = get_args(Label)

#: What `segue tag` and `strip` cut unless told otherwise.
ADS: tuple[Label, ...] = ("sponsor_read", "self_promo")

#: Label names of label files to the labels they allow; two names say only "advertising or not".
ALLOWED: dict[str, tuple[Label, ...]] = {
    **{str(label): (label,) for label in LABELS},
    "ad": ADS,
    "not_ad": tuple(label for label in LABELS if label not in ADS),
}
