"""Shows what is kept of its visitor's owner, on a server that gives out the cookie; for the browser tests."""

import streamlit as st
from starlette.middleware import Middleware

from rnnviz.app import owner

if __name__ == "__main__":
    st.write(f"owner {owner.hashed(owner.token())}")
    st.button("Again")
    st.write(f"run {st.session_state.setdefault('runs', 0)}")
    st.session_state["runs"] += 1
else:
    app = st.App(__file__, middleware=[Middleware(owner.OwnerCookie)])
