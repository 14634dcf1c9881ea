import pytest


@pytest.fixture(autouse=True)
def static_files_from_their_sources(settings) -> None:
    """Nothing has been collected in a checkout, and WhiteNoise warns of that."""
    settings.WHITENOISE_AUTOREFRESH = True
