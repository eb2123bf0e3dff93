"""Which program asks, and what it is told."""

from serve.errors import RequestError
from serve.http.chat import adnihilator, minuspod, par, podly, small_talk
from serve.http.chat.calls import Call, Prompt
from serve.http.chat.lines import with_spans, with_starts
from serve.pipeline import Model

AUTO = "auto"
#: A program's calls, looked through in order; the last is the one for ads.
PROFILES: dict[str, tuple[Call, ...]] = {
    "minuspod": minuspod.CALLS,
    "podly": podly.CALLS,
    "par": par.CALLS,
    "adnihilator": adnihilator.CALLS,
}
#: Names of models; none contains "claude", which MinusPod would take for another provider's.
MODELS = tuple(f"segue-{profile}" for profile in (AUTO, *PROFILES))


def profile_of(query: str | None, model: str) -> str:
    """The profile that the query names, else the name of the model, else auto.

    A model may have a provider in front, as in `openai/segue-podly`. Raises RequestError when the
    query names a profile that does not exist.
    """
    if query is not None and query not in (AUTO, *PROFILES):
        raise RequestError(
            f"profile: {query!r} is not a profile; the profiles are {', '.join((AUTO, *PROFILES))}"
        )
    name = query or model.rpartition("/")[2].removeprefix("segue-")
    return name if name in PROFILES else AUTO


def answer(prompt: Prompt, model: Model, profile: str = AUTO) -> str:
    """What the program expects to be told; never empty.

    With a profile only the calls of that program are looked through, and lines of any other shape
    are answered as its call for ads would be.
    """
    wanted = PROFILES.values() if profile == AUTO else [PROFILES[profile]]
    for call in (call for calls in wanted for call in calls):
        if call.fits(prompt):
            return call.answer(prompt, model)
    if profile != AUTO and (with_spans(prompt.user) or with_starts(prompt.user)):
        return PROFILES[profile][-1].answer(prompt, model)
    return small_talk.reply(prompt)
