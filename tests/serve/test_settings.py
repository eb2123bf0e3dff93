from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from serve.errors import SettingsError
from serve.http.settings import PREFIX, Listen, Settings, read_settings

KUBERNETES = {
    "SEGUE_PORT": "tcp://10.0.0.7:8000",
    "SEGUE_PORT_8000_TCP": "tcp://10.0.0.7:8000",
    "SEGUE_SERVICE_HOST": "10.0.0.7",
}


def test_without_settings_the_service_is_for_this_machine_only():
    settings = read_settings({"HOME": "/home/ann", "PATH": "/bin"})
    assert settings == Settings()
    assert (str(settings.listen), settings.model, settings.token) == ("127.0.0.1:8000", None, None)
    assert settings.listen.is_loopback


def test_every_setting_is_read():
    settings = read_settings(
        {
            "SEGUE_LISTEN": "0.0.0.0:80",
            "SEGUE_MODEL": "models/candidate",
            "SEGUE_TOKEN": "open-sesame",
            "SEGUE_WORKERS": "2",
            "SEGUE_QUEUE": "0",
            "SEGUE_TIME_LIMIT": "2.5",
            "SEGUE_MEMORY_MB": "512",
        }
    )
    assert settings.listen == Listen("0.0.0.0", 80)
    assert settings.model == Path("models/candidate")
    assert settings.token.get_secret_value() == "open-sesame"
    assert (settings.workers, settings.queue) == (2, 0)
    assert (settings.time_limit, settings.memory_mb) == (2.5, 512)


@pytest.mark.parametrize(
    ("text", "listen", "is_loopback"),
    [
        ("localhost:8000", Listen("localhost", 8000), True),
        ("127.0.0.1:0", Listen("127.0.0.1", 0), True),
        ("127.9.9.9:1", Listen("127.9.9.9", 1), True),
        ("[::1]:8000", Listen("::1", 8000), True),
        ("[::]:8000", Listen("::", 8000), False),
        ("0.0.0.0:65535", Listen("0.0.0.0", 65535), False),
        ("192.168.1.5:8000", Listen("192.168.1.5", 8000), False),
        ("pod.example:8000", Listen("pod.example", 8000), False),
        ("localhost.example:8000", Listen("localhost.example", 8000), False),
        ("*:8000", Listen("*", 8000), False),
    ],
)
def test_an_address_is_read_and_written_alike(text, listen, is_loopback):
    found = read_settings({"SEGUE_LISTEN": text}).listen
    assert (found, str(found), found.is_loopback) == (listen, text, is_loopback)


@pytest.mark.parametrize(
    "text",
    ["8000", ":8000", "localhost", "localhost:", "localhost:http", "localhost:65536", "::1:8000",
     "localhost:-1", "localhost:٣", "127.0.0.1 0.0.0.0:80", "http://localhost:8000/"],
)  # fmt: skip
def test_a_bad_address_is_refused_with_the_right_form(text):
    with pytest.raises(SettingsError) as refusal:
        read_settings({"SEGUE_LISTEN": text})
    assert str(refusal.value) == (
        "SEGUE_LISTEN: it should be host:port, for example 127.0.0.1:8000 or [::1]:8000,"
        f" not {text!r}"
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SEGUE_WORKERS", "0", "SEGUE_WORKERS: it should be greater than or equal to 1, not '0'"),
        ("SEGUE_WORKERS", "257", "SEGUE_WORKERS: it should be less than or equal to 256"),
        ("SEGUE_QUEUE", "-1", "SEGUE_QUEUE: it should be greater than or equal to 0, not '-1'"),
        ("SEGUE_TIME_LIMIT", "inf", "SEGUE_TIME_LIMIT: it should be a finite number, not 'inf'"),
        ("SEGUE_MEMORY_MB", "1", "SEGUE_MEMORY_MB: it should be greater than or equal to 256"),
        ("SEGUE_WORKERS", "two", "SEGUE_WORKERS: it should be a valid integer"),
        ("SEGUE_LISTEN", "", "SEGUE_LISTEN is empty; give it a value or unset it"),
        ("SEGUE_MODEL", " ", "SEGUE_MODEL is empty; give it a value or unset it"),
        ("SEGUE_TOKEN", "", "SEGUE_TOKEN is empty; give it a value or unset it"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_that_was_set(name, value, message):
    with pytest.raises(SettingsError) as refusal:
        read_settings({name: value})
    assert str(refusal.value).startswith(message)


def test_every_bad_value_is_named():
    with pytest.raises(SettingsError, match=r"SEGUE_LISTEN: .*; SEGUE_WORKERS: "):
        read_settings({"SEGUE_LISTEN": "x", "SEGUE_WORKERS": "x"})


def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated():
    with pytest.raises(SettingsError) as refusal:
        read_settings({"SEGUE_TOKEN": "open sesame"})
    assert str(refusal.value) == (
        "SEGUE_TOKEN: it should be ASCII letters, digits and punctuation, without spaces"
    )


def test_the_token_is_not_shown():
    assert "sesame" not in repr(read_settings({"SEGUE_TOKEN": "open-sesame"}))


def test_unknown_names_are_logged_once_and_do_no_harm(caplog):
    assert read_settings({**KUBERNETES, "SEGUE_WORKERS": "2"}).workers == 2
    (record,) = caplog.records
    assert record.getMessage() == (
        "ignored: SEGUE_PORT, SEGUE_PORT_8000_TCP, SEGUE_SERVICE_HOST; the settings are"
        " SEGUE_LISTEN, SEGUE_MODEL, SEGUE_TOKEN, SEGUE_WORKERS, SEGUE_QUEUE, SEGUE_TIME_LIMIT,"
        " SEGUE_MEMORY_MB"
    )


def test_settings_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().workers = 8


NAMES = [PREFIX + field.upper() for field in Settings.model_fields]


@given(st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_any_environment_gives_settings_or_a_settings_error(environ):
    try:
        assert isinstance(read_settings(environ), Settings)
    except SettingsError as error:
        assert str(error).startswith("SEGUE_")
