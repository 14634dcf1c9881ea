"""Series that have chosen groups, for what the engine does only for groups in use."""

from directory_sync.models import Connection, Segment, Series, SeriesSegment
from tests.sync.harness import group


def choose(connection: Connection, *entra_ids: str) -> Series:
    """A series of the connection's organization whose audience is these groups."""
    organization = connection.accesses.get().organization
    series = Series.objects.create(organization=organization, name="News", slug=f"news-{Series.objects.count()}")
    for entra_id in entra_ids:
        row = group(connection, entra_id)
        segment = Segment.objects.create(
            organization=organization, source=Segment.Source.AZURE, name=row.name, group=row, connection=connection
        )
        SeriesSegment.objects.create(series=series, segment=segment)
    return series
