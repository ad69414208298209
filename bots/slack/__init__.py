"""Slack, and only Slack: payloads become commands, cards become blocks, calls become errors of the house."""
