"""What a label is called where listeners read it."""

from serve.labels import Label

TITLES: dict[Label, str] = {
    "sponsor_read": "Sponsor",
    "self_promo": "Self-promotion",
    "intro": "Intro",
    "career_advice": "Career advice",
    "library_discussion": "Library discussion",
    "other": "Conversation",
}
