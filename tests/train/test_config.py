import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

pytest.importorskip("torch")

from train.config import CONFIG, Config, read_config, to_toml, with_seed, with_smoothing_for


@pytest.fixture(scope="module")
def tables():
    return tomllib.loads(CONFIG.read_text())


def test_the_projects_config_is_read():
    config = read_config()
    assert config.run.name == "default"
    assert config.corpus.folders[0].as_posix() == "seeds/written"


def test_a_config_file_is_read_from_where_it_lies(tmp_path, tables):
    path = tmp_path / "mine.toml"
    path.write_text(to_toml({**tables, "run": {"name": "mine", "seed": 3}}))
    assert read_config(path).run.name == "mine"


def test_from_an_encoder_the_schedule_is_that_of_start(make):
    config = read_config()
    assert config.schedule == config.fit
    start = {"folder": "models/encoder", "n_epochs": 2, "learning_rate": 0.5}
    found = make.changed(config, start=start).schedule.model_dump()
    assert found == {**config.fit.model_dump(), "n_epochs": 2, "learning_rate": 0.5}


def test_a_network_that_learnt_from_written_texts_alone_is_smoothed_as_such(make):
    config = read_config()
    assert config.smoothing != config.smoothing_written
    found = with_smoothing_for(config, {"written"})
    assert found.smoothing == config.smoothing_written
    assert with_smoothing_for(config, {"written", "tea"}) == config
    begun = make.changed(config, start={"folder": "models/encoder"})
    assert with_smoothing_for(begun, {"written"}) == begun


def test_seeds_follow_one_another():
    config = read_config()
    assert with_seed(config, 2).run.seed == config.run.seed + 2
    assert with_seed(config, 0) == config


@pytest.mark.parametrize(
    "table",
    [
        "run",
        "corpus",
        "network",
        "pretraining",
        "augment",
        "fit",
        "start",
        "smoothing",
        "smoothing_written",
    ],
)
def test_an_unknown_name_is_refused_where_it_stands(tables, table):
    wrong = {**tables, table: {**tables[table], "droput": 0.1}}
    with pytest.raises(ValidationError, match=rf"{table}\.droput\n  Extra inputs are not perm"):
        Config.model_validate(wrong)


def test_an_unknown_table_is_refused(tables):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Config.model_validate({**tables, "model": {}})


def test_a_run_without_a_seed_is_refused(tables):
    with pytest.raises(ValidationError, match=r"run\.seed\n  Field required"):
        Config.model_validate({**tables, "run": {"name": "mine"}})


@pytest.mark.parametrize(
    ("table", "name", "value"),
    [
        ("run", "name", "My Run"),
        ("run", "seed", -1),
        ("corpus", "validation_share", 1.0),
        ("network", "dropout", 1.0),
        ("augment", "crop_rows", 0),
        ("fit", "learning_rate", 0),
        ("vocabulary", "size", 10),
    ],
)
def test_numbers_that_make_no_sense_are_refused(tables, table, name, value):
    with pytest.raises(ValidationError, match=rf"{table}\.{name}"):
        Config.model_validate({**tables, table: {**tables[table], name: value}})


def test_a_config_comes_back_from_its_toml(make, tiny):
    bias = {"sponsor_read": -0.5, "other": 1e-7}
    config = make.changed(
        tiny,
        corpus={"folders": ('a "quoted" folder', "back\\slash/é"), "open_shows": ("lex",)},
        smoothing={"bias": bias},
    )
    text = to_toml(config.model_dump(mode="json"))
    assert Config.model_validate(tomllib.loads(text)) == Config.model_validate(
        config.model_dump(mode="json")
    )


VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False),
    st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"])),
)


@given(
    st.dictionaries(
        st.sampled_from(["run", "fit"]),
        st.dictionaries(
            st.sampled_from(["a", "b_2", "c"]),
            VALUES | st.lists(VALUES, max_size=3) | st.dictionaries(st.just("other"), VALUES),
        ),
    )
)
def test_flat_tables_come_back_from_their_toml(tables):
    assert tomllib.loads(to_toml(tables)) == tables
