"""The app. This file only navigates; every page draws itself (`rnnviz/app/frame.py` says why)."""

from rnnviz.app.frame import navigation

navigation().run()
