"""Helpers that know no physics: checks, errors, files, parallel work, provenance, verdicts.

They may import nothing of the package but each other.
"""
