"""Reading and preparing what users bring."""
