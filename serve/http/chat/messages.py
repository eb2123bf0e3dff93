"""The body of a chat completion: what is asked, and nothing else.

Sampling, limits, tools and response formats are for models that write; they are taken and ignored,
as is every field we do not know. A program that is refused one of them may never send it again.
"""

import json
from dataclasses import dataclass
from typing import Any

from serve.errors import RequestError
from serve.http.chat.calls import Prompt

SYSTEM_ROLES = ("system", "developer")


@dataclass(frozen=True, slots=True)
class Chat:
    """A request for a completion."""

    prompt: Prompt
    model: str  # as the program calls it
    stream: bool
    n_words: int  # of all messages


def read_chat(body: bytes) -> Chat:
    """The request in a body. Raises RequestError when it is not JSON or holds no messages."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError(
            f"the body is not JSON ({error}); send an object with 'model' and 'messages'"
        ) from None
    messages = content.get("messages") if isinstance(content, dict) else None
    if not isinstance(messages, list) or not messages:
        raise RequestError(
            "messages: it should be a list of messages, each an object with 'role' and 'content'"
        )
    texts = [_text(message) for message in messages]
    roles = [message.get("role") for message in messages if isinstance(message, dict)]
    system = [text for role, text in zip(roles, texts, strict=True) if role in SYSTEM_ROLES]
    user = [text for role, text in zip(roles, texts, strict=True) if role == "user"]
    model = content.get("model")
    return Chat(
        prompt=Prompt("\n".join(system), user[-1] if user else ""),
        model=model if isinstance(model, str) and model else "segue-auto",
        stream=content.get("stream") is True,
        n_words=sum(len(text.split()) for text in texts),
    )


def _text(message: Any) -> str:
    """What a message says; its content may be a string, a list of parts, or missing."""
    if not isinstance(message, dict):
        raise RequestError(f"messages: {message!r:.40} is not an object with 'role' and 'content'")
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return "\n".join(text for text in texts if isinstance(text, str))
