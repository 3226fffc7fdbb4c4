"""Keeps the detector policy of each site."""

from sqlalchemy import Connection, select

from connector.domain.policy import DetectorPolicy
from connector.store.json_values import dump_value, load_value
from connector.store.tables import detector_policies
from connector.store.upsert import upsert


class SqlPolicyStore:
    """The detector policies; a site nobody spoke of runs every detector."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def policy(self, site_id: str) -> DetectorPolicy:
        """Return the detector policy of a site."""
        table = detector_policies
        wanted = select(table.c.policy).where(table.c.site_id == site_id)
        stored = self._connection.scalar(wanted)
        return (
            DetectorPolicy() if stored is None else load_value(stored, DetectorPolicy)
        )

    def save_policy(self, site_id: str, policy: DetectorPolicy) -> None:
        """Replace the detector policy of a site."""
        row = {"site_id": site_id, "policy": dump_value(policy)}
        upsert(self._connection, detector_policies, [row], key=["site_id"])
