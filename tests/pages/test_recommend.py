"""The Recommend page on a real, tiny, generated workspace."""

import io

import pytest
from PIL import Image

pytestmark = pytest.mark.weights


def shown(app) -> list[str]:
    """The HTML blocks of the cards."""
    return [block.proto.body for block in app.get("html")]


def cards(app) -> int:
    return sum("What each part added" in block for block in shown(app))


def submit(app, words: str = "", **files: bytes):
    box = app.chat_input(key="composer_input")
    for name, content in files.items():
        box = box.upload(f"{name}.bin", content)
    return box.set_value(words).run()


def picture(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (96, 96), colour).save(buffer, format="PNG")
    return buffer.getvalue()


def test_the_first_draw_shows_the_composer_and_no_results(open_app, tiny_workspace):
    app = open_app(tiny_workspace)
    assert not app.exception
    assert [title.value for title in app.title] == ["Recommend"]
    assert app.chat_input(key="composer_input")
    assert cards(app) == 0


def test_words_bring_cards_and_a_permanent_address(open_app, tiny_workspace):
    app = submit(open_app(tiny_workspace), "a red circle")
    assert not app.exception
    assert cards(app) == 12
    assert app.query_params["text"] == "a red circle"
    again = open_app(tiny_workspace, text="a red circle")
    assert shown(again) == shown(app)


def test_words_picture_and_sound_go_into_one_query(open_app, tiny_workspace, tone):
    app = submit(open_app(tiny_workspace), "a red circle", photo=picture("red"), hum=tone)
    assert not app.exception
    assert not app.warning
    assert cards(app) == 12
    spoken = next(block for block in shown(app) if "What each part added" in block)
    assert all(label in spoken for label in ("a red circle", "photo", "hum"))
    assert app.query_params == {"text": "a red circle"}


def test_a_bad_file_is_told_and_the_good_parts_still_answer(open_app, tiny_workspace):
    app = submit(open_app(tiny_workspace), "a red circle", broken=picture("red")[:70])
    assert not app.exception
    [problem] = app.warning
    assert "broken" in problem.value
    assert "What to do:" in problem.value
    assert cards(app) == 12


def test_an_unknown_item_in_an_address_is_told(open_app, tiny_workspace):
    app = open_app(tiny_workspace, item="no-such-item")
    assert not app.exception
    assert "no\\-such\\-item" in app.warning[0].value
    assert cards(app) == 0
    assert cards(submit(app, "")) == 0


def test_a_dislike_hides_the_item_at_once_and_can_be_taken_back(open_app, tiny_workspace):
    app = submit(open_app(tiny_workspace), "a red circle")
    first = next(button.key for button in app.button if (button.key or "").startswith("dislike:"))
    item_id = first.removeprefix("dislike:")
    app.button(key=first).click().run()
    assert not app.exception
    assert first not in [button.key for button in app.button]
    assert app.query_params["dislike"] == item_id
    app.button(key=f"unrate:{item_id}").click().run()
    assert first in [button.key for button in app.button]
    assert "dislike" not in app.query_params


def test_more_like_this_asks_for_the_item_and_leaves_it_out(open_app, tiny_workspace):
    app = submit(open_app(tiny_workspace), "a red circle")
    more = next(button.key for button in app.button if (button.key or "").startswith("more:"))
    item_id = more.removeprefix("more:")
    app.button(key=more).click().run()
    assert not app.exception
    assert app.query_params == {"item": item_id}
    assert more not in [button.key for button in app.button]
    assert cards(app) == 12


def test_why_opens_every_comparison_beside_the_list(open_app, tiny_workspace):
    app = submit(open_app(tiny_workspace), "a red circle")
    why = next(button.key for button in app.button if (button.key or "").startswith("why:"))
    app.button(key=why).click().run()
    assert not app.exception
    assert [heading.value[:3] for heading in app.subheader] == ["Why"]
    assert "Similarity" in app.table[0].value.columns
    assert len(app.table[0].value) >= 1
    assert cards(app) == 12
    app.button(key=why).click().run()
    assert not app.subheader


def test_a_weight_changes_the_query_and_the_address(open_app, tiny_workspace):
    app = submit(submit(open_app(tiny_workspace), "a red circle"), "loud")
    [slider] = [slider for slider in app.slider if "loud" in slider.label]
    slider.set_value(-0.5).run()
    assert not app.exception
    assert app.query_params["text"] == ["a red circle", "-0.5*loud"]


def test_filters_hold(open_app, tiny_workspace):
    app = open_app(tiny_workspace, text="a red circle", must="audio", k="5")
    assert not app.exception
    assert 1 <= cards(app) <= 5
    assert len(app.get("audio")) == cards(app)


def test_filters_that_nothing_passes_say_so(open_app, tiny_workspace):
    app = open_app(tiny_workspace, text="a red circle", tag="no such tag")
    assert not app.exception
    assert "No item passes the filters" in app.info[0].value


def test_a_request_that_left_before_the_address_was_written_does_not_undo_the_query(open_app, tiny_workspace):
    app = submit(open_app(tiny_workspace), "a red circle")
    like = next(button.key for button in app.button if (button.key or "").startswith("like:"))
    app.query_params.clear()
    app.button(key=like).click().run()
    assert not app.exception
    assert cards(app) == 12
    assert [button.key for button in app.button if (button.key or "").startswith("unrate:")]


def test_going_back_to_an_address_asks_what_it_says(open_app, tiny_workspace):
    app = submit(open_app(tiny_workspace), "a red circle")
    first = shown(app)
    submit(app, "loud")
    app.query_params = {"text": "a red circle"}
    assert shown(app.run()) == first
    app.query_params.clear()
    assert cards(app.run()) == 0


def test_new_search_starts_over(open_app, tiny_workspace):
    app = submit(open_app(tiny_workspace), "a red circle")
    app.button(key="reset").click().run()
    assert not app.exception
    assert cards(app) == 0
    assert app.query_params == {}


def test_every_example_answers(open_app, tiny_workspace):
    app = open_app(tiny_workspace)
    examples = [button.key for button in app.button if (button.key or "").startswith("example:")]
    assert len(examples) >= 5
    for key in examples:
        app.button(key=key).click().run()
        assert not app.exception, key
        assert not app.warning, key
        assert cards(app) > 0, key
        app.button(key="reset").click().run()


def test_without_a_workspace_one_button_makes_one(open_app, tmp_path):
    app = open_app(tmp_path / "none")
    assert not app.exception
    assert app.button(key="set_up")
    assert not app.chat_input
