"""Class: how the server is doing, for the person who runs it. Off unless RNNVIZ_ADMIN holds a secret."""

from rnnviz.app import class_view
from rnnviz.app.frame import begin

settings = begin("Class")
if class_view.opened():
    class_view.board()
