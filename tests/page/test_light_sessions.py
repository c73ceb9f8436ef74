"""Sessions without descriptions of their components, beside Gradio's own."""

from __future__ import annotations

import gradio as gr
from gradio.state_holder import SessionState

from core.page.light_sessions import LightSession, LightSessions
from tests.browser.conftest import launched


def small_page() -> tuple[gr.Blocks, gr.Number, gr.State]:
    with gr.Blocks() as page:
        number, state = gr.Number(1), gr.State([2])
    return page, number, state


def test_a_light_session_holds_what_gradios_own_does_but_for_the_descriptions() -> None:
    page, _, state = small_page()
    light, own = LightSession(page), SessionState(page)
    assert light.blocks_config.blocks == own.blocks_config.blocks
    assert light.blocks_config.fns == own.blocks_config.fns
    assert vars(light).keys() == vars(own).keys()
    assert light[state._id] == own[state._id] == [2]
    assert own.config_values and not light.config_values


def test_what_changes_is_kept_and_not_described() -> None:
    page, number, state = small_page()
    light, own = LightSession(page), SessionState(page)
    for session in (light, own):
        session[number._id] = changed = gr.Number(5)
        session[state._id] = [7]
        session._update_config(number._id)
        session._update_value_in_config(number._id, 5)
        assert session[number._id] is changed and session[state._id] == [7]
    assert own.config_values[number._id]["props"]["value"] == 5
    assert not any(light.config_values.values())
    assert page.default_config.blocks[number._id] is number
    assert page.default_config.config_for_block(number._id, [], number)["props"]


def test_the_apps_sessions_are_light_ones() -> None:
    with launched() as page:
        holder = page.app.state_holder
        assert isinstance(holder, LightSessions) and page.state_holder is holder
        session = holder["a visitor"]
        assert isinstance(session, LightSession) and holder["a visitor"] is session
