"""Tell values that cannot be from those that can, before anything is judged or stored. Pure."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alerts.point_table import PointTable
from ingest.batch import Batch
from ingest.readings import Quality


def screen(table: PointTable, slots: NDArray[np.int32], batch: Batch) -> Batch:
    """Give the batch with the quality IMPLAUSIBLE on values outside of their range and on sentinels.

    What is MISSING or HISTORY stays so. Where everything is plausible, it is the very same batch.
    """
    value = batch.value
    bad = value < table.floor.take(slots)
    bad |= value > table.ceiling.take(slots)
    if len(table.sentinels):
        bad |= np.isin(value, table.sentinels)
    bad &= (batch.quality != Quality.MISSING) & (batch.quality != Quality.HISTORY)
    if not bad.any():
        return batch
    return replace(batch, quality=np.where(bad, np.int16(Quality.IMPLAUSIBLE), batch.quality))
