"""Astra DB's Data API as a client of its own: documents by id, by filter, by vector.

It knows nothing of estates; the adapters of ports beside it are built on it.
"""

from headwater.stores.astra.blocking import AstraClient
from headwater.stores.astra.client import AsyncAstraClient
from headwater.stores.astra.faults import ApiError, InsertIncomplete, NotInserted
from headwater.stores.astra.results import Count, Fetched, Inserted, Page, Updated
from headwater.stores.astra.values import ObjectId

__all__ = [
    "ApiError",
    "AstraClient",
    "AsyncAstraClient",
    "Count",
    "Fetched",
    "InsertIncomplete",
    "Inserted",
    "NotInserted",
    "ObjectId",
    "Page",
    "Updated",
]
