"""Numbers from a Trace, and nothing else: pure numpy functions that know no model."""
