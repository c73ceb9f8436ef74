"""The components that Gradio lacks, each a .py beside its .js, .css and .html; common.js is what the scripts share.

widget.py           what they share; a bar for progress, sentences, files handed to the browser
group_table.py      the editable table of groups, with an error under each cell
assignment_view.py  who is where
live_chart.py       the chart that grows while a run goes on
map_grid.py         a map of learning rates, whose cells can be clicked
guide.py            what to do in the first minute
link_field.py       a link, shown and put on the clipboard
address.py          the browser's address, kept in step with the page
import_box.py       a box for a file's text
"""
