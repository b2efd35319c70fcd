"""Who is in the made-up company: services, stores, queues, hosts, teams. It only lists them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Something that runs: a service, a database, a cache or a queue.

    `latency_ms` and `rate` (requests a second) are those of a quiet hour at noon.
    """

    name: str
    type: str
    subtype: str
    team: str
    criticality: str
    latency_ms: float
    rate: float
    needs: tuple[str, ...]


_SERVICES = """
web-storefront; frontend; shop; critical; 180; 210; api-gateway, search-api
mobile-storefront; frontend; shop; critical; 150; 160; api-gateway, account-api
admin-console; frontend; platform; medium; 220; 6; api-gateway
partner-portal; frontend; partners; medium; 240; 4; api-gateway
api-gateway; gateway; platform; critical; 12; 380; session-api, cart-api, checkout-api, catalog-api
session-api; api; identity; critical; 6; 380; session-cache
account-api; api; identity; high; 25; 60; accounts-db, session-api
login-api; api; identity; critical; 45; 18; accounts-db, session-api, fraud-api
consent-api; api; identity; medium; 15; 22; accounts-db
cart-api; api; shop; critical; 18; 95; cart-cache, pricing-api, inventory-api
checkout-api; api; shop; critical; 85; 42; orders-api, payments-api, cart-api, shipping-api, tax-api
orders-api; api; orders; critical; 40; 55; orders-db, orders-queue, inventory-api
returns-api; api; orders; medium; 60; 3; orders-api, payments-api, returns-db
order-tracker; api; orders; medium; 35; 30; orders-api, shipping-api
order-exporter; worker; orders; low; 400; 1; orders-db, files-api
order-archiver; worker; orders; low; 350; 1; orders-db
payments-api; api; payments; critical; 120; 40; payments-db, card-gateway, fraud-api, payments-queue
card-gateway; gateway; payments; critical; 210; 38; vault-api
wallet-api; api; payments; high; 55; 15; payments-db, account-api
refunds-worker; worker; payments; high; 150; 2; payments-queue, payments-api
invoicing-api; api; payments; medium; 90; 5; billing-db, files-api
ledger-worker; worker; payments; high; 75; 20; payments-queue, billing-db
fraud-api; api; risk; high; 65; 44; fraud-db, features-cache
fraud-trainer; worker; risk; low; 900; 1; warehouse-db
vault-api; api; platform; critical; 8; 70; vault-db
tax-api; api; shop; high; 30; 42; pricing-cache
pricing-api; api; shop; critical; 14; 140; pricing-db, pricing-cache
promotions-api; api; shop; medium; 28; 50; pricing-db
catalog-api; api; catalog; critical; 22; 190; catalog-db, media-api
catalog-importer; worker; catalog; medium; 500; 2; catalog-queue, catalog-db
search-api; api; catalog; critical; 48; 120; search-index, catalog-api
search-indexer; worker; catalog; medium; 260; 6; catalog-queue, search-index
autocomplete-api; api; catalog; medium; 9; 150; search-index
recommendations-api; api; catalog; medium; 70; 110; features-cache, recommendations-db
recommendations-trainer; worker; catalog; low; 950; 1; warehouse-db, recommendations-db
reviews-api; api; catalog; low; 40; 35; reviews-db, account-api
media-api; api; catalog; high; 20; 230; files-api
image-resizer; worker; catalog; low; 310; 9; files-api
inventory-api; api; fulfilment; critical; 26; 130; inventory-db
stock-importer; worker; fulfilment; medium; 420; 2; inventory-db, inventory-queue
shipping-api; api; fulfilment; high; 55; 40; shipping-db, carrier-gateway
carrier-gateway; gateway; fulfilment; high; 190; 20; vault-api
warehouse-api; api; fulfilment; high; 45; 25; inventory-db, inventory-queue
picking-worker; worker; fulfilment; high; 130; 8; inventory-queue, warehouse-api
label-printer; worker; fulfilment; medium; 220; 4; shipping-api
notifications-api; api; messaging; medium; 20; 28; notifications-queue
email-worker; worker; messaging; medium; 140; 16; notifications-queue, mail-gateway
sms-worker; worker; messaging; low; 160; 3; notifications-queue
push-worker; worker; messaging; low; 90; 10; notifications-queue
mail-gateway; gateway; messaging; medium; 230; 16; vault-api
newsletter-worker; worker; messaging; low; 600; 1; notifications-api, account-api
support-api; api; support; medium; 65; 6; orders-api, account-api, tickets-db
chat-api; api; support; medium; 35; 12; tickets-db
returns-desk; frontend; support; low; 200; 2; returns-api, support-api
reporting-api; api; data; low; 380; 3; warehouse-db
events-collector; api; data; medium; 10; 260; events-queue
events-loader; worker; data; medium; 300; 12; events-queue, warehouse-db
dashboards; frontend; data; low; 340; 3; reporting-api
files-api; api; platform; high; 16; 240; files-store
feature-flags; api; platform; high; 4; 420; session-cache
partner-api; api; partners; medium; 75; 9; catalog-api, orders-api
"""

