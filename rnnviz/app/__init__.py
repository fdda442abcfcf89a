"""The app: the only part, with `pages/`, that knows Streamlit."""
