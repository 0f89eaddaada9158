"""mmdemo: interactive cross-modal recommendation. Importing it loads no model and no heavy library."""

__version__ = "0.1.0"
