"""Drawing and saving figures on a page, and reading selections."""

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mmdemo.ui.charts import selected_points
from mmdemo.ui.theme import is_dark


def page() -> None:
    import numpy as np
    import streamlit as st
    from figure_page_samples import small_chart

    from mmdemo.ui import charts

    found = charts.draw(small_chart(0), key="map", file_name="map", on_select="rerun")
    plain = charts.draw(small_chart(1), key="still", file_name="still", height=480)
    st.write(f"selected {np.asarray(found).tolist()} {plain.tolist()}")


def selection(*points: dict) -> dict:
    return {"selection": {"points": list(points), "point_indices": [], "box": [], "lasso": []}}


def test_the_points_of_a_selection_are_its_customdata():
    event = selection({"customdata": 9, "point_index": 0}, {"customdata": [4]}, {"customdata": 9.0}, {"x": 1.0})
    np.testing.assert_array_equal(selected_points(event), [4, 9])
    assert selected_points(event).dtype == np.int32


@pytest.mark.parametrize("event", [None, {}, {"selection": {}}, selection(), selection({"customdata": None})])
def test_no_selection_is_empty(event):
    assert len(selected_points(event)) == 0


def test_a_chart_is_drawn_with_its_words_and_its_saves():
    app = AppTest.from_function(page).run(timeout=60)
    assert not app.exception
    first, second = app.get("plotly_chart")
    assert "a map of" in first.proto.alt
    assert '"format": "png"' in first.proto.config
    assert list(first.proto.selection_mode)
    assert not list(second.proto.selection_mode)
    assert '"height":480' in second.proto.spec
    assert first.proto.theme == ""
    assert len(app.get("download_button")) == 2
    assert app.markdown[-1].value == "selected [] []"


def test_the_format_chosen_is_the_cameras():
    app = AppTest.from_function(page).run(timeout=60)
    app.segmented_control(key="map:format").set_value("svg").run(timeout=60)
    assert not app.exception
    assert '"format": "svg"' in app.get("plotly_chart")[0].proto.config


def test_a_selection_reaches_the_page():
    app = AppTest.from_function(page)
    app.session_state["map"] = selection({"customdata": 3}, {"customdata": 1})
    app.run(timeout=60)
    assert app.markdown[-1].value == "selected [1, 3] []"


def test_the_page_is_light_until_the_browser_says_otherwise(monkeypatch):
    assert is_dark() is False
    monkeypatch.setattr(type(st.context), "theme", property(lambda _self: {"type": "dark"}))
    assert is_dark() is True
