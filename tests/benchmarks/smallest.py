"""The smallest page with a table that Gradio serves: the peer of the start-up time."""

import gradio as gr
import pandas as pd

with gr.Blocks(analytics_enabled=False) as page:
    gr.Dataframe(pd.DataFrame({"group": ["a"], "lr": [0.1]}))
page.launch(ssr_mode=False, quiet=True)
