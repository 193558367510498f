"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("preuve", deadline=None)  # a test asserts what happens, not how long it takes
settings.load_profile("preuve")
