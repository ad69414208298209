"""Settings, texts and templates: everything an operator may change without touching code."""
