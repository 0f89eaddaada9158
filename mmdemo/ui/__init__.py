"""What the pages are made of; with app.py and pages/ the only code that imports streamlit.

`jobs`, `warm`, `draft`, `address`, `card_html`, `modality` and `examples` hold no streamlit call, so they are tested as
plain Python; the other modules draw.
"""
