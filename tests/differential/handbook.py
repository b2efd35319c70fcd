"""Documents of an invented company, written in its own ways: a wiki, letters, tables, plain text.

They are unlike the runbooks that the planners were built on: other headings, alerts named in prose,
several to a document. `TOPICS` is what is told; the styles are how.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Topic:
    """What one alert is about: its name, what the monitoring says, and what a person has to know.

    `asks` is a question in a person's words, `tells` the words that answer it.
    """

    name: str
    says: str
    means: str
    check: str
    steps: tuple[str, ...]
    asks: str
    tells: str


TOPICS = (
    Topic("PaymentGatewayTimeouts", "More than 2% of card payments time out at the acquirer.",
          "Shoppers see a spinning wheel after entering their card and leave without paying.",
          "Look at the acquirer's status page and at the outbound proxy's error log.",
          ("Switch traffic to the second acquirer with `paycli route --to backup`.",
           "Tell the finance desk, because settlements arrive a day later on the backup."),
          "how do we move card payments to the other acquirer?", "paycli route --to backup"),
    Topic("LedgerReplicaDrift", "The ledger's read replica is more than 90 seconds behind.",
          "Balances shown in the app are older than the ones that are booked.",
          "Compare `pg_last_wal_replay_lsn` on the replica with the primary.",
          ("Stop the nightly reconciliation, which holds the replay lock.",
           "Rebuild the replica from the latest snapshot if it does not catch up in 20 minutes."),
          "balances in the app are stale, what should I do about the ledger replica?",
          "Stop the nightly reconciliation"),
    Topic("KycQueueBacklog", "More than 5,000 identity checks wait for a reviewer.",
          "New customers cannot open an account on the day they apply.",
          "Open the reviewers' board and count the cases older than four hours.",
          ("Let the automatic reviewer take the cases of low risk.",
           "Ask the night shift in Manila for two more reviewers."),
          "identity checks pile up, who can take the low risk cases?",
          "Let the automatic reviewer take the cases of low risk"),
    Topic("TlsCertExpiresSoon", "A certificate of the edge expires within 14 days.",
          "Browsers will refuse the site from that day on.",
          "Run `edgectl certs list --expiring` and note the common name.",
          ("Renew it with `edgectl certs renew NAME`.",
           "Reload the proxies one region after the other, never all at once."),
          "how do I renew a certificate of the edge?", "edgectl certs renew NAME"),
    Topic("SearchIndexStale", "The catalogue's search index was last built over 6 hours ago.",
          "New articles cannot be found by shoppers and sold-out ones still show.",
          "See whether the indexer's last run ended with status 3, which means a lock was left.",
          ("Remove the file `/var/lib/indexer/LOCK` and start the indexer again.",
           "Build only the changed shelf if the whole would take past opening time."),
          "shoppers do not find new articles, how do I get the catalogue indexed again?",
          "Remove the file `/var/lib/indexer/LOCK`"),
    Topic("CarrierLabelFailures", "Parcel labels are refused by the carrier's interface.",
          "Parcels stay on the belt of the warehouse.",
          "Read the carrier's last answer in the service's log; a 407 means the contract ended.",
          ("Print from the fallback carrier: `labels use --carrier parcelnord`.",
           "Call the carrier's account manager where the contract number is refused."),
          "parcel labels are refused, how can we print with another carrier?",
          "labels use --carrier parcelnord"),
    Topic("FridgeTooWarm", "A cold store has been above 7 degrees for 10 minutes.",
          "Fresh goods spoil after 45 minutes and must be thrown away.",
          "Check in the camera whether the roller door stands open.",
          ("Close the door from the panel and move the goods to store B.",
           "Have the compressor reset by the technician on duty, extension 4410."),
          "the cold store is too warm, which extension has the technician?", "extension 4410"),
    Topic("ScannerFleetOffline", "More than a fifth of the hand scanners are offline.",
          "Pickers write on paper and stock counts go wrong.",
          "Ping the access points of hall 2; most outages are a switch without power.",
          ("Power-cycle the switch of the hall from the management console.",
           "Hand out the spare scanners of locker 12."),
          "hand scanners are offline in the hall, where are the spare ones?",
          "Hand out the spare scanners of locker 12"),
    Topic("PriceFeedSilent", "No prices were received from the exchange for 60 seconds.",
          "Quotes shown to customers are frozen and trading must be paused.",
          "Look whether the session to the exchange is logged on: `fixctl sessions`.",
          ("Pause trading with `market halt --reason feed`.",
           "Log the session on again with a sequence reset, and only then resume."),
          "quotes are frozen, how do I pause trading?", "market halt --reason feed"),
    Topic("MailBouncesHigh", "Over 8% of outgoing letters bounce.",
          "Password resets and invoices do not arrive.",
          "Look up our sending addresses on the three blocklists of the wiki.",
          ("Move bulk letters to the pool `warm-2` so that the transactional pool recovers.",
           "Ask the blocklist for removal; that takes a day."),
          "password reset letters bounce, to which pool do bulk letters go?", "warm-2"),
    Topic("GpuNodesUnschedulable", "Render jobs wait because no GPU node takes them.",
          "Previews of films are late.",
          "`rendertop nodes` shows nodes with a fault of their driver in red.",
          ("Drain the red nodes and reinstall driver 550 from the image store.",
           "Raise the quota of the spot pool to 40 for the night."),
          "no node with a graphics card takes render jobs, which driver do I reinstall?",
          "driver 550"),
    Topic("VaultSealed", "The secrets vault is sealed after a restart.",
          "No service that starts now gets its passwords.",
          "`vault status` says Sealed: true on all three nodes.",
          ("Collect three of the five key holders and unseal each node.",
           "Never store two key shares on one laptop."),
          "the secrets vault is sealed, how many key holders are needed?",
          "three of the five key holders"),
    Topic("TicketSlaBreach", "Priority-one tickets are unanswered for 15 minutes.",
          "The contract's penalty is due after an hour.",
          "See in the rota who is on call and whether the phone rings.",
          ("Ring the deputy, then the head of support.",
           "Note the reason in the penalty register the same day."),
          "nobody answers priority one tickets, whom do I ring?", "Ring the deputy"),
    Topic("EtlNightlyMissing", "Last night's warehouse load did not finish by 06:00.",
          "The morning figures of the board are those of the day before.",
          "Find the first red task in the flow `nightly` and read its last 50 lines.",
          ("Run the flow again from the red task with `flow resume nightly`.",
           "Tell the board's office before 07:30 if it will be late."),
          "the nightly warehouse load is not finished, how is the flow resumed?",
          "flow resume nightly"),
    Topic("AudioStreamsChoppy", "Over 3% of calls lose more than 5% of their packets.",
          "Callers hear every second word.",
          "Compare jitter on both carriers; a single bad one is the usual reason.",
          ("Take the bad trunk out with `trunk drain NAME`.",
           "Lower the codec to G.711 while the trunk is out."),
          "calls are choppy, how do I take the bad trunk out?", "trunk drain NAME"),
    Topic("BadgeReadersDown", "Doors of a floor do not open with badges.",
          "People stand in the stairwell; fire doors still open outwards.",
          "The controller of the floor blinks amber where it lost its time server.",
          ("Set the controller's clock by hand and restart its reader bus.",
           "Ask the gatehouse to open the floor with key ring 7."),
          "badges do not open the doors of a floor, which key ring opens it?", "key ring 7"),
    Topic("CouponAbuse", "One coupon was redeemed more than 500 times in an hour.",
          "The margin of the week may be lost in a day.",
          "Group redemptions by delivery address to see whether it is one person.",
          ("Freeze the coupon with `promo freeze CODE`; orders already paid stay valid.",
           "Let the fraud desk decide on refunds."),
          "a coupon is being abused, how do I freeze it?", "promo freeze CODE"),
    Topic("SolarInverterFault", "An inverter of the roof feeds in nothing in daylight.",
          "The building draws from the grid at the day's price.",
          "Fault 31 is the fuse, fault 44 is the grid's frequency.",
          ("For fault 31 have the fuse of string 6 replaced.",
           "For fault 44 wait: it returns by itself after five minutes."),
          "what does inverter fault 44 mean and do I have to act?", "fault 44"),
)  # fmt: skip


def as_service_page(topics: Sequence[Topic]) -> str:
    """Write a page for one alert, as a service catalogue has it."""
    (one,) = topics
    resolutions = "\n".join(f"- {step}" for step in one.steps)
    return (
        f"# {one.name}\n\n## Overview\n\n- {one.says}\n- {one.means}\n\n## Services\n\n"
        "- Owner: platform\n\n## Alert Behavior\n\nIt clears by itself after ten minutes.\n\n"
        f"## Troubleshooting\n\n{one.check}\n\n## Possible Resolutions\n\n{resolutions}\n\n"
        "## Escalation\n\nSlack channel `#ops-bridge`.\n"
    )


def as_wiki_page(topics: Sequence[Topic]) -> str:
    """Write an export of a wiki: crumbs, a table of facts, numbered steps, a foot."""
    (one,) = topics
    steps = "".join(f"<li><p>{html.escape(step)}</p></li>" for step in one.steps)
    rows = (("Alert name", one.name), ("Severity", "page"), ("Says", one.says))
    facts = "".join(f"<tr><th>{key}</th><td>{html.escape(said)}</td></tr>" for key, said in rows)
    return (
        "<!DOCTYPE html><html><head><title>Operations : Page</title></head><body>"
        '<div id="breadcrumbs"><ol><li><a href="index.html">Operations</a></li></ol></div>'
        f'<h1 id="title-heading"><span>Operations : {one.name}</span></h1>'
        "<div>Created by <span>J. Doe</span>, last modified on Mar 02, 2026</div>"
        f"<table><tbody>{facts}</tbody></table>"
        f"<h2>What our customers notice</h2><p>{html.escape(one.means)}</p>"
        f"<h2>Where to look</h2><p>{html.escape(one.check)}</p>"
        f"<h2>First response</h2><ol>{steps}</ol>"
        "<div>Document generated by Wiki on Mar 03, 2026 08:11</div></body></html>"
    )


def as_plain_text(topics: Sequence[Topic]) -> str:
    """Write plain text with underlined headings and steps numbered with brackets."""
    (one,) = topics
    steps = "\n".join(f"  {number}) {step}" for number, step in enumerate(one.steps, 1))
    return (
        f"PROCEDURE {one.name}\n{'=' * 30}\n\nTrigger: {one.says}\n\n"
        f"Effect\n------\n{one.means}\n\n"
        f"Diagnosis\n---------\n{one.check}\n\nProcedure\n---------\n{steps}\n\nEnd of procedure.\n"
    )


def as_chapters(topics: Sequence[Topic]) -> str:
    """Write a handbook with a chapter for each alert, which only its text names."""
    chapters = "\n".join(
        f"## {number}. {one.says.rstrip('.')}\n\n"
        f"The page that you got is called **{one.name}**. {one.means}\n\n"
        f"### How to check\n\n{one.check}\n\n### How to fix\n\n"
        + "\n".join(f"{place}. {step}" for place, step in enumerate(one.steps, 1))
        + "\n"
        for number, one in enumerate(topics, 1)
    )
    return f"---\ntags: [handbook]\n---\n\nOperations handbook\n===================\n\n{chapters}"


def as_table(topics: Sequence[Topic]) -> str:
    """Write one table with a row for each alert."""
    rows = "\n".join(
        f"| `{one.name}` | {one.says} | {one.means} {one.check} | {' '.join(one.steps)} |"
        for one in topics
    )
    return (
        "# Alerts at a glance\n\nKeep this page short.\n\n"
        f"| alert | fires when | background | what to do |\n|---|---|---|---|\n{rows}\n"
    )


def as_letter(topics: Sequence[Topic]) -> str:
    """Write a letter after an outage, in prose."""
    (one,) = topics
    return (
        f"Subject: lessons of last Tuesday ({one.name})\n\nDear all,\n\n"
        f"on Tuesday we were woken by {one.name}. {one.says} {one.means} "
        f"We lost an hour by looking in the wrong place. So next time: {one.check}\n\n"
        f"What helped in the end: {' '.join(one.steps)}\n\nYours, the bridge\n"
    )


Style = Callable[[Sequence[Topic]], str]
FILES: dict[str, tuple[Style, tuple[int, ...]]] = {
    "catalogue/payments-timeouts.md": (as_service_page, (0,)),
    "catalogue/LedgerReplicaDrift.md": (as_service_page, (1,)),
    "catalogue/kyc.md": (as_service_page, (2,)),
    "wiki/Edge-certificates_8812.html": (as_wiki_page, (3,)),
    "wiki/81234.html": (as_wiki_page, (4,)),
    "wiki/Labels.html": (as_wiki_page, (5,)),
    "procedures/P-017.txt": (as_plain_text, (6,)),
    "procedures/P-018.txt": (as_plain_text, (7,)),
    "procedures/P-019.txt": (as_plain_text, (8,)),
    "handbook.md": (as_chapters, (9, 10, 11)),
    "glance.md": (as_table, (12, 13, 14)),
    "letters/2026-02-03.txt": (as_letter, (15,)),
    "letters/2026-02-17.txt": (as_letter, (16,)),
    "letters/2026-03-01.txt": (as_letter, (17,)),
}
"""How each document is written, and about what."""
UNANSWERED = (
    "how do I rotate the keys of the payroll service?",
    "what do I do about KafkaPartitionSkew?",
    "which wine goes with fish?",
    "how is the swimming pool heated?",
    "what is the limit of vacation days?",
    "how do I upgrade the firmware of the coffee machine?",
)


def write_handbook(folder: Path) -> Path:
    """Write all documents below a folder."""
    for name, (style, numbers) in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(style([TOPICS[number] for number in numbers]), encoding="utf-8")
    return folder


def file_of(topic: Topic) -> str:
    """Return the name of the document that a topic is in."""
    return next(name for name, (_, numbers) in FILES.items() if TOPICS.index(topic) in numbers)