_STORES = """
orders-db; database; postgresql; orders; critical; 4; 240
payments-db; database; postgresql; payments; critical; 4; 130
accounts-db; database; postgresql; identity; critical; 3; 110
catalog-db; database; postgresql; catalog; high; 5; 210
inventory-db; database; postgresql; fulfilment; critical; 4; 170
pricing-db; database; postgresql; shop; high; 3; 150
shipping-db; database; postgresql; fulfilment; high; 4; 45
billing-db; database; postgresql; payments; high; 5; 30
returns-db; database; postgresql; orders; medium; 4; 5
fraud-db; database; postgresql; risk; high; 5; 60
reviews-db; database; mongodb; catalog; low; 6; 35
recommendations-db; database; mongodb; catalog; medium; 6; 90
tickets-db; database; mysql; support; medium; 5; 18
vault-db; database; postgresql; platform; critical; 2; 70
warehouse-db; database; clickhouse; data; medium; 120; 14
search-index; database; opensearch; catalog; high; 15; 190
files-store; database; object-store; platform; high; 12; 260
session-cache; cache; redis; identity; critical; 1; 800
cart-cache; cache; redis; shop; high; 1; 210
pricing-cache; cache; redis; shop; high; 1; 260
features-cache; cache; redis; risk; medium; 1; 150
orders-queue; queue; kafka; orders; critical; 3; 60
payments-queue; queue; kafka; payments; critical; 3; 60
catalog-queue; queue; kafka; catalog; medium; 3; 10
inventory-queue; queue; kafka; fulfilment; high; 3; 35
notifications-queue; queue; rabbitmq; messaging; medium; 3; 45
events-queue; queue; kafka; data; medium; 3; 270
"""

TEAMS = (
    "shop", "orders", "payments", "identity", "catalog", "fulfilment", "messaging", "risk",
    "support", "data", "platform", "partners",
)  # fmt: skip
SYSTEMS = {
    "storefront": ("shop", "identity", "catalog"),
    "order-to-cash": ("orders", "payments", "risk"),
    "logistics": ("fulfilment",),
    "customer-care": ("messaging", "support", "partners"),
    "foundations": ("platform", "data"),
}
"""Systems, each composed of the services of some teams."""
ZONES = ("zone-north", "zone-south", "zone-west")
APP_HOSTS = tuple(f"app-host-{number:02d}" for number in range(1, 13))
DATA_HOSTS = tuple(f"data-host-{number:02d}" for number in range(1, 9))
PEOPLE = (
    "mara", "tomasz", "ines", "kofi", "yuki", "leila", "oskar", "priya", "dmitri", "wren",
)  # fmt: skip


def actors() -> tuple[Actor, ...]:
    """Return every service, database, cache and queue."""
    found = []
    for line in _SERVICES.strip().splitlines():
        name, subtype, team, criticality, latency, rate, needs = map(str.strip, line.split(";"))
        wanted = tuple(need.strip() for need in needs.split(","))
        found.append(
            Actor(name, "service", subtype, team, criticality, float(latency), float(rate), wanted)
        )
    for line in _STORES.strip().splitlines():
        name, type_, subtype, team, criticality, latency, rate = map(str.strip, line.split(";"))
        found.append(
            Actor(name, type_, subtype, team, criticality, float(latency), float(rate), ())
        )
    return tuple(found)
