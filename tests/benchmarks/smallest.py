"""The smallest page that Gradio serves: the peer of the start-up time."""

import gradio as gr

with gr.Blocks(analytics_enabled=False) as page:
    gr.Markdown("Hello")
page.launch(ssr_mode=False, quiet=True)
