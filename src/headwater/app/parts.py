"""What lives as long as the app; it opens and starts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from headwater.app.admission import Admission
from headwater.app.code_keeper import CodeKeeper
from headwater.app.control import Control
from headwater.app.feed import Feed
from headwater.app.health import Health
from headwater.app.identities import Identities
from headwater.app.known_items import KnownItems
from headwater.app.post import Post
from headwater.app.rooms import Halls
from headwater.app.run_writer import RunWriter
from headwater.app.settings import Settings
from headwater.app.under_way import UnderWay
from headwater.app.wiring import Stores
from headwater.engine.call import Caller
from headwater.engine.journal import Outlet
from headwater.engine.model_planner import ModelPlanner
from headwater.engine.reaper import Reaper
from headwater.engine.versions_lease import LeasedVersions
from headwater.ports.jobs import Jobs
from headwater.ports.loop_lag import LoopLag
from headwater.ports.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that lives as long as the app."""

    stores: Stores
    versions: LeasedVersions
    caller: Caller
    reaper: Reaper
    outlet: Outlet
    writer: RunWriter
    feed: Feed
    settings: Settings
    zone: tzinfo
    telemetry: Telemetry
    lag: LoopLag | None
    health: Health
    under_way: UnderWay
    control: Control
    admission: Admission
    identities: Identities
    known_items: KnownItems
    keeper: CodeKeeper
    halls: Halls
    post: Post
    jobs: Jobs | None = None
    planner: ModelPlanner | None = None
