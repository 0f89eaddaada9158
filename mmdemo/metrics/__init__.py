"""Measures of quality, each with an obvious-loop oracle in the tests."""
