"""Messages without a transcript that we know: probes, summaries, and whatever else comes.

MinusPod sends `{"test": true}`, Podly `ping` and podcast-ad-remover `Say hello` to see whether
anybody is there. A summary needs a writer; podcast-ad-remover wants it to begin as ours does.
"""

from serve.http.chat.calls import Prompt

PROBE_LETTERS = 200  # a probe is short, and whoever sends one only looks whether an answer comes
HELLO = "Hello, Segue is here."
JSON_HELLO = '{"ok": true}'
SUMMARY = "This episode includes the conversation that follows."
NO_ADS = "[]"


def reply(prompt: Prompt) -> str:
    """A harmless answer; to a long message we do not know, that there are no ads."""
    user = prompt.user.strip()
    if "summar" in user[:2000].lower():
        return SUMMARY
    if len(user) > PROBE_LETTERS:
        return NO_ADS
    return JSON_HELLO if user.startswith(("{", "[")) else HELLO
