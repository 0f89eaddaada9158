"""Judging recommenders of behaviour: divisions, full rankings with their doubt, leaks, significance, choosing."""
