"""Structures beside the networks that they say."""
